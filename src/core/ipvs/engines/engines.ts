/** The persistence engines by the kernel module that brings each. */
import type { ModuleLine } from "../modules.ts";
import type { PersistenceEngine } from "./engine.ts";
import { sip } from "./sip.ts";

export const ENGINES: Readonly<Record<string, PersistenceEngine>> = {
  ip_vs_pe_sip: sip,
};

/** The engines that these modules bring; all of them if nothing is said: the kernel loads one when a service names it. */
export const enginesOf = (modules: readonly ModuleLine[] | undefined): readonly PersistenceEngine[] =>
  modules === undefined ? Object.values(ENGINES) : modules.flatMap(({ name }) => ENGINES[name] ?? []);
