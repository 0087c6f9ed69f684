/**
 * Real servers that health checks have taken out of service, and what they are to be when they come back. Kept beside the
 * table, so that a state file or a reload sees what people configured, not what a check made of it for a while.
 */
import { ControlError } from "../../core/ipvs/control-error.ts";
import type { Destination, DestinationOptions } from "../../core/ipvs/destination.ts";
import { describeService, type Service, type ServiceKey } from "../../core/ipvs/service.ts";
import type { VirtualServer } from "../../core/ipvs/virtual-server.ts";
import { formatAddress, sameAddress } from "../../core/wire/address.ts";
import type { FailureAction } from "../config/live.ts";
import type { ServerEnd } from "./messages.ts";

/** A server out of service: still in the table with weight 0, or not in it at all. */
export interface HeldServer extends ServerEnd {
  readonly service: ServiceKey;
  readonly how: FailureAction;
  /** What it goes back to. */
  readonly options: DestinationOptions;
}

export const endText = ({ address, port }: ServerEnd): string => `${formatAddress(address)} ${port}`;

const keyOf = (service: ServiceKey, server: ServerEnd): string => `${describeService(service)} ${endText(server)}`;

export const findServer = (service: Service | undefined, { address, port }: ServerEnd): Destination | undefined =>
  service?.destinations.find((other) => other.port === port && sameAddress(other.address, address));

export const optionsOf = (destination: Destination): DestinationOptions => ({
  forwarding: destination.forwarding,
  weight: destination.weight,
  upperThreshold: destination.upperThreshold,
  lowerThreshold: destination.lowerThreshold,
  tunnelType: destination.tunnelType,
  tunnelPort: destination.tunnelPort,
  tunnelFlags: destination.tunnelFlags,
});

export class HeldServers {
  readonly #server: VirtualServer;
  readonly #held = new Map<string, HeldServer>();
  /** Sorry servers that stand in now. */
  readonly #sorry = new Set<string>();

  constructor(server: VirtualServer) {
    this.#server = server;
  }

  list(): HeldServer[] {
    return [...this.#held.values()];
  }

  find(service: ServiceKey, server: ServerEnd): HeldServer | undefined {
    return this.#held.get(keyOf(service, server));
  }

  isSorry(service: ServiceKey, server: ServerEnd): boolean {
    return this.#sorry.has(keyOf(service, server));
  }

  /** Those of a service that are not in the table. */
  removedOf(service: ServiceKey): HeldServer[] {
    const name = describeService(service);
    return [...this.#held.values()].filter((held) => held.how === "remove" && describeService(held.service) === name);
  }

  /** Takes a server out, or sees to it that it stays out although somebody gave it a weight; false if there is none. */
  takeOut(key: ServiceKey, server: ServerEnd, how: FailureAction): boolean {
    const destination = findServer(this.#server.services.find(key), server);
    if (destination === undefined) return false;
    const held = this.find(key, server);
    const options = optionsOf(destination);
    // Weight 0 is what we set: then what was remembered stands.
    const back = held !== undefined && options.weight === 0 ? held.options : options;
    this.#held.set(keyOf(key, server), { service: key, ...server, how, options: back });
    if (how === "remove") this.#server.destinations.delete(key, server.address, server.port);
    else if (options.weight !== 0)
      this.#server.destinations.edit(key, server.address, server.port, { ...options, weight: 0 });
    return true;
  }

  /** Gives a server back what it had; false if it was not out, or is gone for good. */
  putBack(key: ServiceKey, server: ServerEnd): boolean {
    const held = this.find(key, server);
    this.forget(key, server);
    const service = this.#server.services.find(key);
    if (held === undefined || service === undefined) return false;
    const present = findServer(service, server);
    if (present !== undefined) {
      const weight = present.weight === 0 ? held.options.weight : present.weight;
      this.#server.destinations.edit(key, server.address, server.port, { ...optionsOf(present), weight });
    } else if (held.how === "remove") {
      this.#server.destinations.add(key, server.address, server.port, held.options);
    } else return false;
    return true;
  }

  /** Remembers that a server comes back as something else. */
  remember(key: ServiceKey, server: ServerEnd, options: DestinationOptions): void {
    const held = this.find(key, server);
    if (held !== undefined) this.#held.set(keyOf(key, server), { ...held, options });
  }

  forget(key: ServiceKey, server: ServerEnd): void {
    this.#held.delete(keyOf(key, server));
  }

  /** Forgets servers that people have deleted meanwhile. */
  prune(): void {
    for (const [name, held] of this.#held) {
      const service = this.#server.services.find(held.service);
      const gone = service === undefined || (held.how === "quiesce" && findServer(service, held) === undefined);
      if (gone) this.#held.delete(name);
    }
    for (const name of this.#sorry) {
      const stands = this.#server.services
        .list()
        .some((service) => service.destinations.some((destination) => keyOf(service, destination) === name));
      if (!stands) this.#sorry.delete(name);
    }
  }

  /** Lets the sorry server stand in; false if it is in the table already. Throws ControlError for an address that cannot be one. */
  letStandIn(key: ServiceKey, server: ServerEnd, options: DestinationOptions): boolean {
    const service = this.#server.services.find(key);
    if (service === undefined || findServer(service, server) !== undefined) return false;
    this.#server.destinations.add(key, server.address, server.port, options);
    this.#sorry.add(keyOf(key, server));
    return true;
  }

  /** Sends the sorry server home; false if it does not stand in. */
  sendHome(key: ServiceKey, server: ServerEnd): boolean {
    if (!this.#sorry.delete(keyOf(key, server))) return false;
    try {
      this.#server.destinations.delete(key, server.address, server.port);
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      return false;
    }
    return true;
  }

  /** What a server of the table was configured as. */
  configured(service: Service, destination: Destination): DestinationOptions {
    const held = this.find(service, destination);
    const options = optionsOf(destination);
    return held === undefined || options.weight !== 0 ? options : { ...options, weight: held.options.weight };
  }
}
