/** One line on a terminal that says how far the work is. */
const INTERVAL = 200;
/** Quick work between two looks at the clock. */
const STRIDE = 1024;

/** Writes to standard error, if that is a terminal. */
export class Progress {
  readonly #what: string;
  readonly #stride: number;
  readonly #shown = process.stderr.isTTY === true;
  #count = 0;
  #next = 0;
  #written = false;

  /** `what` is what is counted: `packets read`; the clock is looked at after so many. */
  constructor(what: string, stride = STRIDE) {
    this.#what = what;
    this.#stride = stride;
  }

  /** One more. */
  count(): void {
    this.#count++;
    if (this.#shown && this.#count % this.#stride === 0 && performance.now() >= this.#next) this.#write();
  }

  #write(): void {
    this.#next = performance.now() + INTERVAL;
    this.#written = true;
    process.stderr.write(`\r${this.#count} ${this.#what}\x1b[K`);
  }

  /** Takes the line off the terminal. */
  end(): void {
    if (this.#written) process.stderr.write("\r\x1b[K");
  }
}
