/**
 * Finds connections: a hash of chains over the rows. Mirrors the look-ups of net/netfilter/ipvs/ip_vs_conn.c.
 *
 * A chain holds whoever has the same client address and port, newest first, so that of two entries with one key the
 * younger is found. Request and answer share a chain, because both name the client; a FULLNAT connection also stands
 * in the chain of its local address and port, since that is all its answers show.
 *
 * Addresses are handles, which say their family: so does each key.
 */
import type { AddressHandle } from "../wire/address-table.ts";
import type { EngineData } from "./connection-extras.ts";
import {
  ANSWERS_AS_SERVER,
  ANSWERS_TO_LOCAL,
  CLIENT_ADDRESS,
  DESTINATION_ADDRESS,
  ENDPOINT,
  FLAGS,
  HASHED,
  hotOf,
  NEXT,
  NO_CLIENT_PORT,
  NONE,
  PORTS,
  protocolIn,
  type Row,
  TEMPLATE,
  VIRTUAL_ADDRESS,
} from "./connection-rows.ts";
import type { Discard } from "./row-memory.ts";
import { ConnectionRows } from "./table-rows.ts";

/** Bytes of the first link of a chain, and as many of them as fill a page of memory, of 64 KB at most. */
const HEAD = 4;
const PAGE = 16_384;
/** Chains up to which what is left moves to a block of its own. */
const SMALL = 1 << 16;
/** How many chains are split at once. */
const SPLIT_TOGETHER = 16;

export class ConnectionTable {
  readonly rows: ConnectionRows;
  /** The first link of each chain. A link is `row * 2`, plus 1 where the row stands under its local address. Longer than there are chains. */
  #heads = new Int32Array(0);
  /** How many chains there are: with each row too many, some are split in two (linear hashing, Litwin 1980), so that no packet waits for all. */
  #chains = 0;
  /** How many there were since memory was given back. */
  #mostChains = 0;
  /** The largest power of two up to that: chains from here on were split off the one so many before. */
  #level = 0;
  readonly #seed: number = 0;
  /** How often rows were moved together: their numbers are others each time. */
  arrangement = 0;
  /** Entries whose client's port is not known yet. */
  #withoutClientPort = 0;
  /** What it began with, and shrinks to again. */
  readonly #least: number;
  /** What `touch` has loaded: kept, so that no compiler leaves the loads out. */
  #seen = 0;

  /** `capacity` (a power of two) grows as needed; `seed` keeps a stranger from choosing the chain. */
  constructor(capacity = 4096, seed = 0) {
    this.rows = new ConnectionRows(capacity);
    this.#heads = new Int32Array(capacity).fill(NONE);
    this.#chains = capacity;
    this.#mostChains = capacity;
    this.#level = capacity;
    this.#seed = seed;
    this.#least = capacity;
  }

  /** Memory in bytes of all rows and chains. */
  get bytes(): number {
    return this.rows.bytes + this.#mostChains * HEAD;
  }

  /** The connection of a packet from client to virtual service; NONE if there is none (ip_vs_conn_in_get). */
  findRequest(
    protocol: number,
    source: AddressHandle,
    sourcePort: number,
    destination: AddressHandle,
    destinationPort: number,
  ): Row {
    const hash = this.hash(source, sourcePort, protocol);
    return this.findRequestBy(hash, protocol, source, destination, (sourcePort << 16) | destinationPort);
  }

  /** The same, where the client's hash is known. `ports`: the source port above, the destination port below. */
  findRequestBy(hash: number, protocol: number, source: AddressHandle, destination: AddressHandle, ports: number): Row {
    // An entry with client port 0 is a template; a packet from port 0 finds nothing, not even its own entry.
    if (ports >>> 16 === 0) return this.#findWithoutClientPort(protocol, source, destination, ports & 0xffff);
    const { hot } = this.rows;
    let link = this.firstLink(hash);
    while (link !== NONE) {
      const row = link >> 1;
      const at = hotOf(row);
      if (
        (link & 1) === 0 &&
        hot[at | CLIENT_ADDRESS] === source &&
        hot[at | PORTS] === ports &&
        hot[at | VIRTUAL_ADDRESS] === destination &&
        protocolIn(hot[at | ENDPOINT]) === protocol
      ) {
        return row;
      }
      link = (link & 1) === 0 ? (hot[at | NEXT] ?? NONE) : this.rows.nextLocal(row);
    }
    return this.#withoutClientPort === 0
      ? NONE
      : this.#findWithoutClientPort(protocol, source, destination, ports & 0xffff);
  }

