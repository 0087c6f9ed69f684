/**
 * Puts IPv6 datagrams together again from their fragments (RFC 8200, section 4.5), for the host itself and, as soon as there
 * has been an IPv6 service, for everybody before routing. Mirrors net/ipv6/reassembly.c (ip6_frag_queue, ip6_frag_reasm) and
 * net/ipv6/netfilter/nf_conntrack_reasm.c (nf_ct_frag6_gather, nf_ct_frag6_queue), which judge odd fragments differently.
 */
import type { Appointment } from "../time/agenda.ts";
import type { Microseconds } from "../time/kernel-ticks.ts";
import type { KernelTimers } from "../time/kernel-timers.ts";
import { isLinkLocal, isMulticast } from "../wire/address-scope.ts";
import type { AddressTable } from "../wire/address-table.ts";
import { Frame } from "../wire/frame.ts";
import { ICMPV6_HEADER } from "../wire/icmpv6.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4.ts";
import {
  BROKEN_CHAIN,
  extensionLength,
  FRAGMENT_HEADER,
  FRAGMENT_OFFSET,
  fragmentIdentification,
  IPV6_HEADER,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  IPV6_SOURCE,
  PROTOCOL_ICMPV6,
  setTrafficClass,
  trafficClass,
} from "../wire/ipv6.ts";
import { TCP_HEADER } from "../wire/tcp.ts";
import { UDP_HEADER } from "../wire/udp.ts";
import {
  CE,
  covers,
  DATAGRAM_SIZE,
  type FragmentMemory,
  isEcnMixed,
  type Piece,
  placeOf,
  truesize,
} from "./fragment-pieces.ts";

/** Longest payload of an IPv6 packet that is no jumbogram. */
const LONGEST = 65_535;

interface Datagram {
  readonly key: string;
  readonly pieces: Piece[];
  readonly timer: Appointment;
  /** As far as is known: the end of the piece that reaches furthest. */
  length: number;
  /** Its last piece is here. */
  ended: boolean;
  have: number;
  /** Length of the longest packet that brought a piece. */
  largest: number;
  /** One bit per ECN code point seen. */
  ecn: number;
}

/**
 * What became of a fragment: the whole datagram, or why there is none; `pass`: it goes on as it is; a number: where in the
 * packet the problem lies that its sender is to be told of.
 */
export type HeldIpv6 = Frame | "held" | "invalid" | "full" | "pass" | number;

export class Ipv6Reassembly {
  readonly #addresses: AddressTable;
  readonly #datagrams = new Map<string, Datagram>();
  readonly #timers: KernelTimers;
  readonly #memory: FragmentMemory;
  readonly #forHost: boolean;
  readonly #expired: (first: Frame | undefined) => void;

  /** `expired` is told of each datagram that stayed incomplete, with its first fragment if that had come. */
  constructor(
    addresses: AddressTable,
    timers: KernelTimers,
    memory: FragmentMemory,
    forHost: boolean,
    expired: (first: Frame | undefined) => void,
  ) {
    this.#addresses = addresses;
    this.#timers = timers;
    this.#memory = memory;
    this.#forHost = forHost;
    this.#expired = expired;
  }

  /**
   * Takes a fragment (the frame is copied); `lifetime` from the datagram's first fragment on.
   * @ipvs #Y fragments "IPv6: from the first IPv6 service on every fragment is reassembled before it is routed, whoever it is for; 60 s at the most"
   */
  add(frame: Frame, now: Microseconds, lifetime: Microseconds): HeldIpv6 {
    const { network, fragmentHeader, end: packetEnd, fragmentOffset: offset, moreFragments: more } = frame;
    const payload = fragmentHeader + FRAGMENT_HEADER;
    if (packetEnd < payload) return "invalid";
    if (this.#memory.used > this.#memory.high) return "full";
    const datagram = this.#find(keyOf(frame, this.#addresses), now, lifetime);
    const end = offset + packetEnd - payload;
    if (end > LONGEST) return this.#forHost ? fragmentHeader + FRAGMENT_OFFSET - network : "invalid";
    if (more && (end & 7) !== 0) {
      if (!this.#forHost) this.#forget(datagram);
      return this.#forHost ? IPV6_PAYLOAD_LENGTH : "pass";
    }
    const fits = this.#reach(datagram, end, more) && end !== offset;
    if (!fits) return this.#forHost ? this.#discard(datagram) : "invalid";
    return this.#insert(datagram, frame, offset, end);
  }

  /** How many bytes of payload of the same datagram are here. */
  progress(frame: Frame): number {
    return this.#datagrams.get(keyOf(frame, this.#addresses))?.have ?? 0;
  }

  #find(key: string, now: Microseconds, lifetime: Microseconds): Datagram {
    const known = this.#datagrams.get(key);
    if (known !== undefined) return known;
    const timer = this.#timers.set(now, lifetime, () => this.#expire(key));
    const datagram = { key, pieces: [], timer, length: 0, ended: false, have: 0, largest: 0, ecn: 0 };
    this.#datagrams.set(key, datagram);
    this.#memory.used += DATAGRAM_SIZE;
    return datagram;
  }

  /** Whether a piece that ends there contradicts none before; if not, the datagram reaches as far. */
  #reach(datagram: Datagram, end: number, more: boolean): boolean {
    const { ended, length } = datagram;
    if (more ? ended && end > length : end < length || (ended && end !== length)) return false;
    if (!more) datagram.ended = true;
    datagram.length = Math.max(length, end);
    return true;
  }

