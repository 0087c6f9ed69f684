/**
 * Direct routing: the packet goes to the real server's Ethernet address, nothing but TTL and MAC addresses changes.
 * The real server has the virtual address too (on lo, where it does not answer ARP), and answers the client itself.
 * Mirrors ip_vs_dr_xmit of net/netfilter/ipvs/ip_vs_xmit.c.
 */
import { ACCEPT } from "../../trace/verdict.ts";
import type { Frame } from "../../wire/frame.ts";
import { finishHeader } from "../../wire/ipv4.ts";
import type { DataPath } from "../data-path.ts";
import { nextHopFor, type Passage, routeToServer } from "./route.ts";

const PLAIN: Passage = { tunnels: false, anySize: false, icmpError: false, mayBeLocal: true, namesNextHop: true };
const ICMP_ERROR: Passage = { tunnels: false, anySize: false, icmpError: true, mayBeLocal: true, namesNextHop: true };
const PASSING_ICMP_ERROR: Passage = {
  tunnels: false,
  anySize: false,
  icmpError: true,
  mayBeLocal: false,
  namesNextHop: true,
};

/** @ipvs #Y forwarding "DR: to the MAC address of the next hop towards the real server; addresses and ports stay" */
export function forwardDirect(path: DataPath, frame: Frame, row: number, icmpError: boolean, passing: boolean): number {
  const { connections } = path.server;
  const address = connections.table.rows.destinationAddress(row);
  const passage = !icmpError ? PLAIN : passing ? PASSING_ICMP_ERROR : ICMP_ERROR;
  const destination = connections.destinationOf(row);
  const route = routeToServer(path, frame, address, destination, passage);
  if (route === undefined) return path.refusal;
  if (route.local) return ACCEPT;
  finishHeader(frame.view, frame.network);
  frame.ignoreDontFragment = true;
  return path.host.output(frame, route, nextHopFor(frame, route, destination, address));
}
