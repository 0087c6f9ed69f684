/**
 * Tunnel (IP-in-IP, RFC 2003, GRE or GUE): the packet travels whole inside one to the real server, which unwraps it and answers the
 * client itself. Mirrors ip_vs_tunnel_xmit and ip_vs_prepare_tunneled_skb of net/netfilter/ipvs/ip_vs_xmit.c.
 */
import { ACCEPT, type Verdict } from "../../trace/verdict.ts";
import { formatIpv4 } from "../../wire/address.ts";
import { type Frame, SEGMENT_NONE } from "../../wire/frame.ts";
import {
  DONT_FRAGMENT,
  finishHeader,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_TOS,
  IPV4_TTL,
  readIpv4,
  writeIpv4,
} from "../../wire/ipv4.ts";
import { ANSWERS_AS_VIRTUAL, type Row } from "../connection-rows.ts";
import type { DataPath, Route } from "../data-path.ts";
import type { Destination } from "../destination.ts";
import { answersStay, type ForwardingMethod, opensAlways } from "./method.ts";
import { mtuToServer, type RouteMode, routeToServer } from "./route.ts";
import { tunnelOverhead, tunnelProtocol, writeTunnelHeader } from "./tunnel-headers.ts";

/** ECN bits of the TOS byte (RFC 3168): congestion experienced does not go into the outer header. */
const ECN = 0x03;
const CONGESTION_EXPERIENCED = 0x03;
const ECN_CAPABLE = 0x02;

const mode = (anySize: boolean, icmpError: boolean, mayBeLocal: boolean): RouteMode => ({
  tunnels: true,
  anySize,
  icmpError,
  mayBeLocal,
  namesNextHop: false,
});
const PLAIN = mode(false, false, true);
const ANY_SIZE = mode(true, false, true);
const ICMP_ERROR = mode(false, true, true);
const PASSING_ICMP_ERROR = mode(false, true, false);

export const tun = {
  number: 2,
  name: "Tunnel",
  word: "tun",
  option: { long: "ipip", short: "i" },
  standard: true,
  tunnels: true,
  keepsPort: true,
  translates: false,
  answers: ANSWERS_AS_VIRTUAL,
  open: opensAlways,
  forward: (path, frame, row) => wrap(path, frame, row, path.server.sysctl.pmtu_disc === 0 ? ANY_SIZE : PLAIN),
  forwardError: (path, frame, row, _icmp, _inner, passing) =>
    wrap(path, frame, row, passing ? PASSING_ICMP_ERROR : ICMP_ERROR),
  translateAnswer: answersStay,
  translateError: () => undefined,
} as const satisfies ForwardingMethod;

/**
 * @ipvs #Y forwarding "TUN: outer TTL and DF from the packet inside, TOS too but for congestion experienced; id 0 with DF"
 */
function wrap(path: DataPath, frame: Frame, row: Row, mode: RouteMode): Verdict {
  const { connections } = path.server;
  const address = connections.table.rows.destinationAddress(row);
  const destination = connections.destinationOf(row);
  const route = routeToServer(path, frame, address, destination, mode);
  if (typeof route === "number") return route;
  if (route.local) return ACCEPT;
  encapsulate(path, frame, route, destination, address);
  return path.host.output(frame, route, address, mtuToServer(path, route, address, destination));
}

function encapsulate(
  path: DataPath,
  frame: Frame,
  route: Route,
  destination: Destination | undefined,
  address: number,
): void {
  finishHeader(frame.view, frame.network);
  const inner = frame.network;
  const tos = frame.view.getUint8(inner + IPV4_TOS);
  const ttl = frame.view.getUint8(inner + IPV4_TTL);
  const dontFragment =
    path.server.sysctl.pmtu_disc !== 0 ? frame.view.getUint16(inner + IPV4_FRAGMENT) & DONT_FRAGMENT : 0;
  const added = IPV4_HEADER + tunnelOverhead(destination);
  const length = frame.end - inner + added;
  frame.prepend(added);
  writeTunnelHeader(frame, frame.network + IPV4_HEADER, destination, route.source);
  writeIpv4(frame.view, frame.network, {
    tos: (tos & ECN) === CONGESTION_EXPERIENCED ? (tos & ~ECN) | ECN_CAPABLE : tos,
    length,
    identification: dontFragment === 0 ? path.host.identification() : 0,
    fragment: dontFragment,
    ttl,
    protocol: tunnelProtocol(destination),
    source: route.source,
    destination: address,
  });
  readIpv4(frame, path.server.addresses);
  // The pieces a datagram came in do not fit a longer header: it is cut anew.
  frame.fragmentLengths = undefined;
  frame.ignoreDontFragment = true;
  frame.options = undefined;
  if (frame.segmentType !== SEGMENT_NONE) frame.tunnelled = true;
  path.trace?.add({
    kind: "rewritten",
    what: "outer IPv4 header",
    before: "none",
    after: `${formatIpv4(route.source)} > ${formatIpv4(address)}`,
  });
}
