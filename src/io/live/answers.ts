/** The main thread's requests, done by the director. */

import { readFileSync } from "node:fs";
import type { ControlEnvironment, Outcome } from "../../core/control/environment.ts";
import { runIpvsadm } from "../../core/control/interpreter.ts";
import { listingJson } from "../../core/control/json.ts";
import { type Names, namesFrom } from "../../core/control/names.ts";
import { procFile } from "../../core/control/proc.ts";
import { runIpvsadmRestore, runIpvsadmSave } from "../../core/control/wrappers.ts";
import type { HostConfig } from "../../core/host/config/config.ts";
import { obstacle, reconfigure } from "../../core/host/config/reconfigure.ts";
import { hostConfigValues } from "../../core/host/config/writer.ts";
import type { Director } from "../../core/host/director.ts";
import { addressesNow, announceNew } from "../../core/host/neighbors/announce.ts";
import { sysctlNames, sysctlValue } from "../../core/host/sysctls.ts";
import { runHostProgram } from "../../core/host-programs/programs.ts";
import { ControlError } from "../../core/ipvs/control-error.ts";
import { type Restored, restoreSnapshot } from "../../core/ipvs/sync/restoration.ts";
import { takeSnapshot } from "../../core/ipvs/sync/snapshot.ts";
import { directorMetrics } from "../../core/metrics/director-metrics.ts";
import { answerDatagram } from "../../core/netlink/answer.ts";
import { verdictName } from "../../core/trace/verdict.ts";
import { systemError } from "../system-error.ts";
import type { Dataplane } from "./dataplane.ts";
import { findServer, type HeldServers } from "./held-servers.ts";
import type { Answers, DirectorRequest, DirectorStatus, ReloadOutcome, Target } from "./messages.ts";
import { Refusal } from "./refusal.ts";
import { routerFigures } from "./router-figures.ts";
import { applyGoodRules, applyRules, stateText, triedAddressesOf } from "./rule-set.ts";
import { handOver, imageOf, takeOver } from "./succession.ts";

/** Rows that are written down between two rounds of frames: some milliseconds' worth. */
const ROWS_A_ROUND = 4096;

type RequestKind = DirectorRequest["kind"];

/** A request of one kind, or of any. */
type RequestOf<Kind extends RequestKind = RequestKind> = {
  readonly [K in Kind]: Extract<DirectorRequest, { readonly kind: K }>;
}[Kind];

type Answerers = {
  readonly [Kind in RequestKind]: (dataplane: Dataplane, request: RequestOf<Kind>) => Answers[Kind];
};

/** Who answers what. A kind of request without its answer does not compile. */
const ANSWERERS: Answerers = {
  ipvsadm,
  netlink: ({ director: { server } }, { datagram, capped }) => answerDatagram(datagram, { server, capped }),
  listing: ({ director }, { listing }) => listingJson(listing, director.server),
  proc: ({ director }, { names }) => names.map((name) => procFile(name, director.server)),
  status: statusOf,
  metrics: (dataplane) => directorMetrics(dataplane.director.server, statusOf(dataplane)),
  state: ({ director, held }) => stateText(director.server, held),
  snapshot: ({ director: { server } }, { from }) => ({
    ...takeSnapshot(server.connections, from, ROWS_A_ROUND),
    hz: server.ticks.hz,
  }),
  restore,
  host: hostProgram,
  switches: ({ director }) => sysctlNames(director).map((name) => [name, sysctlValue(director, name) ?? ""]),
  sysctl: ({ director }, { name, value }) => director.setSysctl(name, value),
  reload,
  image: ({ director, held }) => imageOf(director, stateText(director.server, held)),
  "hand-over": handOver,
  "take-over": (dataplane, { handed }) => takeOver(dataplane, handed),
  begin: (dataplane) => {
    dataplane.begin();
    // Neighbors may know the addresses elsewhere: of another director, or of this one with another MAC address.
    announceNew(dataplane.director);
    return undefined;
  },
  explain: (dataplane, { filters }) => {
    dataplane.explainTo(filters);
    return undefined;
  },
  link: ({ director }, { name, isUp }) => {
    director.vrrp.linkChanged(director.ifindexOf(name), isUp);
    return undefined;
  },
  stop: (dataplane) => {
    // Who has handed over gives nothing up.
    if (dataplane.begun) dataplane.director.vrrp.stop();
    dataplane.stopping = true;
    return undefined;
  },
  targets: (dataplane, request) => {
    dataplane.held.prune();
    return targetsOf(dataplane, request);
  },
  "take-out": ({ held }, { service, server, how }) => changed(held, () => held.takeOut(service, server, how)),
  "put-back": ({ held }, { service, server }) => changed(held, () => held.putBack(service, server)),
  "stand-in": ({ held }, { service, server, options }) =>
    changed(held, () => held.letStandIn(service, server, options)),
  "send-home": ({ held }, { service, server }) => changed(held, () => held.sendHome(service, server)),
};

/** The answer of the kind that Answers names. Throws Refusal. */
export const answerRequest = <Kind extends RequestKind>(
  dataplane: Dataplane,
  request: RequestOf<Kind>,
): Answers[Kind] => ANSWERERS[request.kind](dataplane, request);

