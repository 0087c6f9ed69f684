/**
 * Puts datagrams together again from their fragments (RFC 791, section 3.2). Mirrors net/ipv4/ip_fragment.c:
 * ip_frag_queue, ip_frag_reasm, ip_expire; and net/ipv4/inet_fragment.c: inet_frag_find.
 *
 * The kernel remembers the pieces a datagram came in and sends the same pieces on where it can. Only for datagrams
 * delivered to the host it first tries to merge a piece into the spare room behind the first one's buffer: that depends
 * on how the link allocated the buffer (`Frame.tailroom`), and decides where the datagram is cut when it leaves.
 */

import type { Appointment } from "../time/agenda.ts";
import type { Microseconds } from "../time/kernel-ticks.ts";
import type { KernelTimers } from "../time/kernel-timers.ts";
import { DROP, HELD } from "../trace/verdict.ts";
import { Frame } from "../wire/frame.ts";

import {
  DONT_FRAGMENT,
  finishHeader,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOS,
} from "../wire/ipv4.ts";
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

/** Longest IPv4 packet. */
const LONGEST = 65_535;

interface Datagram {
  readonly key: string;
  readonly pieces: Piece[];
  readonly timer: Appointment;
  /** Length of the payload, known once the last fragment is here; -1 before. */
  length: number;
  have: number;
  largest: number;
  largestWithDf: number;
  /** One bit per ECN code point seen. */
  ecn: number;
}

/** What became of a fragment: the whole datagram, or why there is none yet. */
export type Held = Frame | "held" | "invalid" | "full";

/** How a fragment ended that made no datagram whole. */
export const heldVerdict = (held: Exclude<Held, Frame>): number =>
  held === "held" ? HELD : held === "full" ? DROP.fragmentsFull : DROP.fragmentInvalid;

export class Reassembly {
  readonly #datagrams = new Map<string, Datagram>();
  readonly #timers: KernelTimers;
  readonly #expired: (first: Frame | undefined) => void;
  readonly #merges: boolean;
  readonly #memory: FragmentMemory;

  /**
   * `memory` may be shared with others; `merges` for datagrams delivered to the host; `expired` is told of each datagram that stayed incomplete, with its
   * first fragment if that had come.
   */
  constructor(
    timers: KernelTimers,
    memory: FragmentMemory,
    merges: boolean,
    expired: (first: Frame | undefined) => void,
  ) {
    this.#timers = timers;
    this.#memory = memory;
    this.#merges = merges;
    this.#expired = expired;
  }

  /**
   * Takes a fragment (the frame is copied); `lifetime` in microseconds from the datagram's first fragment on.
   * @ipvs #Y fragments "IPVS sees whole datagrams only; fragments wait for the rest, 30 s at the most"
   * @ipvs #Y fragments "Beyond ipfrag_high_thresh no fragment is taken, not even the last one missing, until others have expired"
   */
  add(frame: Frame, now: Microseconds, lifetime: number): Held {
    const header = frame.transport - frame.network;
    const { moreFragments: more, fragmentOffset: offset } = frame;
    let end = offset + frame.end - frame.transport;
    if (more) end -= end % 8;
    // First, and before anything is made for it: a flood of fragments costs no more than this.
    if (this.#memory.used > this.#memory.high) return "full";
    if (end + header > LONGEST) return "invalid";
    const datagram = this.#find(keyOf(frame), now, lifetime);
    // A fragment without payload takes the whole datagram with it.
    const fits = end > offset ? this.#insert(datagram, frame, offset, end, more) : this.#discard(datagram);
    if (fits !== "held") return fits;
    if (datagram.length !== datagram.have) return "held";
    this.#forget(datagram);
    return this.#assemble(datagram);
  }

  /** How many fragments and bytes of payload of the same datagram are here. */
  progress(frame: Frame): number {
    return this.#datagrams.get(keyOf(frame))?.have ?? 0;
  }

  #find(key: string, now: Microseconds, lifetime: number): Datagram {
    const known = this.#datagrams.get(key);
    if (known !== undefined) return known;
    const timer = this.#timers.set(now, lifetime, () => this.#expire(key));
    const datagram = { key, pieces: [], timer, length: -1, have: 0, largest: 0, largestWithDf: 0, ecn: 0 };
    this.#datagrams.set(key, datagram);
    this.#memory.used += DATAGRAM_SIZE;
    return datagram;
  }

