/**
 * The chains of FULLNAT's connections by the address and port that they leave the director from: their answers show nothing else. Apart from
 * the clients' chains, so that these are no longer for it. The next of a chain is noted in a row's cold block.
 */
import type { AddressHandle } from "../wire/address-table.ts";
import {
  DESTINATION_ADDRESS,
  ENDPOINT,
  hotOf,
  LOCAL_ADDRESS,
  NONE,
  protocolIn,
  type Row,
  TIMER_BUCKET,
} from "./connection-rows.ts";
import { GrowingChains } from "./growing-chains.ts";
import type { ConnectionRows } from "./table-rows.ts";

/** Chains to begin with, at most: few directors have local addresses. */
const FEW = 64;

export class LocalChains extends GrowingChains {
  /** Of a table that begins with room for `capacity` connections. */
  constructor(rows: ConnectionRows, capacity: number, seed: number) {
    super(rows, Math.min(FEW, capacity), seed);
  }

  protected hashOf(row: Row): number {
    const rows = this.rows;
    return this.hash(rows.localAddress(row), rows.localPort(row), rows.protocol(row));
  }

  protected after(row: Row): Row {
    return this.rows.nextLocal(row);
  }

  protected setAfter(row: Row, next: Row): void {
    this.rows.setNextLocal(row, next);
  }

  /** Both blocks of the row: no client's address is 0. */
  touch(row: Row): Row {
    const some = row & ~(row >> 31);
    return (this.rows.hot[hotOf(some)] ?? 0) === 0 ? NONE : this.rows.nextLocal(some);
  }

  /** The connection of a packet from real server to local address. `ports`: the source port above, the destination port below. */
  findBy(hash: number, protocol: number, source: AddressHandle, local: AddressHandle, ports: number): Row {
    const { hot } = this.rows;
    for (let row = this.first(hash); row !== NONE; row = this.after(row)) {
      const at = hotOf(row);
      const endpoint = hot[at | ENDPOINT] ?? 0;
      if (
        hot[at | LOCAL_ADDRESS] === local &&
        (hot[at | TIMER_BUCKET] ?? 0) >>> 16 === (ports & 0xffff) &&
        hot[at | DESTINATION_ADDRESS] === source &&
        (endpoint & 0xffff) === ports >>> 16 &&
        protocolIn(endpoint) === protocol
      ) {
        return row;
      }
    }
    return NONE;
  }
}
