/** The main thread's requests, done by the director. */

import { readFileSync } from "node:fs";
import type { ControlEnvironment, Outcome } from "../../core/control/environment.ts";
import { runIpvsadm } from "../../core/control/interpreter.ts";
import { listingJson } from "../../core/control/json.ts";
import { type Names, namesFrom } from "../../core/control/names.ts";
import { procFile } from "../../core/control/proc.ts";
import { runIpvsadmRestore, runIpvsadmSave } from "../../core/control/wrappers.ts";
import { hostConfigValues } from "../../core/host/config-writer.ts";
import { obstacle, reconfigure } from "../../core/host/reconfigure.ts";
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
import { findServer } from "./held-servers.ts";
import type { Answers, DirectorRequest, DirectorStatus, ReloadOutcome, Target } from "./messages.ts";
import { Refusal } from "./refusal.ts";
import { applyGoodRules, applyRules, stateText } from "./rule-set.ts";
import { handOver, imageOf, takeOver } from "./succession.ts";

/** Rows that are written down between two rounds of frames: some milliseconds' worth. */
const ROWS_A_ROUND = 4096;

type RequestOf<Kind extends DirectorRequest["kind"]> = Extract<DirectorRequest, { readonly kind: Kind }>;

/** The answer of the kind that Answers names. Throws Refusal. */
export function answerRequest(dataplane: Dataplane, request: DirectorRequest): Answers[keyof Answers] {
  const { director, held } = dataplane;
  const { server } = director;
  switch (request.kind) {
    case "ipvsadm":
      return ipvsadm(dataplane, request);
    case "netlink":
      return answerDatagram(request.datagram, { server, capped: request.capped });
    case "listing":
      return listingJson(request.listing, server);
    case "proc":
      return request.names.map((name) => procFile(name, server));
    case "status":
      return statusOf(dataplane);
    case "metrics":
      return directorMetrics(server, statusOf(dataplane));
    case "state":
      return stateText(server, held);
    case "snapshot":
      return { ...takeSnapshot(server.connections, request.from, ROWS_A_ROUND), hz: server.ticks.hz };
    case "restore":
      return restore(dataplane, request);
    case "host":
      return hostProgram(dataplane, request);
    case "switches":
      return sysctlNames(director).map((name) => [name, sysctlValue(director, name) ?? ""]);
    case "sysctl":
      return director.setSysctl(request.name, request.value);
    case "reload":
      return reload(dataplane, request);
    case "image":
      return imageOf(director, stateText(server, held));
    case "hand-over":
      return handOver(dataplane);
    case "take-over":
      return takeOver(dataplane, request.handed);
    case "begin":
      dataplane.begin();
      return undefined;
    case "explain":
      dataplane.explainTo(request.filters);
      return undefined;
    case "stop":
      dataplane.stopping = true;
      return undefined;
    default:
      return answerHealth(dataplane, request);
  }
}

function restore({ director }: Dataplane, { snapshot: { bytes, hz, taken } }: RequestOf<"restore">): Restored {
  return restoreSnapshot(director.server, bytes, { hz, elapsed: Date.now() * 1000 - taken });
}

type HealthRequest = RequestOf<"targets" | "take-out" | "put-back" | "stand-in" | "send-home">;

function answerHealth(dataplane: Dataplane, request: HealthRequest): Answers[HealthRequest["kind"]] {
  const { held } = dataplane;
  held.prune();
  if (request.kind === "targets") return targetsOf(dataplane, request);
  try {
    switch (request.kind) {
      case "take-out":
        return held.takeOut(request.service, request.server, request.how);
      case "put-back":
        return held.putBack(request.service, request.server);
      case "stand-in":
        return held.letStandIn(request.service, request.server, request.options);
      case "send-home":
        return held.sendHome(request.service, request.server);
    }
  } catch (error) {
    if (error instanceof ControlError) throw new Refusal(error.message);
    throw error;
  }
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
    reconfigure: (config) => reconfigure(director, config),
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
    reconfigure(director, host);
    dataplane.read = host;
  }
  const apply = good === true ? applyGoodRules : applyRules;
  const refused = apply(director.server, held, rules, dataplane.hostAddresses);
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
    addresses: Object.fromEntries(interfaces.map(({ name, addresses }) => [name, addresses])),
    routes: routes.map(({ to, via, dev }) => `${to}${via ? ` via ${via}` : ""}${dev ? ` dev ${dev}` : ""}`),
    changedByHand: director.config !== read,
    services: services.length,
    destinations: services.reduce((sum, { destinations }) => sum + destinations.length, 0),
    connections: director.server.connections.table.rows.count,
    verdicts: Object.fromEntries(verdicts.filter(([, count]) => count > 0)),
    rounds,
  };
}
