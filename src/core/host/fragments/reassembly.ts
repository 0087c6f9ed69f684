/**
 * Puts datagrams together again from their fragments (RFC 791, section 3.2). Mirrors net/ipv4/ip_fragment.c:
 * ip_frag_queue, ip_frag_reasm, ip_expire; and net/ipv4/inet_fragment.c: inet_frag_find.
 *
 * The kernel remembers the pieces a datagram came in and sends the same pieces on where it can. Only for datagrams
 * delivered to the host it first tries to merge a piece into the spare room behind the first one's buffer: that depends
 * on how the link allocated the buffer (`Frame.tailroom`), and decides where the datagram is cut when it leaves.
 */

import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { KernelTimers } from "../../time/kernel-timers.ts";
import { DROP, HELD } from "../../trace/verdict.ts";
import { Frame } from "../../wire/frame.ts";

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
} from "../../wire/ipv4.ts";
import { CE, type FragmentMemory, isEcnMixed } from "./pieces.ts";
import { type Datagram, FragmentQueues, isWhole, reach } from "./queues.ts";
import type { Waiting } from "./waiting.ts";

/** Longest IPv4 packet. */
const LONGEST = 65_535;

/** What became of a fragment: the whole datagram, or why there is none yet. */
export type Held = Frame | "held" | "invalid" | "full";

/** How a fragment ended that made no datagram whole. */
export const heldVerdict = (held: Exclude<Held, Frame>): number =>
  held === "held" ? HELD : held === "full" ? DROP.fragmentsFull : DROP.fragmentInvalid;

export class Reassembly {
  readonly #queues: FragmentQueues;
  readonly #merges: boolean;

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
    this.#queues = new FragmentQueues(timers, memory, expired);
    this.#merges = merges;
  }

  /**
   * Takes a fragment (the frame is copied); `lifetime` in microseconds from the datagram's first fragment on.
   * @ipvs #Y fragments "IPVS sees whole datagrams only; fragments wait for the rest, 30 s at the most"
   * @ipvs #Y fragments "Beyond ipfrag_high_thresh no fragment is taken, not even the last one missing, until others have expired"
   */
  add(frame: Frame, now: Microseconds, lifetime: Microseconds): Held {
    const header = frame.transport - frame.network;
    const { moreFragments: more, fragmentOffset: offset } = frame;
    let end = offset + frame.end - frame.transport;
    if (more) end -= end % 8;
    // First, and before anything is made for it: a flood of fragments costs no more than this.
    if (this.#queues.isFull) return "full";
    if (end + header > LONGEST) return "invalid";
    const datagram = this.#queues.find(keyOf(frame), now, lifetime);
    // A fragment without payload takes the whole datagram with it.
    if (end <= offset || !reach(datagram, end, more)) return this.#discard(datagram);
    return this.#insert(datagram, frame, offset, end);
  }

  /** How many bytes of payload of the same datagram are here. */
  progress(frame: Frame): number {
    return this.#queues.progress(keyOf(frame));
  }

  waiting(): Waiting[] {
    return this.#queues.list();
  }

  #insert(datagram: Datagram, frame: Frame, offset: number, end: number): Held {
    const inserted = this.#queues.insert(datagram, offset, end, () => {
      const copy = frame.copy();
      copy.end = copy.transport + end - offset;
      remember(datagram, copy);
      return copy;
    });
    if (inserted !== "new") return inserted === "repeated" ? "invalid" : this.#discard(datagram);
    if (!isWhole(datagram)) return "held";
    this.#queues.forget(datagram);
    return this.#assemble(datagram);
  }

  #discard(datagram: Datagram): "invalid" {
    this.#queues.forget(datagram);
    return "invalid";
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

/** What of a fragment's header decides how the whole one is sent. */
function remember(datagram: Datagram, { view, network, end }: Frame): void {
  if ((view.getUint16(network + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0) {
    datagram.largestWithDf = Math.max(datagram.largestWithDf, end - network);
  }
  datagram.ecn |= 1 << (view.getUint8(network + IPV4_TOS) & 3);
}

function keyOf({ view, network }: Frame): string {
  // Not the handles: a datagram waits longer than they are lent.
  const source = view.getUint32(network + IPV4_SOURCE);
  const destination = view.getUint32(network + IPV4_DESTINATION);
  return `${source} ${destination} ${view.getUint16(network + IPV4_IDENTIFICATION)} ${view.getUint8(network + IPV4_PROTOCOL)}`;
}