  #insert(datagram: Datagram, frame: Frame, offset: number, end: number): HeldIpv6 {
    const { pieces } = datagram;
    const at = placeOf(pieces, offset);
    const neighbor = pieces[at];
    if (neighbor !== undefined && neighbor.offset < end) {
      // An exact repetition of what is here is ignored; any other overlap is an attack (RFC 5722).
      return covers(pieces, offset, end) ? "held" : this.#discard(datagram);
    }
    const copy = frame.copy();
    pieces.splice(at, 0, { offset, end, frame: copy });
    datagram.have += end - offset;
    datagram.largest = Math.max(datagram.largest, copy.end - copy.network);
    datagram.ecn |= 1 << (trafficClass(copy.view, copy.network) & 3);
    this.#memory.used += truesize(copy);
    if (pieces[0]?.offset !== 0 || !datagram.ended || datagram.have !== datagram.length) return "held";
    this.#forget(datagram);
    return assemble(datagram);
  }

  #discard(datagram: Datagram): "invalid" {
    this.#forget(datagram);
    return "invalid";
  }

  #forget(datagram: Datagram): void {
    if (!this.#datagrams.delete(datagram.key)) return;
    this.#timers.cancel(datagram.timer);
    this.#memory.used -= DATAGRAM_SIZE;
    for (const { frame } of datagram.pieces) this.#memory.used -= truesize(frame);
  }

  #expire(key: string): void {
    const datagram = this.#datagrams.get(key);
    if (datagram === undefined) return;
    this.#forget(datagram);
    const first = datagram.pieces[0];
    this.#expired(first?.offset === 0 ? first.frame : undefined);
  }
}

/** The first fragment's headers, without the fragment header, over all payload. */
function assemble(datagram: Datagram): HeldIpv6 {
  const first = datagram.pieces[0]?.frame;
  if (first === undefined || isEcnMixed(datagram.ecn)) return "invalid";
  const { start, network, fragmentHeader } = first;
  const headers = fragmentHeader - network;
  const length = headers - IPV6_HEADER + datagram.length;
  if (length > LONGEST) return "invalid";
  const whole = Frame.allocate(network - start + IPV6_HEADER + length);
  whole.bytes.set(first.bytes.subarray(start, fragmentHeader), whole.start);
  for (const { offset, frame } of datagram.pieces) {
    const payload = frame.bytes.subarray(frame.fragmentHeader + FRAGMENT_HEADER, frame.end);
    whole.bytes.set(payload, whole.network + headers + offset);
  }
  whole.ifindex = first.ifindex;
  whole.packetType = first.packetType;
  whole.mark = first.mark;
  whole.largestFragment = datagram.largest;
  whole.fragmentLengths = lengthsOf(datagram.pieces, headers);
  whole.ignoreDontFragment = true;
  const { view } = whole;
  view.setUint8(whole.network + pointerOf(first) - network, first.view.getUint8(fragmentHeader));
  view.setUint16(whole.network + IPV6_PAYLOAD_LENGTH, length);
  if ((datagram.ecn & (1 << CE)) !== 0) setTrafficClass(view, whole.network, trafficClass(view, whole.network) | CE);
  return whole;
}

/** What can leave as it came: a piece that had fewer headers has no room for those of the first. */
function lengthsOf(pieces: readonly Piece[], headers: number): number[] {
  const lengths = pieces.map(({ offset, end }) => end - offset);
  const roomy = pieces.every(({ frame: { fragmentHeader, network } }) => fragmentHeader - network >= headers);
  return roomy ? lengths : [lengths.reduce((sum, length) => sum + length, 0)];
}

/** Where the fragment header is named. */
export function pointerOf({ view, network, fragmentHeader }: Frame): number {
  let pointer = network + IPV6_NEXT_HEADER;
  for (let at = network + IPV6_HEADER; at < fragmentHeader; ) {
    const length = extensionLength(view, at, view.getUint8(pointer));
    pointer = at;
    at += length;
  }
  return pointer;
}

/**
 * Whether a first fragment lacks some of the headers up to the transport header (ipv6frag_thdr_truncated).
 * @ipvs #Y fragments "IPv6: a first fragment without all its headers is not put together; the host tells its sender"
 */
export function lacksHeaders({ protocol, transport, fragmentOffset, end }: Frame): boolean {
  if (fragmentOffset !== 0 || protocol === BROKEN_CHAIN) return false;
  return transport + (TRANSPORT_HEADERS[protocol] ?? 1) > end;
}

const TRANSPORT_HEADERS: Readonly<Record<number, number>> = {
  [PROTOCOL_TCP]: TCP_HEADER,
  [PROTOCOL_UDP]: UDP_HEADER,
  [PROTOCOL_ICMPV6]: ICMPV6_HEADER,
};

/** Not the handles: a datagram waits longer than they are lent. */
function keyOf(frame: Frame, addresses: AddressTable): string {
  const { view, network, destination, ifindex } = frame;
  const words = Array.from({ length: 8 }, (_, index) => view.getUint32(network + IPV6_SOURCE + index * 4));
  const scoped = isLinkLocal(destination, addresses) || isMulticast(destination, addresses);
  return `${words.join(" ")} ${fragmentIdentification(frame)} ${scoped ? ifindex : ""}`;
}