  #insert(datagram: Datagram, frame: Frame, offset: number, end: number, more: boolean): "held" | "invalid" {
    const { pieces } = datagram;
    const lastEnd = pieces.at(-1)?.end ?? 0;
    const contradicts = more
      ? datagram.length >= 0 && end > datagram.length
      : end < lastEnd || (datagram.length >= 0 && end !== datagram.length);
    if (contradicts) return this.#discard(datagram);
    const at = placeOf(pieces, offset);
    const neighbor = pieces[at];
    if (neighbor !== undefined && neighbor.offset < end) {
      // An exact repetition of what is here is ignored; any other overlap is an attack (RFC 5722).
      return covers(pieces, offset, end) ? "invalid" : this.#discard(datagram);
    }
    const copy = frame.copy();
    copy.end = copy.transport + end - offset;
    pieces.splice(at, 0, { offset, end, frame: copy });
    if (!more) datagram.length = end;
    datagram.have += end - offset;
    this.#memory.used += truesize(copy);
    this.#remember(datagram, copy);
    return "held";
  }

  #remember(datagram: Datagram, frame: Frame): void {
    const { view, network } = frame;
    const length = frame.end - network;
    datagram.largest = Math.max(datagram.largest, length);
    if ((view.getUint16(network + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0) {
      datagram.largestWithDf = Math.max(datagram.largestWithDf, length);
    }
    datagram.ecn |= 1 << (view.getUint8(network + IPV4_TOS) & 3);
  }

  #discard(datagram: Datagram): "invalid" {
    this.#forget(datagram);
    return "invalid";
  }

  #forget(datagram: Datagram): void {
    this.#datagrams.delete(datagram.key);
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

  /** ip_frag_reasm: the first fragment's header over all payload. */
  #assemble(datagram: Datagram): Held {
    const first = datagram.pieces[0]?.frame;
    if (first === undefined || isEcnMixed(datagram.ecn)) return "invalid";
    const header = first.transport - first.network;
    if (header + datagram.length > LONGEST) return "invalid";
    const whole = Frame.allocate(first.network - first.start + header + datagram.length);
    whole.bytes.set(first.bytes.subarray(first.start, first.network + header), whole.start);
    const payload = whole.network + header;
    for (const { offset, frame } of datagram.pieces) {
      whole.bytes.set(frame.bytes.subarray(frame.transport, frame.end), payload + offset);
    }
    // But for the addresses, which whoever takes it reads anew: the first fragment may have waited long.
    whole.knowHeadersOf(first);
    whole.moreFragments = false;
    whole.ifindex = first.ifindex;
    whole.packetType = first.packetType;
    whole.mark = first.mark;
    whole.largestFragment = Math.max(datagram.largest, datagram.largestWithDf);
    whole.ignoreDontFragment = false;
    whole.fragmentLengths = this.#pieceLengths(datagram, first);
    const { view, network } = whole;
    const sticky = datagram.largestWithDf === datagram.largest;
    whole.copiesDontFragment = sticky;
    view.setUint16(network + IPV4_FRAGMENT, sticky ? DONT_FRAGMENT : 0);
    view.setUint16(network + IPV4_LENGTH, header + datagram.length);
    if ((datagram.ecn & (1 << CE)) !== 0) view.setUint8(network + IPV4_TOS, view.getUint8(network + IPV4_TOS) | CE);
    finishHeader(view, network);
    return whole;
  }

  /**
   * The payload lengths of the buffers a datagram consists of: one per fragment, but that leading ones merge into the
   * first as long as they fit its spare room (skbuff.c: skb_try_coalesce).
   */
  #pieceLengths(datagram: Datagram, first: Frame): number[] {
    let room = this.#merges ? first.tailroom : 0;
    const lengths: number[] = [];
    for (const { offset, end } of datagram.pieces) {
      const length = end - offset;
      if (lengths.length === 1 && offset > 0 && length <= room) {
        lengths[0] = (lengths[0] ?? 0) + length;
        room -= length;
      } else lengths.push(length);
    }
    return lengths;
  }
}

function keyOf({ view, network }: Frame): string {
  // Not the handles: a datagram waits longer than they are lent.
  const source = view.getUint32(network + IPV4_SOURCE);
  const destination = view.getUint32(network + IPV4_DESTINATION);
  return `${source} ${destination} ${view.getUint16(network + IPV4_IDENTIFICATION)} ${view.getUint8(network + IPV4_PROTOCOL)}`;
}
