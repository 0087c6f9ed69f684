/**
 * Puts IPv6 datagrams together again from their fragments (RFC 8200, section 4.5), for the host itself and, as soon as there
 * has been an IPv6 service or real server, for everybody before routing. Mirrors net/ipv6/reassembly.c (ip6_frag_queue, ip6_frag_reasm) and
 * net/ipv6/netfilter/nf_conntrack_reasm.c (nf_ct_frag6_gather, nf_ct_frag6_queue), which judge odd fragments differently.
 */
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { KernelTimers } from "../../time/kernel-timers.ts";
import { isLinkLocal, isMulticast } from "../../wire/address-scope.ts";
import type { AddressTable } from "../../wire/address-table.ts";
import { Frame } from "../../wire/frame.ts";
import { ICMPV6_HEADER } from "../../wire/icmpv6.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
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
  MORE,
  NO_NEXT_HEADER,
  PROTOCOL_ICMPV6,
  setTrafficClass,
  trafficClass,
} from "../../wire/ipv6.ts";
import { TCP_HEADER } from "../../wire/tcp.ts";
import { UDP_HEADER } from "../../wire/udp.ts";
import { CE, type FragmentMemory, isEcnMixed, type Piece } from "./pieces.ts";
import { type Datagram, FragmentQueues, isWhole, reach } from "./queues.ts";
import type { Waiting } from "./waiting.ts";

/** Longest payload of an IPv6 packet that is no jumbogram. */
const LONGEST = 65_535;

/**
 * What became of a fragment: the whole datagram, or why there is none; `pass`: it goes on as it is; a number: where in the
 * packet the problem lies that its sender is to be told of.
 */
export type HeldIpv6 = Frame | "held" | "invalid" | "full" | "pass" | number;

export class Ipv6Reassembly {
  readonly #addresses: AddressTable;
  readonly #queues: FragmentQueues;
  readonly #forHost: boolean;

  /** `expired` is told of each datagram that stayed incomplete, with its first fragment if that had come. */
  constructor(
    addresses: AddressTable,
    timers: KernelTimers,
    memory: FragmentMemory,
    forHost: boolean,
    expired: (first: Frame | undefined) => void,
  ) {
    this.#addresses = addresses;
    this.#queues = new FragmentQueues(timers, memory, expired);
    this.#forHost = forHost;
  }

  /**
   * Takes a fragment (the frame is copied); `lifetime` from the datagram's first fragment on.
   * @ipvs #Y fragments "IPv6: from the first IPv6 service or real server on every fragment is reassembled before it is routed, whoever it is for; 60 s at the most"
   */
  add(frame: Frame, now: Microseconds, lifetime: Microseconds): HeldIpv6 {
    const { view, network, fragmentHeader, end: packetEnd } = frame;
    const payload = fragmentHeader + FRAGMENT_HEADER;
    if (packetEnd < payload) return "invalid";
    // Of the first fragment header, whatever others say behind it.
    const field = view.getUint16(fragmentHeader + FRAGMENT_OFFSET);
    const offset = field & ~7;
    const more = (field & MORE) !== 0;
    if (this.#queues.isFull) return "full";
    const datagram = this.#queues.find(keyOf(frame, this.#addresses), now, lifetime);
    const end = offset + packetEnd - payload;
    if (end > LONGEST) return this.#forHost ? fragmentHeader + FRAGMENT_OFFSET - network : "invalid";
    if (more && (end & 7) !== 0) {
      if (!this.#forHost) this.#queues.forget(datagram);
      return this.#forHost ? IPV6_PAYLOAD_LENGTH : "pass";
    }
    const fits = reach(datagram, end, more) && end !== offset;
    if (!fits) return this.#forHost ? this.#discard(datagram) : "invalid";
    return this.#insert(datagram, frame, offset, end);
  }

  /** How many bytes of payload of the same datagram are here. */
  progress(frame: Frame): number {
    return this.#queues.progress(keyOf(frame, this.#addresses));
  }

  waiting(): Waiting[] {
    return this.#queues.list();
  }

  #insert(datagram: Datagram, frame: Frame, offset: number, end: number): HeldIpv6 {
    const inserted = this.#queues.insert(datagram, offset, end, () => frame.copy());
    if (inserted !== "new") return inserted === "repeated" ? "held" : this.#discard(datagram);
    datagram.ecn |= 1 << (trafficClass(frame.view, frame.network) & 3);
    if (!isWhole(datagram)) return "held";
    this.#queues.forget(datagram);
    return assemble(datagram);
  }

  #discard(datagram: Datagram): "invalid" {
    this.#queues.forget(datagram);
    return "invalid";
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
  if (fragmentOffset !== 0 || protocol === BROKEN_CHAIN || protocol === NO_NEXT_HEADER) return false;
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
