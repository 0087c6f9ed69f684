/** Which connections leave the director from which local address (FULLNAT). Rows name theirs by number. */
import type { AddressHandle, AddressTable } from "../wire/address-table.ts";
import { NONE, type Row } from "./connection-rows.ts";
import type { LocalAddress } from "./local-address.ts";
import type { ConnectionRows } from "./table-rows.ts";

export class LocalAddresses {
  readonly #rows: ConnectionRows;
  readonly #addresses: AddressTable;
  readonly #all: LocalAddress[] = [];
  readonly #handles = new Set<AddressHandle>();
  /** Connections that have one. */
  #bound = 0;

  constructor(rows: ConnectionRows, addresses: AddressTable) {
    this.#rows = rows;
    this.#addresses = addresses;
  }

  remember(local: LocalAddress): void {
    this.#all.push(local);
    this.#handles.add(local.handle);
  }

  of(row: Row): LocalAddress | undefined {
    // An index below 0 would be looked up as a name.
    const index = this.#rows.localIndex(row);
    return index === NONE ? undefined : this.#all[index];
  }

  bind(row: Row, local: LocalAddress, port: number): void {
    const rows = this.#rows;
    rows.setLocalAddress(row, this.#addresses.keep(local.handle));
    rows.setLocalPort(row, port);
    rows.setLocalIndex(row, this.#all.indexOf(local));
    local.connections++;
    this.#bound++;
  }

  /** Counts an entry off that is about to leave. */
  unbind(row: Row): void {
    const local = this.of(row);
    if (local === undefined) return;
    local.connections--;
    this.#bound--;
  }

  /** Whether connections may leave the director from this address, or might once. */
  has(address: AddressHandle): boolean {
    return this.#handles.has(address);
  }

  /** Whether any connection leaves the director from one. */
  get areUsed(): boolean {
    return this.#bound > 0;
  }
}