/** Whether a change for the sake of a server's health changed anything. */
function changed(held: HeldServers, change: () => boolean): boolean {
  held.prune();
  try {
    return change();
  } catch (error) {
    if (error instanceof ControlError) throw new Refusal(error.message);
    throw error;
  }
}

function restore({ director }: Dataplane, { snapshot: { bytes, hz, taken } }: RequestOf<"restore">): Restored {
  return restoreSnapshot(director.server, bytes, { hz, elapsed: Date.now() * 1000 - taken });
}

/** Servers in the table but for a sorry server, and those that were removed. */
function targetsOf({ director, held }: Dataplane, { service: key }: RequestOf<"targets">): Target[] | undefined {
  const service = director.server.services.find(key);
  if (service === undefined) return undefined;
  const present = service.destinations
    .filter((destination) => !held.isSorry(service, destination))
    .map(({ address, port, weight }) => ({
      address,
      port,
      weight,
      out: held.find(key, { address, port }) !== undefined,
    }));
  const removed = held
    .removedOf(key)
    .filter((server) => findServer(service, server) === undefined)
    .map(({ address, port }) => ({ address, port, weight: 0, out: true }));
  return [...present, ...removed];
}

function ipvsadm(dataplane: Dataplane, { words, stdin, programName = "ipvsadm" }: RequestOf<"ipvsadm">): Outcome {
  const environment: ControlEnvironment = {
    server: dataplane.director.server,
    names: machineNames(),
    programName,
    ...(stdin !== undefined && { stdin }),
  };
  if (programName === "ipvsadm-save") return runIpvsadmSave(words, environment);
  if (programName === "ipvsadm-restore") return runIpvsadmRestore(environment);
  return runIpvsadm(words, environment);
}

function hostProgram({ director, ports }: Dataplane, { program, words, files }: RequestOf<"host">): Outcome {
  const outcome = runHostProgram(program, words, {
    director,
    traffic: (dev) => ports.list.find(({ name }) => name === dev),
    files: (name) => files[name],
    reconfigure: (config) => {
      const before = addressesNow(director);
      reconfigure(director, config);
      announceNew(director, before);
    },
  });
  if (outcome === undefined) throw new Refusal(`no such program: ${program}`);
  return outcome;
}

let known: Names | undefined;

/**
 * Names of hosts and ports as the machine's files have them, read once.
 * differs: ipvsadm also asks the DNS; here nobody is asked while packets wait.
 */
function machineNames(): Names {
  known ??= namesFrom({ ...textOf("hosts"), ...textOf("services") });
  return known;
}

function textOf(name: "hosts" | "services"): { readonly [key in typeof name]?: string } {
  try {
    return { [name]: readFileSync(`/etc/${name}`, "utf8") };
  } catch (error) {
    if (systemError(error) === undefined) throw error;
    return {};
  }
}

/** The host first, because rules may name its new addresses. */
function reload(dataplane: Dataplane, { host, rules, good }: RequestOf<"reload">): ReloadOutcome {
  const { director, held, setup } = dataplane;
  known = undefined;
  const why = obstacle(setup.host, host);
  if (why === undefined) {
    const before = addressesNow(director);
    director.vrrp.configure(host.ha);
    reconfigure(director, host);
    dataplane.read = host;
    if (dataplane.begun) announceNew(director, before);
  }
  const apply = good === true ? applyGoodRules : applyRules;
  const refused = apply(director.server, held, rules, triedAddressesOf(director));
  return { refused, ...(why !== undefined && { obstacle: why }) };
}

function statusOf({ director, ports, rounds, read }: Dataplane): DirectorStatus {
  const { interfaces, routes } = hostConfigValues(director.config);
  const services = director.server.services.list();
  const verdicts = Array.from(director.counts, (count, verdict) => [verdictName(verdict), count] as const);
  return {
    ports: ports.list.map(({ name, received, sent, receivedBytes, sentBytes, sendErrors }) => ({
      name,
      received,
      sent,
      receivedBytes,
      sentBytes,
      sendErrors,
    })),
    calls: ports.calls,
    addresses: Object.fromEntries(interfaces.map(({ name, addresses }) => [name, addresses])),
    routes: routes.map(({ to, via, dev }) => `${to}${via ? ` via ${via}` : ""}${dev ? ` dev ${dev}` : ""}`),
    changedByHand: isChangedByHand(director, read),
    ha: routerFigures(director),
    services: services.length,
    destinations: services.reduce((sum, { destinations }) => sum + destinations.length, 0),
    connections: director.server.connections.table.rows.count,
    verdicts: Object.fromEntries(verdicts.filter(([, count]) => count > 0)),
    rounds,
  };
}

/** Addresses of virtual routers come and go without anybody's hand. */
function isChangedByHand({ config, vrrp }: Director, read: HostConfig): boolean {
  const text = (one: HostConfig): string => JSON.stringify(hostConfigValues(vrrp.own(one)));
  return config !== read && text(config) !== text(read);
}
