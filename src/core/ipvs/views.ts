/** Connections, methods and candidates as events show them to whoever listens. */
import type { Candidate, ConnectionView } from "../trace/events.ts";
import type { Frame } from "../wire/frame.ts";
import { NONE, type Row, TEMPLATE } from "./connection-rows.ts";
import type { Connections } from "./connections.ts";
import type { DataPath } from "./data-path.ts";
import { describeDestination } from "./destination.ts";
import { stateName } from "./protocols/protocols.ts";
import type { PacketKey } from "./schedulers/scheduler.ts";
import type { Service } from "./service.ts";
import { TEMPLATE_STATE_NAMES } from "./templates.ts";

/** The name of an entry's state, as `ipvsadm -Lc` shows it. */
export function stateOf(connections: Connections, row: Row): string {
  const { rows } = connections.table;
  const state = rows.state(row);
  if ((rows.flags(row) & TEMPLATE) !== 0) return TEMPLATE_STATE_NAMES[state] ?? "ERR!";
  return stateName(rows.protocol(row), state);
}

/** Whose packet it is that belongs to a connection's answers: a real server's, or the director's own. */
export const answerOf = (frame: Frame): "answer" | "own" => (frame.ifindex < 0 ? "own" : "answer");

/** A connection as events show it. */
export function viewConnection({ server, shown }: DataPath, row: Row): ConnectionView {
  const { connections } = server;
  const { rows } = connections.table;
  return {
    protocol: rows.protocol(row),
    clientAddress: shown.address(rows.clientAddress(row)),
    clientPort: rows.clientPort(row),
    virtualAddress: shown.address(rows.virtualAddress(row)),
    virtualPort: rows.virtualPort(row),
    destinationAddress: shown.address(rows.destinationAddress(row)),
    destinationPort: rows.destinationPort(row),
    localAddress: rows.localIndex(row) === NONE ? undefined : shown.address(rows.localAddress(row)),
    localPort: rows.localPort(row),
    state: stateOf(connections, row),
    secondsLeft: connections.timers.secondsLeft(row),
    template: (rows.flags(row) & TEMPLATE) !== 0,
  };
}

/** Tells the trace by which method a packet goes to which real server. */
export function noteMethod({ server, shown, shared, trace }: DataPath, row: Row): void {
  const { connections } = server;
  const { rows } = connections.table;
  // As the connection has it: it may be bound to no real server, and a real server that takes every port has port 0.
  const address = rows.destinationAddress(row);
  const destination = shown.endpoint(address, rows.destinationPort(row));
  trace?.add(shared.method(connections.methodOf(row).name, destination, address));
}

/** Every destination with what the scheduler compares, for an event. */
export function viewCandidates(service: Service, key: PacketKey): Candidate[] {
  return service.destinations.map((destination) => ({
    destination: describeDestination(destination),
    weight: destination.weight,
    active: destination.activeConnections,
    inactive: destination.inactiveConnections,
    overloaded: destination.overloaded,
    numbers: service.scheduler?.describeDestination?.(destination, key) ?? "",
  }));
}
