/** What schedulers see of an IPv6 packet: addresses folded to 32 bits, the whole one made only where it is asked for. */
import type { Address } from "../../wire/address.ts";
import { type AddressHandle, type AddressTable, NO_ADDRESS } from "../../wire/address-table.ts";
import type { PacketKey } from "./scheduler.ts";

/** Reused from packet to packet: borrowed. */
export class FoldedKey implements PacketKey {
  readonly #addresses: AddressTable;
  #destination: AddressHandle = NO_ADDRESS;
  source = 0;
  destination = 0;
  sourcePort = 0;
  destinationPort = 0;

  constructor(addresses: AddressTable) {
    this.#addresses = addresses;
  }

  set(source: AddressHandle, sourcePort: number, destination: AddressHandle, destinationPort: number): this {
    this.source = this.#addresses.fold(source);
    this.destination = this.#addresses.fold(destination);
    this.#destination = destination;
    this.sourcePort = sourcePort;
    this.destinationPort = destinationPort;
    return this;
  }

  get destinationAddress(): Address {
    return this.#addresses.value(this.#destination);
  }
}
