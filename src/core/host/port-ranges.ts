/** Values by ranges of ports, of which the one set last holds: ranges that do not overlap, in ascending order. */
export class PortRanges<Value> {
  /** Where each range begins; it ends where the next begins. */
  readonly #starts: number[] = [];
  /** `undefined` between ranges. */
  readonly #values: (Value | undefined)[] = [];

  /** The value of a port; `undefined` if it is in no range. */
  get(port: number): Value | undefined {
    const place = this.#placeOf(port);
    return place < 0 ? undefined : this.#values[place];
  }

  /** Gives a value to all ports from `first` to `last`, whatever they had; to none if `first` is the greater. */
  set(first: number, last: number, value: Value): void {
    if (first > last) return;
    const from = this.#placeOf(first);
    const to = this.#placeOf(last);
    const behind = to < 0 ? undefined : this.#values[to];
    const beginsWithin = from >= 0 && this.#starts[from] !== first;
    const endsWithin = this.#starts[to + 1] !== last + 1;
    const starts = [first];
    const values: (Value | undefined)[] = [value];
    if (beginsWithin) {
      starts.unshift(this.#starts[from] ?? first);
      values.unshift(this.#values[from]);
    }
    if (endsWithin) {
      starts.push(last + 1);
      values.push(behind);
    }
    const at = Math.max(from, 0);
    const gone = to + 1 - at;
    this.#starts.splice(at, gone, ...starts);
    this.#values.splice(at, gone, ...values);
  }

  /** The range that a port is in; -1 before all. */
  #placeOf(port: number): number {
    let low = -1;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= port) low = middle;
      else high = middle;
    }
    return low;
  }
}
