/** What is due at a moment of the virtual clock: retries, sweeps, estimators. Connections have their own wheel. */
import type { Microseconds } from "./kernel-ticks.ts";

/** One appointment; hand it back to `cancel`. */
export interface Appointment {
  /** Microseconds of the director's clock. */
  readonly at: number;
  readonly run: (now: Microseconds) => void;
}

/** An appointment in the heap: its turn among those of the same time, and its place; NOWHERE once it was taken or cancelled. */
interface Entry extends Appointment {
  readonly number: number;
  place: number;
}

const NOWHERE = -1;

const isBefore = (one: Entry, other: Entry): boolean =>
  one.at < other.at || (one.at === other.at && one.number < other.number);

/**
 * Appointments, earliest first; equal times run in the order they were made. A binary heap in which every entry knows its
 * place, so that making and cancelling cost the logarithm of how many there are: a scan of a whole network leaves ten
 * thousands of unanswered ARP requests, each with a timer.
 */
export class Agenda {
  /** Each entry is before those at twice its place plus 1 and 2. */
  readonly #heap: Entry[] = [];
  #made = 0;

  /** Makes an appointment at `at` microseconds. */
  schedule(at: number, run: (now: Microseconds) => void): Appointment {
    return this.scheduleAs(this.#made++, at, run);
  }

  /** Makes an appointment that comes, of all at its time, in the order of `number`. */
  protected scheduleAs(number: number, at: number, run: (now: Microseconds) => void): Appointment {
    const entry: Entry = { at, run, number, place: this.#heap.length };
    this.#heap.push(entry);
    this.#rise(entry);
    return entry;
  }

  /** Cancels an appointment; one that was taken or cancelled already stays so. */
  cancel(appointment: Appointment | undefined): void {
    const entry = appointment as Entry | undefined;
    if (entry !== undefined && this.#heap[entry.place] === entry) this.#remove(entry);
  }

  /** When the next appointment is, in microseconds; Infinity if there is none. */
  get next(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the earliest appointment off the list if it is due at `now`. */
  takeDue(now: Microseconds): Appointment | undefined {
    const entry = this.#heap[0];
    if (entry === undefined || entry.at > now) return undefined;
    this.#remove(entry);
    return entry;
  }

  #remove(entry: Entry): void {
    const last = this.#heap.pop();
    const { place } = entry;
    entry.place = NOWHERE;
    if (last === undefined || last === entry) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: Entry): void {
    while (entry.place > 0) {
      const above = this.#heap[(entry.place - 1) >> 1];
      if (above === undefined || !isBefore(entry, above)) return;
      this.#swap(entry, above);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1];
      const right = this.#heap[2 * entry.place + 2];
      const below = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (below === undefined || !isBefore(below, entry)) return;
      this.#swap(below, entry);
    }
  }

  #swap(one: Entry, other: Entry): void {
    const { place } = one;
    this.#put(one, other.place);
    this.#put(other, place);
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }
}
