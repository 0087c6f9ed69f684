/** What the packet path of IPVS works with: the tables, the host around it, and whoever listens. */

import type { Candidate, ConnectionView, Trace } from "../trace/events.ts";
import type { SharedEvents } from "../trace/shared-events.ts";
import type { ShownValues } from "../trace/shown-values.ts";
import type { Verdict } from "../trace/verdict.ts";
import type { AddressHandle } from "../wire/address-table.ts";
import type { Frame, InterfaceIndex } from "../wire/frame.ts";
import { NONE, type Row, TEMPLATE } from "./connection-rows.ts";
import type { Connections } from "./connections.ts";
import { type Destination, describeDestination } from "./destination.ts";
import { stateName } from "./protocols/protocols.ts";
import type { PacketKey } from "./schedulers/scheduler.ts";
import type { Scratch } from "./scratch.ts";
import type { Service } from "./service.ts";
import { TEMPLATE_STATE_NAMES } from "./templates.ts";
import type { VirtualServer } from "./virtual-server.ts";

/** Where a packet for some destination goes. */
export interface Route {
  /** The destination is one of the host's own addresses. */
  readonly local: boolean;
  /** Number of the outgoing interface. */
  readonly ifindex: InterfaceIndex;
  /** Next hop; NO_ADDRESS if the destination itself. */
  readonly gateway: AddressHandle;
  /** The address the host would send from; of IPv6 see `sourceTo`. */
  readonly source: AddressHandle;
  /** MTU of the outgoing interface. */
  readonly mtu: number;
}

/** What IPVS asks of the IP stack it runs in. Frames and addresses are borrowed. */
export interface IpStack {
  /** The route for a packet of the host's own; `undefined` if there is none. */
  routeTo(destination: AddressHandle): Route | undefined;
  /** The address that the host would send from to a destination by its route. */
  sourceTo(route: Route, destination: AddressHandle): AddressHandle;
  /** The route's MTU, or less where a path MTU was learnt. */
  pathMtu(route: Route, destination: AddressHandle): number;
  /** An ICMP "fragmentation needed" told of the path to a destination (net/ipv4/route.c: ipv4_update_pmtu). */
  learnPathMtu(destination: AddressHandle, mtu: number): void;
  /** Sends an ICMP error about the packet as it now stands; `rest` is the second word of the message. */
  sendError(frame: Frame, type: number, code: number, rest: number): void;
  /** The same, whatever the rate limit says. */
  sendUnlimitedError(frame: Frame, type: number, code: number, rest: number): void;
  /** Fragments where needed, resolves the next hop and sends. Answers with a verdict. */
  output(frame: Frame, route: Route, destination: AddressHandle, mtu: number): Verdict;
  /** A packet that the host itself originates, through LOCAL_OUT. */
  originate(frame: Frame): Verdict;
  /** An identification for a packet that the host originates and that may be fragmented. */
  identification(): number;
}

export interface DataPath {
  readonly server: VirtualServer;
  readonly host: IpStack;
  trace: Trace | undefined;
  /** What events of addresses consist of. */
  readonly shown: ShownValues;
  /** Events that many packets have in common. */
  readonly shared: SharedEvents;
  readonly scratch: Scratch;
  /** How many packets the drop_packet defence still lets pass. */
  dropCounter: number;
}

/** Which netfilter hook a packet is at. */
export const LOCAL_IN = 1;
export const FORWARD = 2;
export const LOCAL_OUT = 3;

/** Counts a packet towards a real server, unless that was deleted (ip_vs_core.c: ip_vs_in_stats). `length` is the IP length. */
export function countIn(path: DataPath, destination: Destination | undefined, length: number): void {
  if (destination?.available !== true) return;
  destination.statistics.countIn(length);
  destination.service.statistics.countIn(length);
  path.server.totals.countIn(length);
}

/** Counts a packet towards a client, unless its real server was deleted (ip_vs_out_stats). */
export function countOut(path: DataPath, destination: Destination | undefined, length: number): void {
  if (destination?.available !== true) return;
  destination.statistics.countOut(length);
  destination.service.statistics.countOut(length);
  path.server.totals.countOut(length);
}

/** Counts a new connection (ip_vs_conn_stats). */
export function countConnection(path: DataPath, service: Service, destination: Destination): void {
  destination.statistics.countConnection();
  service.statistics.countConnection();
  path.server.totals.countConnection();
}

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
