/** Hands a packet of a connection to the connection's forwarding method. Mirrors cp->packet_xmit of the kernel. */
import { ACCEPT } from "../../trace/verdict.ts";
import type { Frame } from "../../wire/frame.ts";
import { type DataPath, FORWARD } from "../data-path.ts";
import { DIRECT_ROUTE, describeDestination, FORWARDING_NAMES, FULLNAT, MASQUERADE, TUNNEL } from "../destination.ts";
import { forwardDirect } from "./direct.ts";
import { forwardFullNat } from "./fullnat.ts";
import { forwardFullNatError } from "./fullnat-icmp.ts";
import { forwardNat } from "./nat.ts";
import { forwardErrorToServer } from "./nat-icmp.ts";
import { forwardTunnel } from "./tunnel.ts";

/** Sends the client's packet on; ACCEPT leaves it to the host itself. */
export function transmit(path: DataPath, frame: Frame, row: number): number {
  const method = path.server.connections.forwardingOf(row);
  if (path.trace !== undefined) announce(path, row, method);
  switch (method) {
    case MASQUERADE:
      return forwardNat(path, frame, row);
    case DIRECT_ROUTE:
      return forwardDirect(path, frame, row, false, false);
    case TUNNEL:
      return forwardTunnel(path, frame, row, false, false);
    case FULLNAT:
      return forwardFullNat(path, frame, row);
    default:
      return ACCEPT;
  }
}

/**
 * Sends an ICMP error about an answer to the server (ip_vs_xmit.c: ip_vs_icmp_xmit); `icmp` and `inner` are the
 * offsets of the message and of the packet it quotes. DR and TUN carry it as it is.
 */
export function transmitIcmp(
  path: DataPath,
  frame: Frame,
  row: number,
  icmp: number,
  inner: number,
  hook: number,
): number {
  const method = path.server.connections.forwardingOf(row);
  const passing = hook === FORWARD;
  if (path.trace !== undefined) announce(path, row, method);
  switch (method) {
    case MASQUERADE:
      return forwardErrorToServer(path, frame, row, icmp, inner, passing);
    case DIRECT_ROUTE:
      return forwardDirect(path, frame, row, true, passing);
    case TUNNEL:
      return forwardTunnel(path, frame, row, true, passing);
    case FULLNAT:
      return forwardFullNatError(path, frame, row, icmp, inner);
    default:
      return ACCEPT;
  }
}

function announce(path: DataPath, row: number, method: number): void {
  const { connections } = path.server;
  const destination = connections.destinationOf(row);
  // The connection's port: the destination's own is 0 where it takes every port.
  const port = connections.table.rows.destinationPort(row);
  path.trace?.add({
    kind: "method",
    method: FORWARDING_NAMES[method] ?? "",
    destination: destination === undefined ? "" : describeDestination(destination, port),
  });
}