  /** An entry that awaits this client, whatever port it comes from (ip_vs_conn.c: ip_vs_conn_in_get). */
  #findWithoutClientPort(protocol: number, client: number, virtual: number, virtualPort: number): number {
    if (this.#withoutClientPort === 0) return NONE;
    const rows = this.rows;
    for (let link = this.#head(client | 0, 0, protocol); link !== NONE; link = this.#after(link)) {
      const row = link >> 1;
      if (
        (rows.flags(row) & NO_CLIENT_PORT) !== 0 &&
        (rows.clientAddress(row) | 0) === (client | 0) &&
        (rows.virtualAddress(row) | 0) === (virtual | 0) &&
        rows.virtualPort(row) === virtualPort &&
        rows.protocol(row) === protocol
      ) {
        return row;
      }
    }
    return NONE;
  }

  /** The client's port is known now: the entry moves to its chain (ip_vs_conn_fill_cport). */
  fillClientPort(row: Row, port: number): void {
    const rows = this.rows;
    if (!this.remove(row)) return;
    rows.setFlags(row, rows.flags(row) & ~NO_CLIENT_PORT);
    rows.setClientPort(row, port);
    this.insert(row);
  }

  // --- for those who load into the processor's cache what will be looked up (foresight.ts)

  /** The first link of the chain that a client's packets, and those to it, are looked up in. */
  firstLink(hash: number): number {
    return this.#heads[this.#chainOfHash(hash)] ?? NONE;
  }

  /** Loads the row of a link; what link follows it (NONE is followed by any). Without a branch, which could not be foretold. */
  touch(link: number): number {
    return this.rows.hot[hotOf((link & ~(link >> 31)) >> 1) | NEXT] ?? NONE;
  }

  /**
   * The connection of a packet from real server to client; NONE if there is none (ip_vs_conn_out_get). The server shows
   * its own address if the connection is masqueraded, the virtual one otherwise.
   */
  findAnswer(
    protocol: number,
    source: AddressHandle,
    sourcePort: number,
    destination: AddressHandle,
    destinationPort: number,
  ): Row {
    const hash = this.hash(destination, destinationPort, protocol);
    return this.findAnswerBy(hash, protocol, source, destination, (sourcePort << 16) | destinationPort);
  }

  /** The same, where the hash of whom the packet goes to is known. `shown`: the source port above, the destination port below. */
  findAnswerBy(hash: number, protocol: number, source: AddressHandle, destination: AddressHandle, shown: number): Row {
    const { hot } = this.rows;
    const sourcePort = shown >>> 16;
    const destinationPort = shown & 0xffff;
    let link = this.firstLink(hash);
    while (link !== NONE) {
      const row = link >> 1;
      const at = hotOf(row);
      if ((link & 1) === 1) {
        if (this.#answersLocally(row, protocol, source, sourcePort, destination, destinationPort)) return row;
        link = this.rows.nextLocal(row);
        continue;
      }
      const flags = hot[at | FLAGS] ?? 0;
      const ports = hot[at | PORTS] ?? 0;
      const endpoint = hot[at | ENDPOINT] ?? 0;
      const asServer = (flags & ANSWERS_AS_SERVER) !== 0;
      if (
        (flags & ANSWERS_TO_LOCAL) === 0 &&
        hot[at | CLIENT_ADDRESS] === destination &&
        ports >>> 16 === destinationPort &&
        hot[at | (asServer ? DESTINATION_ADDRESS : VIRTUAL_ADDRESS)] === source &&
        ((asServer ? endpoint : ports) & 0xffff) === sourcePort &&
        protocolIn(endpoint) === protocol
      ) {
        return row;
      }
      link = hot[at | NEXT] ?? NONE;
    }
    return NONE;
  }

  #answersLocally(
    row: Row,
    protocol: number,
    source: AddressHandle,
    sourcePort: number,
    local: AddressHandle,
    localPort: number,
  ): boolean {
    const rows = this.rows;
    return (
      rows.localAddress(row) === local &&
      rows.localPort(row) === localPort &&
      rows.destinationAddress(row) === source &&
      rows.destinationPort(row) === sourcePort &&
      rows.protocol(row) === protocol
    );
  }

