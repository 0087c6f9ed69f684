/** What is due at a moment of the virtual clock: retries, sweeps, estimators. Connections have their own wheel. */

/** One appointment; hand it back to `cancel`. */
export interface Appointment {
  /** Microseconds of the director's clock. */
  readonly at: number;
  readonly run: (now: number) => void;
}

/** A list of appointments, earliest first; equal times run in the order they were made. */
export class Agenda {
  readonly #entries: Appointment[] = [];

  /** Makes an appointment at `at` microseconds. */
  schedule(at: number, run: (now: number) => void): Appointment {
    const entry = { at, run };
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#entries[middle];
      if (other !== undefined && other.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
    return entry;
  }

  cancel(entry: Appointment | undefined): void {
    const index = entry === undefined ? -1 : this.#entries.indexOf(entry);
    if (index >= 0) this.#entries.splice(index, 1);
  }

  /** When the next appointment is, in microseconds; Infinity if there is none. */
  get next(): number {
    return this.#entries[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the earliest appointment off the list if it is due at `now`. */
  takeDue(now: number): Appointment | undefined {
    return this.next <= now ? this.#entries.shift() : undefined;
  }
}
