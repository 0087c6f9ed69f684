/** What a packet does to its connection's state and timeout. Mirrors ip_vs_set_state of net/netfilter/ipvs/ip_vs_core.c. */

import type { Ticks } from "../../time/kernel-ticks.ts";
import { AF_INET } from "../../wire/address.ts";
import type { Frame } from "../../wire/frame.ts";
import { IPV6_HEADER } from "../../wire/ipv6.ts";
import { NO_OUTPUT, type Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { assureTemplate } from "../templates.ts";

/** Where the packet was seen: from the client, from the server, or from the client of a connection whose answers pass elsewhere. */
export const INPUT = 0;
export const OUTPUT = 1;
export const INPUT_ONLY = 2;
const DIRECTION_NAMES: readonly string[] = ["input", "output", "input-only"];

/**
 * The table that holds: an answer ends the one-sided view for good.
 * @ipvs #Y tcp "DR and TUN connections use the one-sided table until a reply is seen"
 */
export function directionOf(path: DataPath, row: Row, way: number): number {
  const { rows } = path.server.connections.table;
  const flags = rows.flags(row);
  if ((flags & NO_OUTPUT) === 0) return way;
  if (way !== OUTPUT) return INPUT_ONLY;
  rows.setFlags(row, flags & ~NO_OUTPUT);
  return OUTPUT;
}

/**
 * Where the header stands that moves the connection on. Older kernels look right behind the IPv6 header, and so take an
 * extension header for it.
 * @ipvs #Y connections "Behind IPv6 extension headers older kernels read the wrong bytes for TCP flags and SCTP chunks, newer ones the right ones"
 */
export const followedHeader = (path: DataPath, frame: Frame): number =>
  frame.family === AF_INET || path.server.release.readsTcpBehindExtensionHeaders
    ? frame.transport
    : frame.network + IPV6_HEADER;

/** Puts the connection into a state: whether it counts as active in it, whether that assures its template, how long it stays. */
export function moveState(
  path: DataPath,
  row: Row,
  before: number,
  after: number,
  active: boolean,
  assures: boolean,
  timeout: Ticks,
): void {
  const { connections } = path.server;
  const { rows } = connections.table;
  if (after !== before) {
    rows.setState(row, after);
    connections.bindings.setActive(row, active);
    if (assures) assureTemplate(rows, row);
  }
  rows.setTimeout(row, timeout);
}

/** Tells the trace; `timeout` in ticks. */
export function noteState(
  { server, shared, trace }: DataPath,
  protocol: string,
  direction: number,
  event: string,
  before: string,
  after: string,
  timeout: Ticks,
): void {
  const way = DIRECTION_NAMES[direction] ?? "";
  trace?.add(shared.state(protocol, way, event, before, after, timeout / server.ticks.hz));
}