  /**
   * The persistence template of a (masked) client, and of what a persistence engine read in its packet; NONE if there is
   * none (ip_vs_ct_in_get).
   */
  findTemplate(
    protocol: number,
    client: AddressHandle,
    virtual: AddressHandle,
    virtualPort: number,
    named?: EngineData,
  ): Row {
    const rows = this.rows;
    const first =
      named === undefined ? this.#head(client, 0, protocol) : (this.#heads[this.#chainOfData(named)] ?? NONE);
    for (let link = first; link !== NONE; link = this.#after(link)) {
      const row = link >> 1;
      if (
        isSameData(rows.extras(row)?.engineData, named) &&
        rows.clientAddress(row) === client &&
        rows.clientPort(row) === 0 &&
        rows.virtualAddress(row) === virtual &&
        rows.virtualPort(row) === virtualPort &&
        (rows.flags(row) & TEMPLATE) !== 0 &&
        rows.protocol(row) === protocol
      ) {
        return row;
      }
    }
    return NONE;
  }

  /** Puts a row at the head of its chain(s). */
  insert(row: Row): void {
    const rows = this.rows;
    if (rows.count > this.#chains) this.#grow();
    rows.setFlags(row, rows.flags(row) | HASHED);
    if ((rows.flags(row) & NO_CLIENT_PORT) !== 0) this.#withoutClientPort++;
    this.#push(row * 2);
    if (rows.localAddress(row) !== 0) this.#push(row * 2 + 1);
  }

  /** Takes a row out of its chain(s); false if it stood in none. */
  remove(row: Row): boolean {
    const rows = this.rows;
    if ((rows.flags(row) & HASHED) === 0) return false;
    rows.setFlags(row, rows.flags(row) & ~HASHED);
    if ((rows.flags(row) & NO_CLIENT_PORT) !== 0) this.#withoutClientPort--;
    this.#drop(row * 2);
    if (rows.localAddress(row) !== 0) this.#drop(row * 2 + 1);
    return true;
  }

  /** Each connection and template, in no order that means anything. The callback must not insert or remove. */
  forEach(visit: (row: Row) => void): void {
    for (let row = 0; row < this.rows.end; row++) {
      if (this.rows.inUse(row) && (this.rows.flags(row) & HASHED) !== 0) visit(row);
    }
  }

  #head(address: number, port: number, protocol: number): number {
    return this.#heads[this.#chain(address, port, protocol)] ?? NONE;
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
    const level = this.#level;
    const chain = hash & (level * 2 - 1);
    return chain & ~(level & ((this.#chains - 1 - chain) >> 31));
  }

  #chainOf(link: number): number {
    const rows = this.rows;
    const row = link >> 1;
    const named = rows.extras(row)?.engineData;
    if (named !== undefined) return this.#chainOfData(named);
    return (link & 1) === 0
      ? this.#chain(rows.clientAddress(row), rows.clientPort(row), rows.protocol(row))
      : this.#chain(rows.localAddress(row), rows.localPort(row), rows.protocol(row));
  }

  /** A template that an engine named stands under its data only, not under its client: a trunk has many calls. */
  #chainOfData({ hash }: EngineData): number {
    return this.#chainOfHash(hash ^ (hash >>> 13) ^ this.#seed);
  }

  #after(link: number): number {
    return (link & 1) === 0 ? this.rows.next(link >> 1) : this.rows.nextLocal(link >> 1);
  }

