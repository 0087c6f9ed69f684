/** A hash from addresses to values, that the packet path can afford. Whoever puts an address in keeps it. */
import type { AddressHandle } from "../wire/address-table.ts";

export class AddressMap<Value> {
  #keys = new Int32Array(16);
  #values: (Value | undefined)[] = new Array(16).fill(undefined);
  #size = 0;

  get(address: AddressHandle): Value | undefined {
    const key = address | 0;
    const mask = this.#keys.length - 1;
    for (let slot = hash(key) & mask; ; slot = (slot + 1) & mask) {
      const value = this.#values[slot];
      if (value === undefined || this.#keys[slot] === key) return value;
    }
  }

  set(address: AddressHandle, value: Value): void {
    if (this.#size * 2 >= this.#keys.length) this.#grow();
    const key = address | 0;
    const mask = this.#keys.length - 1;
    let slot = hash(key) & mask;
    while (this.#values[slot] !== undefined && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    if (this.#values[slot] === undefined) this.#size++;
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }

  /** Takes an address out; those behind it that stand there only because it was in their way move up. */
  delete(address: AddressHandle): void {
    const key = address | 0;
    const keys = this.#keys;
    const values = this.#values;
    const mask = keys.length - 1;
    let hole = hash(key) & mask;
    while (values[hole] !== undefined && keys[hole] !== key) hole = (hole + 1) & mask;
    if (values[hole] === undefined) return;
    this.#size--;
    for (let slot = (hole + 1) & mask; values[slot] !== undefined; slot = (slot + 1) & mask) {
      const home = hash(keys[slot] ?? 0) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      keys[hole] = keys[slot] ?? 0;
      values[hole] = values[slot];
      hole = slot;
    }
    values[hole] = undefined;
  }

  get size(): number {
    return this.#size;
  }

  values(): Value[] {
    return this.#values.filter((value) => value !== undefined);
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Int32Array(keys.length * 2);
    this.#values = new Array(keys.length * 2).fill(undefined);
    this.#size = 0;
    for (const [slot, value] of values.entries()) if (value !== undefined) this.set(keys[slot] ?? 0, value);
  }
}

function hash(address: AddressHandle): number {
  const mixed = Math.imul(address, 0x9e3779b1);
  return mixed ^ (mixed >>> 16);
}
