/** The persistence engines of a virtual server, by the kernel module that brings each. Mirrors net/netfilter/ipvs/ip_vs_pe.c. */
import type { ModuleLine } from "../modules.ts";
import type { Service } from "../service.ts";
import type { PersistenceEngine } from "./engine.ts";
import { sip } from "./sip.ts";

export const ENGINES: Readonly<Record<string, PersistenceEngine>> = {
  ip_vs_pe_sip: sip,
};

export class Engines {
  readonly #present: readonly PersistenceEngine[];
  readonly #loaded = new Set<PersistenceEngine>();
  /** Whether a real server's packet of no connection may open one (conn_out_counter). */
  opensFromServers = false;

  /** Loads the engines that these modules bring; if nothing is said, all are there, and loaded as soon as a service names one. */
  constructor(modules: readonly ModuleLine[] | undefined) {
    this.#present = modules?.flatMap(({ name }) => ENGINES[name] ?? []) ?? Object.values(ENGINES);
    if (modules !== undefined) for (const engine of this.#present) this.#loaded.add(engine);
  }

  /** The engine of this name, if it is there or can be loaded (ip_vs_pe_getbyname). */
  find(name: string): PersistenceEngine | undefined {
    return this.#present.find((engine) => engine.name === name);
  }

  /** The same, but none is loaded for this (__ip_vs_pe_getbyname). */
  findLoaded(name: string): PersistenceEngine | undefined {
    const engine = this.find(name);
    return engine !== undefined && this.#loaded.has(engine) ? engine : undefined;
  }

  /** The same as `find`, and it is loaded from now on. */
  load(name: string): PersistenceEngine | undefined {
    const engine = this.find(name);
    if (engine !== undefined) this.#loaded.add(engine);
    return engine;
  }

  /** Services came, went or were edited. */
  noteServices(services: readonly Service[]): void {
    this.opensFromServers = services.some(
      ({ persistenceEngine }) => this.find(persistenceEngine)?.takesServersPackets === true,
    );
  }
}