  #setAfter(link: number, next: number): void {
    if ((link & 1) === 0) this.rows.setNext(link >> 1, next);
    else this.rows.setNextLocal(link >> 1, next);
  }

  #push(link: number): void {
    const chain = this.#chainOf(link);
    this.#setAfter(link, this.#heads[chain] ?? NONE);
    this.#heads[chain] = link;
  }

  #drop(link: number): void {
    const chain = this.#chainOf(link);
    let current = this.#heads[chain] ?? NONE;
    if (current === link) {
      this.#heads[chain] = this.#after(link);
      return;
    }
    while (current !== NONE && this.#after(current) !== link) current = this.#after(current);
    if (current !== NONE) this.#setAfter(current, this.#after(link));
  }

  /**
   * Some chains more, split off as many others that lie side by side. Their rows lie anywhere, and are fetched together: a cache miss for each in
   * its turn takes longer than the rest of a new connection.
   */
  #grow(): void {
    if (this.#chains === this.#heads.length) this.#lengthenHeads();
    const count = Math.min(SPLIT_TOGETHER, 2 * this.#level - this.#chains, this.#heads.length - this.#chains);
    const from = this.#chains - this.#level;
    for (let chain = from; chain < from + count; chain++) this.#seen ^= this.touch(this.#heads[chain] ?? NONE);
    for (let chain = from; chain < from + count; chain++) {
      const first = this.#heads[chain] ?? NONE;
      if (first !== NONE) this.#seen ^= this.touch(this.#after(first));
    }
    for (let chain = 0; chain < count; chain++) this.#split();
    this.#mostChains = Math.max(this.#mostChains, this.#chains);
  }

  /** One chain more: it takes over those of another one that its number stands for. Each stays newest first; what follows already is not written. */
  #split(): void {
    const chain = this.#chains;
    const from = chain - this.#level;
    let link = this.#heads[from] ?? NONE;
    this.#heads[from] = NONE;
    this.#heads[chain] = NONE;
    this.#chains = chain + 1;
    let previous = NONE;
    let lastOfOld = NONE;
    let lastOfNew = NONE;
    while (link !== NONE) {
      const next = this.#after(link);
      const own = this.#chainOf(link);
      const last = own === from ? lastOfOld : lastOfNew;
      if (last === NONE) this.#heads[own] = link;
      else if (last !== previous) this.#setAfter(last, link);
      if (own === from) lastOfOld = link;
      else lastOfNew = link;
      previous = link;
      link = next;
    }
    if (lastOfOld !== NONE && lastOfOld !== previous) this.#setAfter(lastOfOld, NONE);
    if (lastOfNew !== NONE && lastOfNew !== previous) this.#setAfter(lastOfNew, NONE);
    if (this.#chains === this.#level * 2) this.#level = this.#chains;
  }

  /** Room for as many chains as the rows have addresses for: what is not used is not touched. */
  #lengthenHeads(): void {
    const heads = new Int32Array(Math.max(this.#heads.length * 2, this.rows.capacity));
    heads.set(this.#heads);
    this.#heads = heads;
  }

  // --- smaller again, where few are left (compaction.ts)

  /** A row lies elsewhere now: it stands in its chains where it stood. */
  followRow(from: Row, to: Row): void {
    this.arrangement++;
    if ((this.rows.flags(to) & HASHED) === 0) return;
    this.#follow(from * 2, to * 2);
    if (this.rows.localAddress(to) !== 0) this.#follow(from * 2 + 1, to * 2 + 1);
  }

  #follow(from: number, to: number): void {
    const chain = this.#chainOf(to);
    let current = this.#heads[chain] ?? NONE;
    if (current === from) {
      this.#heads[chain] = to;
      return;
    }
    while (current !== NONE && this.#after(current) !== from) current = this.#after(current);
    if (current !== NONE) this.#setAfter(current, to);
  }

  /** Takes at most so many chains back that were split off; whether there are more than rows. */
  merge(most: number): boolean {
    const least = Math.max(this.#least, this.rows.count);
    for (let left = most; left > 0 && this.#chains > least; left--) this.#mergeLast();
    return this.#chains > least;
  }

  /** Of two entries of one key both stand in one of the two chains, in their order. */
  #mergeLast(): void {
    const chain = this.#chains - 1;
    if (chain < this.#level) this.#level /= 2;
    this.#chains = chain;
    const first = this.#heads[chain] ?? NONE;
    if (first === NONE) return;
    this.#heads[chain] = NONE;
    const into = chain - this.#level;
    let last = this.#heads[into] ?? NONE;
    if (last === NONE) {
      this.#heads[into] = first;
      return;
    }
    for (let next = this.#after(last); next !== NONE; next = this.#after(last)) last = next;
    this.#setAfter(last, first);
  }

  /** Moves rows and chains to memory for no more than there are, if they are few. */
  moveToSmallBlocks(): void {
    this.rows.moveToSmallBlock();
    if (this.#chains > SMALL) return;
    this.#heads = this.#heads.slice(0, this.#chains);
    this.#mostChains = this.#chains;
  }

  /** Gives back the memory of at most so many chains that are no more: whole pages. Whether there is more. */
  giveBackChains(most: number, discard: Discard): boolean {
    const from = Math.max(this.#chains, this.#mostChains - most);
    const end = Math.min(this.#mostChains + PAGE, this.#heads.length);
    if (from >= this.#mostChains) return false;
    discard(new Uint8Array(this.#heads.buffer, from * HEAD, (end - from) * HEAD));
    this.#mostChains = from;
    return from > this.#chains;
  }
}

/** Both without an engine's data, or with the same of the same engine (ip_vs_pe_sip.c: ip_vs_sip_ct_match). */
function isSameData(a: EngineData | undefined, b: EngineData | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const other = b.data;
  return a.engine === b.engine && a.data.length === other.length && a.data.every((byte, at) => byte === other[at]);
}
