/**
 * Finds connections: a hash of chains over the rows. Mirrors the look-ups of net/netfilter/ipvs/ip_vs_conn.c.
 *
 * A chain holds whoever has the same client address and port, newest first, so that of two entries with one key the
 * younger is found. Request and answer share a chain, because both name the client; a FULLNAT connection also stands
 * in a chain of its local address and port, since that is all its answers show (local-chains.ts).
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
import { GrowingChains } from "./growing-chains.ts";
import { LocalChains } from "./local-chains.ts";
import { ConnectionRows } from "./table-rows.ts";

export class ConnectionTable extends GrowingChains {
  /** Where answers to local addresses are looked up. */
  readonly local: LocalChains;
  /** How often rows were moved together: their numbers are others each time. */
  arrangement = 0;
  /** Entries whose client's port is not known yet. */
  #withoutClientPort = 0;

  /** `capacity` (a power of two) grows as needed; `seed` keeps a stranger from choosing the chain. */
  constructor(capacity = 4096, seed = 0) {
    super(new ConnectionRows(capacity), capacity, seed);
    this.local = new LocalChains(this.rows, capacity, seed);
  }

  /** Memory in bytes of all rows and chains. */
  override get bytes(): number {
    return this.rows.bytes + super.bytes + this.local.bytes;
  }

  // --- chains

  protected hashOf(row: Row): number {
    const rows = this.rows;
    const named = rows.extras(row)?.engineData;
    if (named !== undefined) return this.#hashOfData(named);
    return this.hash(rows.clientAddress(row), rows.clientPort(row), rows.protocol(row));
  }

  /** A template that an engine named stands under its data only, not under its client: a trunk has many calls. */
  #hashOfData({ hash }: EngineData): number {
    return hash ^ (hash >>> 13) ^ this.seed;
  }

  protected after(row: Row): Row {
    return this.rows.next(row);
  }

  protected setAfter(row: Row, next: Row): void {
    this.rows.setNext(row, next);
  }

  /** Without a branch, which could not be foretold. */
  touch(row: Row): Row {
    return this.rows.hot[hotOf(row & ~(row >> 31)) | NEXT] ?? NONE;
  }

  // --- look-ups

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
    for (let row = this.first(hash); row !== NONE; ) {
      const at = hotOf(row);
      if (
        hot[at | CLIENT_ADDRESS] === source &&
        hot[at | PORTS] === ports &&
        hot[at | VIRTUAL_ADDRESS] === destination &&
        protocolIn(hot[at | ENDPOINT]) === protocol &&
        (this.#withoutClientPort === 0 || !this.#awaitsClientPort(row))
      ) {
        return row;
      }
      row = hot[at | NEXT] ?? NONE;
    }
    return this.#withoutClientPort === 0
      ? NONE
      : this.#findWithoutClientPort(protocol, source, destination, ports & 0xffff);
  }

  /** Of a synchronised entry that has a port all the same, no packet is (__ip_vs_conn_in_get). */
  #awaitsClientPort(row: Row): boolean {
    return (this.rows.flags(row) & NO_CLIENT_PORT) !== 0;
  }

  /** An entry that awaits this client, whatever port it comes from (ip_vs_conn.c: ip_vs_conn_in_get). */
  #findWithoutClientPort(protocol: number, client: number, virtual: number, virtualPort: number): number {
    if (this.#withoutClientPort === 0) return NONE;
    const rows = this.rows;
    for (let row = this.first(this.hash(client | 0, 0, protocol)); row !== NONE; row = this.after(row)) {
      if (
        this.#awaitsClientPort(row) &&
        rows.clientPort(row) === 0 &&
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
    const row = this.local.members === 0 ? NONE : this.local.findBy(hash, protocol, source, destination, shown);
    return row === NONE ? this.findAnswerToClientBy(hash, protocol, source, destination, shown) : row;
  }

  /** Of packets to whom no local address is. */
  findAnswerToClientBy(
    hash: number,
    protocol: number,
    source: AddressHandle,
    destination: AddressHandle,
    shown: number,
  ): Row {
    const { hot } = this.rows;
    const sourcePort = shown >>> 16;
    const destinationPort = shown & 0xffff;
    for (let row = this.first(hash); row !== NONE; ) {
      const at = hotOf(row);
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
      row = hot[at | NEXT] ?? NONE;
    }
    return NONE;
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
    const hash = named === undefined ? this.hash(client, 0, protocol) : this.#hashOfData(named);
    for (let row = this.first(hash); row !== NONE; row = this.after(row)) {
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

  // --- coming, going, moving

  /** Puts a row at the head of its chain(s). */
  insert(row: Row): void {
    const rows = this.rows;
    rows.setFlags(row, rows.flags(row) | HASHED);
    if ((rows.flags(row) & NO_CLIENT_PORT) !== 0) this.#withoutClientPort++;
    this.push(row);
    if (rows.localAddress(row) !== 0) this.local.push(row);
  }

  /** Takes a row out of its chain(s); false if it stood in none. */
  remove(row: Row): boolean {
    const rows = this.rows;
    if ((rows.flags(row) & HASHED) === 0) return false;
    rows.setFlags(row, rows.flags(row) & ~HASHED);
    if ((rows.flags(row) & NO_CLIENT_PORT) !== 0) this.#withoutClientPort--;
    this.drop(row);
    if (rows.localAddress(row) !== 0) this.local.drop(row);
    return true;
  }

  /** A row lies elsewhere now: it stands in its chains where it stood. */
  followRow(from: Row, to: Row): void {
    this.arrangement++;
    if ((this.rows.flags(to) & HASHED) === 0) return;
    this.follow(from, to);
    if (this.rows.localAddress(to) !== 0) this.local.follow(from, to);
  }

  /** Each connection and template, in no order that means anything. The callback must not insert or remove. */
  forEach(visit: (row: Row) => void): void {
    for (let row = 0; row < this.rows.end; row++) {
      if (this.rows.inUse(row) && (this.rows.flags(row) & HASHED) !== 0) visit(row);
    }
  }
}

/** Both without an engine's data, or with the same of the same engine (ip_vs_pe_sip.c: ip_vs_sip_ct_match). */
function isSameData(a: EngineData | undefined, b: EngineData | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const other = b.data;
  return a.engine === b.engine && a.data.length === other.length && a.data.every((byte, at) => byte === other[at]);
}
