/**
 * Chains over the connection table's rows, in a hash, each newest first, so that of two entries with one key the younger is found. What a row stands
 * under, and where it notes the next of its chain, says who extends this: a client's address and port (connection-table.ts), or a local
 * address and port (local-chains.ts).
 */
import type { AddressHandle } from "../wire/address-table.ts";
import { NONE, type Row } from "./connection-rows.ts";
import type { ConnectionRows } from "./table-rows.ts";

export abstract class ConnectionChains {
  readonly rows: ConnectionRows;
  /** The first row of each chain. Longer than there are chains. */
  protected heads = new Int32Array(0);
  /** How many chains there are. */
  protected chains = 0;
  /** The largest power of two up to that: chains from here on were split off the one so many before. */
  protected level = 0;
  protected readonly seed: number = 0;
  /** How many rows stand in the chains. */
  #members = 0;

  /** `capacity` (a power of two) grows as needed; `seed` keeps a stranger from choosing the chain. */
  constructor(rows: ConnectionRows, capacity: number, seed: number) {
    this.rows = rows;
    this.heads = new Int32Array(capacity).fill(NONE);
    this.chains = capacity;
    this.level = capacity;
    this.seed = seed;
  }

  /** What a row's chain is chosen by. It stays the same while chains are split and merged. */
  protected abstract hashOf(row: Row): number;
  /** The row that follows in the chain, or NONE. */
  protected abstract after(row: Row): Row;
  protected abstract setAfter(row: Row, next: Row): void;
  /** Loads a row into the processor's cache, for who will look at it soon; what row follows it (NONE is followed by any). */
  abstract touch(row: Row): Row;

  get members(): number {
    return this.#members;
  }

  /** The first row of the chain that a packet's connection is looked up in, by the hash of one of its ends. */
  first(hash: number): Row {
    return this.heads[this.chainOfHash(hash)] ?? NONE;
  }

  hash(address: AddressHandle, port: number, protocol: number): number {
    const mixed = Math.imul(address ^ this.seed, 0x9e3779b1) ^ Math.imul((port << 8) | protocol, 0x85ebca6b);
    const hash = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
    return hash ^ (hash >>> 13);
  }

  /** By one bit more where the chain was split already; without a branch, which could not be foretold. */
  protected chainOfHash(hash: number): number {
    const level = this.level;
    const chain = hash & (level * 2 - 1);
    return chain & ~(level & ((this.chains - 1 - chain) >> 31));
  }

  protected chainOf(row: Row): number {
    return this.chainOfHash(this.hashOf(row));
  }

  /** Puts a row at the head of its chain. */
  push(row: Row): void {
    this.#members++;
    const chain = this.chainOf(row);
    this.setAfter(row, this.heads[chain] ?? NONE);
    this.heads[chain] = row;
  }

  /** Takes a row out of its chain. */
  drop(row: Row): void {
    this.#members--;
    this.#replace(row, row, this.after(row));
  }

  /** A row of a chain lies elsewhere now: it stands where it stood. */
  follow(from: Row, to: Row): void {
    this.#replace(to, from, to);
  }

  /** In the chain of `row`: what led to `from` leads to `to`. */
  #replace(row: Row, from: Row, to: Row): void {
    const chain = this.chainOf(row);
    let current = this.heads[chain] ?? NONE;
    if (current === from) {
      this.heads[chain] = to;
      return;
    }
    while (current !== NONE && this.after(current) !== from) current = this.after(current);
    if (current !== NONE) this.setAfter(current, to);
  }
}
