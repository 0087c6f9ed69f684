/** What a dataplane tells its successor, and what that makes of it. Frames wait in the devices meanwhile. */

import { amount } from "../../core/amount.ts";
import { REFUSALS } from "../../core/explain/sentences/sync-refusals.ts";
import { obstacle, reconfigure } from "../../core/host/config/reconfigure.ts";
import type { Director } from "../../core/host/director.ts";
import { PERMANENT, REACHABLE } from "../../core/host/neighbors/neighbor.ts";
import { sysctlNames, sysctlValue } from "../../core/host/sysctls.ts";
import { ControlError } from "../../core/ipvs/control-error.ts";
import { restoreSnapshot } from "../../core/ipvs/sync/restoration.ts";
import { takeSnapshot } from "../../core/ipvs/sync/snapshot.ts";
import { frameOf, keptFrame } from "../../core/wire/kept-frame.ts";
import type { Dataplane } from "./dataplane.ts";
import { countersOf, resumeCounters } from "./handed-counters.ts";
import type { ConnectionsAt, DirectorImage, Handed, HandedNeighbor, ParkedFrame } from "./messages.ts";
import { Refusal } from "./refusal.ts";
import { applyGoodRules, stateText, triedAddressesOf } from "./rule-set.ts";

/** Takes no more frames, and tells all. `begin` takes them again. */
export function handOver(dataplane: Dataplane): Handed {
  dataplane.pause();
  const { director, held, read } = dataplane;
  const { server } = director;
  return {
    host: director.vrrp.own(director.config),
    read,
    switches: switchesOf(director),
    rules: stateText(server, held).trimEnd().split("\n"),
    held: held.list(),
    daemons: server.daemons,
    routers: director.vrrp.standings,
    neighbors: neighborsOf(director),
    connections: connectionsOf(director),
    counters: countersOf(dataplane),
    fragments: director.fragments.waiting(),
    parked: parkedOf(director),
  };
}

/** All but the connections, which are many. Frames are taken as before. */
export function imageOf(director: Director, rules: string): DirectorImage {
  const {
    tracing: { history },
    server,
    config,
    now,
  } = director;
  return {
    host: config,
    switches: switchesOf(director),
    rules: rules.trimEnd().split("\n"),
    neighbors: neighborsOf(director),
    changes: server.changes.list(),
    past: history?.list() ?? [],
    now,
  };
}

const switchesOf = (director: Director): [string, string][] =>
  sysctlNames(director).map((name) => [name, sysctlValue(director, name) ?? ""]);

function neighborsOf({ neighbors, neighborsIpv6, addresses }: Director): HandedNeighbor[] {
  return [...neighbors.list(), ...neighborsIpv6.list()]
    .filter(({ state }) => state >= REACHABLE && state !== PERMANENT)
    .map(({ ifindex, address, mac }) => ({ ifindex, address: addresses.value(address), mac }));
}

function parkedOf({ neighbors, neighborsIpv6, addresses }: Director): ParkedFrame[] {
  return [...neighbors.list(), ...neighborsIpv6.list()].flatMap(({ ifindex, address, parked }) =>
    parked.map((frame) => ({ ifindex, address: addresses.value(address), frame: keptFrame(frame) })),
  );
}

/** The next hops are asked for anew. */
function parkAgain(director: Director, parked: readonly ParkedFrame[]): void {
  const { addresses, now } = director;
  for (const { ifindex, address, frame } of parked) {
    const handle = addresses.of(address);
    const table = director.neighborsOf(handle);
    const neighbor = table.of(ifindex, handle, now);
    if (neighbor !== undefined) table.park(neighbor, frameOf(frame, addresses), now);
  }
}

function connectionsOf({ server }: Director): ConnectionsAt {
  const { bytes } = takeSnapshot(server.connections, 0, Number.POSITIVE_INFINITY);
  return { bytes, hz: server.ticks.hz, taken: Date.now() * 1000 };
}

/** Goes on where the predecessor stopped, and takes frames. What could not be taken over, in words. Throws Refusal. */
export function takeOver(dataplane: Dataplane, handed: Handed): string[] {
  const { director, held, setup } = dataplane;
  const { server } = director;
  const why = obstacle(setup.host, handed.host);
  if (why !== undefined) throw new Refusal(`${why}: that needs a restart`);
  // Those of all interfaces first: they set each one's.
  const ofAll = handed.switches.filter(([name]) => name.includes(".all."));
  for (const [name, value] of [...ofAll, ...handed.switches]) {
    if (sysctlValue(director, name) !== value) director.setSysctl(name, value);
  }
  director.vrrp.configure(handed.host.ha);
  reconfigure(director, handed.host);
  dataplane.read = handed.read;
  const problems = applyGoodRules(server, held, handed.rules, triedAddressesOf(director)).map(({ message }) => message);
  for (const one of handed.held) held.takeOut(one.service, one, one.how);
  for (const daemon of handed.daemons) problems.push(...refusedBy(() => server.startDaemon(daemon)));
  meetNeighbors(director, handed.neighbors);
  const { bytes, hz, taken } = handed.connections;
  const elapsed = Date.now() * 1000 - taken;
  const { refused } = restoreSnapshot(server, bytes, { hz, elapsed });
  director.fragments.resume(handed.fragments, elapsed);
  parkAgain(director, handed.parked);
  resumeCounters(dataplane, handed.counters);
  for (const [reason, count] of refused) problems.push(`${amount(count, "connection")}: ${REFUSALS[reason]}`);
  director.vrrp.resume(handed.routers);
  dataplane.begin();
  return problems;
}

export function meetNeighbors(director: Director, neighbors: readonly HandedNeighbor[]): void {
  for (const { ifindex, address, mac } of neighbors) {
    const handle = director.addresses.of(address);
    const table = director.neighborsOf(handle);
    const neighbor = table.of(ifindex, handle, director.now);
    if (neighbor !== undefined) table.update(neighbor, { mac, state: REACHABLE, override: true }, director.now);
  }
}

function refusedBy(change: () => void): string[] {
  try {
    change();
    return [];
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    return [error.message];
  }
}
