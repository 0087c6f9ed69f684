/** What is to be watched: a forwarding method, its service, its hosts, and what is wrong with them. */
import { SCHEDULER_NAMES } from "../../../core/ipvs/schedulers/schedulers.ts";
import { FAULT_NAMES, type Fault, type FaultName, faultsOf } from "../../../core/simulator/faults.ts";
import { MODES, type Mode } from "../../../core/simulator/layout.ts";
import type { TopologyOptions } from "../../../core/simulator/topologies.ts";
import { SYNC_CHOICES, type SyncChoice } from "../../../core/simulator/two-directors.ts";
import { AF_INET, AF_INET6, type Family } from "../../../core/wire/address.ts";

export interface Setup {
  readonly mode: Mode;
  /** Addresses of this family, where the mode has both. */
  readonly family: Family;
  readonly scheduler: string;
  /** Of each real server; as many as there are servers. */
  readonly weights: readonly number[];
  readonly clients: number;
  /** Two of which one takes over from the other. */
  readonly directors: 1 | 2;
  /** How two directors tell each other of connections. */
  readonly sync: SyncChoice;
  /** The persistence timeout; 0 for none. */
  readonly persistentSeconds: number;
  /** Of the route from the director to the servers. */
  readonly mtu: number;
  /** Switched on, in whatever mode they show. */
  readonly faults: readonly FaultName[];
}

export const MOST_SERVERS = 8;
export const MOST_CLIENTS = 6;
export const MOST_WEIGHT = 65535;
export const MTUS: readonly number[] = [1500, 1480, 1400, 1280, 576];
/** Of a link that carries IPv6 (RFC 8200, section 5). */
const LEAST_IPV6_MTU = 1280;
export const TIMEOUTS: readonly number[] = [0, 10, 60, 360];

export const FIRST_SETUP: Setup = {
  mode: "nat",
  family: AF_INET,
  scheduler: "rr",
  weights: [1, 1],
  clients: 1,
  directors: 1,
  sync: "prompt",
  persistentSeconds: 0,
  mtu: 1500,
  faults: [],
};

/** The faults that show in a mode; with two directors none does. */
export const faultsIn = (setup: Setup, mode: Mode): Fault[] =>
  setup.directors === 2 ? [] : faultsOf(mode, setup.family).filter(({ name }) => setup.faults.includes(name));

/** For buildTopology. Nothing is asked for that is so by default, so that the network is the one of `tapvs explain`. */
export function topologyOptions(setup: Setup): TopologyOptions {
  const { family, scheduler, weights, clients, directors, sync, persistentSeconds, mtu, mode } = setup;
  return {
    family,
    servers: weights.length,
    scheduler,
    clients,
    mtu: family === AF_INET ? mtu : Math.max(LEAST_IPV6_MTU, mtu),
    faults: faultsIn(setup, mode).map(({ name }) => name),
    ...(directors === 2 && { directors, sync }),
    ...(weights.some((weight) => weight !== 1) && { weights }),
    ...(persistentSeconds > 0 && { persistentSeconds }),
  };
}

const within = (value: number, least: number, most: number): number =>
  Number.isFinite(value) ? Math.min(most, Math.max(least, Math.round(value))) : least;

/** The nearest setup that can be built, whatever a form or a link says. */
export function soundSetup(wish: Partial<Setup>): Setup {
  const given = { ...FIRST_SETUP, ...wish };
  const weights = given.weights.slice(0, MOST_SERVERS).map((weight) => within(weight, 0, MOST_WEIGHT));
  return {
    mode: MODES.includes(given.mode) ? given.mode : FIRST_SETUP.mode,
    family: given.family === AF_INET6 ? AF_INET6 : AF_INET,
    scheduler: SCHEDULER_NAMES.includes(given.scheduler) ? given.scheduler : FIRST_SETUP.scheduler,
    weights: weights.length === 0 ? FIRST_SETUP.weights : weights,
    clients: within(given.clients, 1, MOST_CLIENTS),
    directors: given.directors === 2 ? 2 : 1,
    sync: SYNC_CHOICES.find((choice) => choice === given.sync) ?? FIRST_SETUP.sync,
    persistentSeconds: within(given.persistentSeconds, 0, 86_400),
    mtu: within(given.mtu, 68, 65_535),
    faults: FAULT_NAMES.filter((name) => given.faults.includes(name)),
  };
}

/** The same weights for another number of servers; new ones weigh 1. */
export const weightsFor = (weights: readonly number[], servers: number): number[] =>
  Array.from({ length: within(servers, 1, MOST_SERVERS) }, (_, index) => weights[index] ?? 1);
