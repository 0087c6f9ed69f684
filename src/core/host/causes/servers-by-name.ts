/** The real servers of all services by the name that events have for them; put together anew when a command has changed them. */
import { type Destination, describeDestination } from "../../ipvs/destination.ts";
import type { VirtualServer } from "../../ipvs/virtual-server.ts";

export class ServersByName {
  readonly #server: VirtualServer;
  #revision = -1;
  #all: readonly Destination[] = [];
  readonly #byName = new Map<string, Destination>();
  /** Who was asked for last: several ask for the server of one packet. */
  #name = "";
  #named: Destination | undefined = undefined;

  constructor(server: VirtualServer) {
    this.#server = server;
  }

  /** In the order of their services. */
  get all(): readonly Destination[] {
    this.#renew();
    return this.#all;
  }

  /** Of several of one name, as of several services, the first. */
  called(name: string): Destination | undefined {
    this.#renew();
    if (name !== this.#name) {
      this.#name = name;
      this.#named = this.#byName.get(name);
    }
    return this.#named;
  }

  #renew(): void {
    const { revision } = this.#server.changes;
    if (revision === this.#revision) return;
    this.#revision = revision;
    this.#all = this.#server.services.list().flatMap(({ destinations }) => destinations);
    this.#name = "";
    this.#named = undefined;
    this.#byName.clear();
    for (const destination of this.#all.toReversed()) this.#byName.set(describeDestination(destination), destination);
  }
}
