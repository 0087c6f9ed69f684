/**
 * Maglev hashing: one server per client, and few clients move when the servers change.
 * Mirrors net/netfilter/ipvs/ip_vs_mh.c; the method is section 3.4 of Eisenbud et al., "Maglev", NSDI 2016.
 */
import type { Destination } from "../destination.ts";
import type { Service } from "../service.ts";
import { describeShare, refusal } from "./describe.ts";
import { addressFold, hsiphash } from "./hashing.ts";
import type { PacketKey, Scheduler, SchedulerFactory } from "./scheduler.ts";
import { usable } from "./scheduler.ts";
import { clientOf, fallsBack } from "./sh.ts";
import { greatestCommonDivisor } from "./weights.ts";

/** A prime (IP_VS_MH_TAB_INDEX 12), and the bits of a weight that count in a table of this size. */
const SLOTS = 4093;
const WEIGHT_BITS = 6;

/** The keys of the two hash functions (ip_vs_mh.c: ip_vs_mh_init_svc). */
const KEY_1 = 0x9e3779b1;
const KEY_2 = 0x9e37a52c;

/** The slot of a 32-bit number. */
const slotOf = (value: number): number => (hsiphash(value, KEY_1) >>> 0) % SLOTS;
const skipOf = (value: number): number => ((hsiphash(value, KEY_2) >>> 0) % (SLOTS - 1)) + 1;

/** A server on its way through the slots in its own order: `position`, `position + skip`, ... */
interface Contender {
  readonly destination: Destination;
  position: number;
  readonly skip: number;
  /** How many slots it takes per round. */
  readonly turns: number;
}

function contendersOf(service: Service): Contender[] {
  // The last weight that was not 0 counts: a quiesced server keeps its slots, so that its clients come back to it.
  const weights = service.destinations.map(({ lastWeight }) => lastWeight);
  const divisor = weights.reduce((divisor, weight) => greatestCommonDivisor(weight, divisor), 0) || 1;
  const bits = 32 - Math.clz32(weights.reduce((most, weight) => Math.max(most, weight), 0) / divisor);
  const shift = Math.max(0, bits - WEIGHT_BITS);
  return service.destinations
    .filter(({ lastWeight }) => lastWeight > 0)
    .map((destination) => {
      const name = addressFold(destination.address, service.family) + destination.port;
      return {
        destination,
        position: slotOf(name),
        skip: skipOf(name),
        turns: (destination.lastWeight / divisor) >> shift || 1,
      };
    });
}

/** The contenders take free slots in rounds until none is left (ip_vs_mh_populate). */
function populate(contenders: readonly Contender[]): (Destination | undefined)[] {
  const slots = new Array<Destination | undefined>(SLOTS).fill(undefined);
  let free = contenders.length === 0 ? 0 : SLOTS;
  while (free > 0) {
    for (const contender of contenders) {
      for (let turn = 0; turn < contender.turns && free > 0; turn++, free--) {
        while (slots[contender.position] !== undefined) {
          contender.position = (contender.position + contender.skip) % SLOTS;
        }
        slots[contender.position] = contender.destination;
      }
    }
  }
  return slots;
}

/** @ipvs #Y schedulers "mh: Maglev table, 4093 slots; quiesced servers keep theirs; flags mh-fallback, mh-port" */
class MaglevHashing implements Scheduler {
  readonly name = "mh";
  readonly #service: Service;
  #slots: readonly (Destination | undefined)[] = [];

  constructor(service: Service) {
    this.#service = service;
    this.#rebuild();
  }

  schedule(key: PacketKey): Destination | undefined {
    const client = clientOf(this.#service, key);
    const slot = slotOf(client);
    const destination = this.#slots[slot];
    if (destination === undefined || usable(destination)) return destination;
    return fallsBack(this.#service) ? this.#searchFrom(client, slot) : undefined;
  }

  /** Hashes the client anew with each slot's number added, beginning with its own (ip_vs_mh_get_fallback). */
  #searchFrom(client: number, slot: number): Destination | undefined {
    for (let step = 0; step < SLOTS; step++) {
      const destination = this.#slots[slotOf(client + ((slot + step) % SLOTS))];
      if (destination === undefined || usable(destination)) return destination;
    }
    return undefined;
  }

  destinationAdded(): void {
    this.#rebuild();
  }

  destinationUpdated(): void {
    this.#rebuild();
  }

  destinationRemoved(): void {
    this.#rebuild();
  }

  /** More servers than slots are refused: the table stays as it is. */
  #rebuild(): void {
    if (this.#service.destinations.length <= SLOTS) this.#slots = populate(contendersOf(this.#service));
  }

  ownerOf(key: PacketKey): Destination | undefined {
    return this.#slots[slotOf(clientOf(this.#service, key))];
  }

  describeDestination(destination: Destination, key: PacketKey): string {
    const slot = slotOf(clientOf(this.#service, key));
    return refusal(destination) ?? describeShare(this.#slots, destination, slot, "slot");
  }
}

export const mh: SchedulerFactory = (service) => new MaglevHashing(service);
