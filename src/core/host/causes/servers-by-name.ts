/** The real servers of all services by the name that events have for them; put together anew when a command has changed them. */
import { type Destination, describeDestination } from "../../ipvs/destination.ts";
import type { Service } from "../../ipvs/service.ts";
import type { VirtualServer } from "../../ipvs/virtual-server.ts";

export class ServersByName {
  readonly #server: VirtualServer;
  #revision = -1;
  #all: readonly Destination[] = [];
  readonly #byName = new Map<string, Destination[]>();
  /** Who was asked for last: several ask for the server of one packet. */
  #name = "";
  #service: Service | undefined = undefined;
  #named: Destination | undefined = undefined;

  constructor(server: VirtualServer) {
    this.#server = server;
  }

  /** In the order of their services. */
  get all(): readonly Destination[] {
    this.#renew();
    return this.#all;
  }

  /** Of several of one name, as of several services, that of this service; without a service, the first. */
  called(name: string, service: Service | undefined): Destination | undefined {
    this.#renew();
    if (name !== this.#name || service !== this.#service) {
      this.#name = name;
      this.#service = service;
      this.#named = this.#find(name, service);
    }
    return this.#named;
  }

  #find(name: string, service: Service | undefined): Destination | undefined {
    if (service === undefined) return this.#byName.get(name)?.[0];
    const own = this.#of(name, service);
    // Where a service takes many ports, its servers have none of their own.
    return own ?? (service.port === 0 ? this.#of(`${name.slice(0, name.lastIndexOf(":"))}:0`, service) : undefined);
  }

  #of(name: string, service: Service): Destination | undefined {
    return this.#byName.get(name)?.find((destination) => destination.service === service);
  }

  #renew(): void {
    const { revision } = this.#server.changes;
    if (revision === this.#revision) return;
    this.#revision = revision;
    this.#all = this.#server.services.list().flatMap(({ destinations }) => destinations);
    this.#name = "";
    this.#named = undefined;
    this.#byName.clear();
    for (const destination of this.#all) {
      const name = describeDestination(destination);
      const alike = this.#byName.get(name);
      if (alike === undefined) this.#byName.set(name, [destination]);
      else alike.push(destination);
    }
  }
}
