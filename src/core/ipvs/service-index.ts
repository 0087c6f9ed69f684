/** Finds services by what names them, in the same time however many there are: an open hash, grown with their number. */
import type { Family } from "../wire/address.ts";
import type { AddressHandle } from "../wire/address-table.ts";
import type { Service } from "./service.ts";

export class ServiceIndex {
  #slots: (Service | undefined)[] = emptySlots(16);
  #size = 0;

  /** The service of a protocol, address and port. */
  at(protocol: number, address: AddressHandle, port: number): Service | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = hash(protocol, address, port) & mask; ; slot = (slot + 1) & mask) {
      const service = this.#slots[slot];
      if (service === undefined) return undefined;
      if (service.handle === address && service.port === port && service.protocol === protocol && service.fwmark === 0)
        return service;
    }
  }

  /** The service of a firewall mark, which is not 0. */
  marked(family: Family, mark: number): Service | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = hash(family, mark, 0) & mask; ; slot = (slot + 1) & mask) {
      const service = this.#slots[slot];
      if (service === undefined || (service.fwmark === mark && service.family === family)) return service;
    }
  }

  add(service: Service): void {
    this.#size++;
    if (this.#size * 2 > this.#slots.length) this.#refill(this.#slots.length * 2);
    this.#put(service);
  }

  /** Those behind it in the same run stand there perhaps only because it was in their way. */
  remove(service: Service): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = homeOf(service) & mask;
    while (slots[slot] !== service) {
      if (slots[slot] === undefined) return;
      slot = (slot + 1) & mask;
    }
    this.#size--;
    slots[slot] = undefined;
    for (let next = (slot + 1) & mask; ; next = (next + 1) & mask) {
      const moved = slots[next];
      if (moved === undefined) return;
      slots[next] = undefined;
      this.#put(moved);
    }
  }

  #put(service: Service): void {
    const mask = this.#slots.length - 1;
    let slot = homeOf(service) & mask;
    while (this.#slots[slot] !== undefined) slot = (slot + 1) & mask;
    this.#slots[slot] = service;
  }

  #refill(length: number): void {
    const before = this.#slots;
    this.#slots = emptySlots(length);
    for (const service of before) if (service !== undefined) this.#put(service);
  }
}

const emptySlots = (length: number): (Service | undefined)[] => new Array<Service | undefined>(length).fill(undefined);

const homeOf = ({ fwmark, family, protocol, handle, port }: Service): number =>
  fwmark === 0 ? hash(protocol, handle, port) : hash(family, fwmark, 0);

function hash(kind: number, name: number, port: number): number {
  const mixed = Math.imul(name ^ (kind << 24) ^ Math.imul(port, 0x85ebca6b), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
