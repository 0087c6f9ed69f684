/**
 * The datagrams of which fragments are here, for both families: each with its pieces in order and the timer that gives it up.
 * Mirrors net/ipv4/inet_fragment.c: inet_frag_find, inet_frag_kill, inet_frag_queue_insert.
 */
import type { Appointment } from "../../time/agenda.ts";
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { KernelTimers } from "../../time/kernel-timers.ts";
import type { Frame } from "../../wire/frame.ts";
import { covers, DATAGRAM_SIZE, type FragmentMemory, type Piece, placeOf, truesize } from "./pieces.ts";
import type { Waiting } from "./waiting.ts";

/** A datagram of which not all fragments are here. */
export interface Datagram {
  readonly key: string;
  readonly pieces: Piece[];
  readonly timer: Appointment;
  /** The end of the piece that reaches furthest; of the whole payload once its last piece is here. */
  length: number;
  /** Its last piece is here. */
  ended: boolean;
  /** Bytes of payload that are here. */
  have: number;
  /** Length of the longest packet that brought a piece; of the longest with DF among those. */
  largest: number;
  largestWithDf: number;
  /** One bit per ECN code point seen. */
  ecn: number;
}

export class FragmentQueues {
  readonly #datagrams = new Map<string, Datagram>();
  readonly #timers: KernelTimers;
  readonly #memory: FragmentMemory;
  readonly #expired: (first: Frame | undefined) => void;

  /** `memory` may be shared with others; `expired` is told of each datagram that stayed incomplete, with its first fragment if that had come. */
  constructor(timers: KernelTimers, memory: FragmentMemory, expired: (first: Frame | undefined) => void) {
    this.#timers = timers;
    this.#memory = memory;
    this.#expired = expired;
  }

  /** No fragment is taken now. */
  get isFull(): boolean {
    return this.#memory.used > this.#memory.high;
  }

  /** How many bytes of payload of that datagram are here. */
  progress(key: string): number {
    return this.#datagrams.get(key)?.have ?? 0;
  }

  /** The datagram of that key; a new one waits for `lifetime`. */
  find(key: string, now: Microseconds, lifetime: Microseconds): Datagram {
    const known = this.#datagrams.get(key);
    if (known !== undefined) return known;
    const timer = this.#timers.set(now, lifetime, () => this.#expire(key));
    const counts = { length: 0, ended: false, have: 0, largest: 0, largestWithDf: 0, ecn: 0 };
    const datagram: Datagram = { key, pieces: [], timer, ...counts };
    this.#datagrams.set(key, datagram);
    this.#memory.used += DATAGRAM_SIZE;
    return datagram;
  }

  /**
   * Takes the fragment's payload, `offset` to `end`, of which `keep` is the copy to keep. An exact repetition of what is here
   * changes nothing; any other overlap is an attack (RFC 5722).
   */
  insert(datagram: Datagram, offset: number, end: number, keep: () => Frame): "new" | "repeated" | "overlapping" {
    const { pieces } = datagram;
    const at = placeOf(pieces, offset);
    const neighbor = pieces[at];
    if (neighbor !== undefined && neighbor.offset < end) {
      return covers(pieces, offset, end) ? "repeated" : "overlapping";
    }
    const frame = keep();
    pieces.splice(at, 0, { offset, end, frame });
    datagram.have += end - offset;
    datagram.largest = Math.max(datagram.largest, frame.end - frame.network);
    this.#memory.used += truesize(frame);
    return "new";
  }

  /** All fragments that wait, datagram by datagram. */
  list(): Waiting[] {
    return [...this.#datagrams.values()].flatMap(({ pieces, timer }) =>
      pieces.map(({ frame }) => ({ frame, until: timer.at })),
    );
  }

  /** Drops what is here of a datagram, and its timer. */
  forget(datagram: Datagram): void {
    if (!this.#datagrams.delete(datagram.key)) return;
    this.#timers.cancel(datagram.timer);
    this.#memory.used -= DATAGRAM_SIZE;
    for (const { frame } of datagram.pieces) this.#memory.used -= truesize(frame);
  }

  #expire(key: string): void {
    const datagram = this.#datagrams.get(key);
    if (datagram === undefined) return;
    this.forget(datagram);
    const first = datagram.pieces[0];
    this.#expired(first?.offset === 0 ? first.frame : undefined);
  }
}

/** Whether a piece that ends there, the last one unless `more` follow, contradicts none before; if not, the datagram reaches as far. */
export function reach(datagram: Datagram, end: number, more: boolean): boolean {
  const { ended, length } = datagram;
  if (more ? ended && end > length : end < length || (ended && end !== length)) return false;
  if (!more) datagram.ended = true;
  datagram.length = Math.max(length, end);
  return true;
}

/** Whether nothing of the payload is missing. */
export const isWhole = ({ pieces, ended, have, length }: Datagram): boolean =>
  pieces[0]?.offset === 0 && ended && have === length;
