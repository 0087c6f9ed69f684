/**
 * Direct routing: the packet goes to the real server's Ethernet address, nothing but TTL and MAC addresses changes.
 * The real server has the virtual address too (on lo, where it does not answer ARP), and answers the client itself.
 * Mirrors ip_vs_dr_xmit and ip_vs_dr_xmit_v6 of net/netfilter/ipvs/ip_vs_xmit.c.
 */
import { ACCEPT, type Verdict } from "../../trace/verdict.ts";
import type { Frame } from "../../wire/frame.ts";
import { finishHeaderChecksum } from "../../wire/network.ts";
import { ANSWERS_AS_VIRTUAL, type Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { answersStay, type ForwardingMethod, opensAlways, takesOwnFamily } from "./method.ts";
import { mtuToServer, nextHopFor, type RouteMode, routeMode, routeToServer } from "./route.ts";

const PLAIN = routeMode({ namesNextHop: true });
const ICMP_ERROR = routeMode({ namesNextHop: true, icmpError: true });
const PASSING_ICMP_ERROR = routeMode({ namesNextHop: true, icmpError: true, mayBeLocal: false });

export const dr = {
  number: 3,
  name: "Route",
  word: "dr",
  option: { long: "gatewaying", short: "g" },
  standard: true,
  tunnels: false,
  takesServer: takesOwnFamily,
  keepsPort: true,
  translates: false,
  answers: ANSWERS_AS_VIRTUAL,
  open: opensAlways,
  forward: (path, frame, row) => hand(path, frame, row, PLAIN),
  forwardError: (path, frame, row, _icmp, _inner, passing) =>
    hand(path, frame, row, passing ? PASSING_ICMP_ERROR : ICMP_ERROR),
  translateAnswer: answersStay,
  translateError: () => undefined,
} as const satisfies ForwardingMethod;

/** @ipvs #Y forwarding "DR: to the MAC address of the next hop towards the real server; addresses and ports stay" */
function hand(path: DataPath, frame: Frame, row: Row, mode: RouteMode): Verdict {
  const { connections } = path.server;
  const address = connections.table.rows.destinationAddress(row);
  const destination = connections.destinationOf(row);
  const route = routeToServer(path, frame, address, destination, mode);
  if (typeof route === "number") return route;
  if (route.local) return ACCEPT;
  finishHeaderChecksum(frame);
  frame.ignoreDontFragment = true;
  return path.host.output(
    frame,
    route,
    nextHopFor(frame, route, destination, address),
    mtuToServer(path, route, address, destination),
  );
}
