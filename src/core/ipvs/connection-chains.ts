/**
 * Chains over the connection table's rows, in a hash. A chain holds whoever has the same client address and port, newest first, so that of two entries
 * with one key the younger is found. A FULLNAT connection also stands in the chain of its local address and port, since that is all its answers show.
 */
import type { AddressHandle } from "../wire/address-table.ts";
import type { EngineData } from "./connection-extras.ts";
import { HASHED, hotOf, NEXT, NONE, type Row } from "./connection-rows.ts";
import { ConnectionRows } from "./table-rows.ts";

export class ConnectionChains {
  readonly rows: ConnectionRows;
  /** The first link of each chain. A link is `row * 2`, plus 1 where the row stands under its local address. Longer than there are chains. */
  protected heads = new Int32Array(0);
  /** How many chains there are. */
  protected chains = 0;
  /** The largest power of two up to that: chains from here on were split off the one so many before. */
  protected level = 0;
  readonly #seed: number = 0;
  /** How often rows were moved together: their numbers are others each time. */
  arrangement = 0;

  /** `capacity` (a power of two) grows as needed; `seed` keeps a stranger from choosing the chain. */
  constructor(capacity: number, seed: number) {
    this.rows = new ConnectionRows(capacity);
    this.heads = new Int32Array(capacity).fill(NONE);
    this.chains = capacity;
    this.level = capacity;
    this.#seed = seed;
  }

  // --- for those who load into the processor's cache what will be looked up (foresight.ts)

  /** The first link of the chain that a client's packets, and those to it, are looked up in. */
  firstLink(hash: number): number {
    return this.heads[this.#chainOfHash(hash)] ?? NONE;
  }

  /** Loads the row of a link; what link follows it (NONE is followed by any). Without a branch, which could not be foretold. */
  touch(link: number): number {
    return this.rows.hot[hotOf((link & ~(link >> 31)) >> 1) | NEXT] ?? NONE;
  }

  // --- chains and links

  protected head(address: number, port: number, protocol: number): number {
    return this.heads[this.#chain(address, port, protocol)] ?? NONE;
  }

  #chain(address: number, port: number, protocol: number): number {
    return this.#chainOfHash(this.hash(address, port, protocol));
  }

  /** What a chain is chosen by: of a client, or of a local address. It stays the same while chains are split and merged. */
  hash(address: AddressHandle, port: number, protocol: number): number {
    const mixed = Math.imul(address ^ this.#seed, 0x9e3779b1) ^ Math.imul((port << 8) | protocol, 0x85ebca6b);
    const hash = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
    return hash ^ (hash >>> 13);
  }

  /** By one bit more where the chain was split already; without a branch, which could not be foretold. */
  #chainOfHash(hash: number): number {
    const level = this.level;
    const chain = hash & (level * 2 - 1);
    return chain & ~(level & ((this.chains - 1 - chain) >> 31));
  }

  protected chainOf(link: number): number {
    const rows = this.rows;
    const row = link >> 1;
    const named = rows.extras(row)?.engineData;
    if (named !== undefined) return this.chainOfData(named);
    return (link & 1) === 0
      ? this.#chain(rows.clientAddress(row), rows.clientPort(row), rows.protocol(row))
      : this.#chain(rows.localAddress(row), rows.localPort(row), rows.protocol(row));
  }

  /** A template that an engine named stands under its data only, not under its client: a trunk has many calls. */
  protected chainOfData({ hash }: EngineData): number {
    return this.#chainOfHash(hash ^ (hash >>> 13) ^ this.#seed);
  }

  protected after(link: number): number {
    return (link & 1) === 0 ? this.rows.next(link >> 1) : this.rows.nextLocal(link >> 1);
  }

  protected setAfter(link: number, next: number): void {
    if ((link & 1) === 0) this.rows.setNext(link >> 1, next);
    else this.rows.setNextLocal(link >> 1, next);
  }

  protected push(link: number): void {
    const chain = this.chainOf(link);
    this.setAfter(link, this.heads[chain] ?? NONE);
    this.heads[chain] = link;
  }

  protected drop(link: number): void {
    const chain = this.chainOf(link);
    let current = this.heads[chain] ?? NONE;
    if (current === link) {
      this.heads[chain] = this.after(link);
      return;
    }
    while (current !== NONE && this.after(current) !== link) current = this.after(current);
    if (current !== NONE) this.setAfter(current, this.after(link));
  }

  /** A row lies elsewhere now: it stands in its chains where it stood. */
  followRow(from: Row, to: Row): void {
    this.arrangement++;
    if ((this.rows.flags(to) & HASHED) === 0) return;
    this.#follow(from * 2, to * 2);
    if (this.rows.localAddress(to) !== 0) this.#follow(from * 2 + 1, to * 2 + 1);
  }

  #follow(from: number, to: number): void {
    const chain = this.chainOf(to);
    let current = this.heads[chain] ?? NONE;
    if (current === from) {
      this.heads[chain] = to;
      return;
    }
    while (current !== NONE && this.after(current) !== from) current = this.after(current);
    if (current !== NONE) this.setAfter(current, to);
  }
}
