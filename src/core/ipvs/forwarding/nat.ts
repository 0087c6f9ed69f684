/**
 * NAT (masquerading): the virtual address and port become the real server's on the way in, and its own become the
 * virtual ones on the way back. The real server answers through the director, its gateway.
 * Mirrors ip_vs_nat_xmit and ip_vs_nat_xmit_v6 of net/netfilter/ipvs/ip_vs_xmit.c, handle_response of ip_vs_core.c, and the dnat and snat
 * handlers of ip_vs_proto_tcp.c and ip_vs_proto_udp.c.
 */
import type { Rewritten } from "../../trace/events.ts";
import { ACCEPT, DROP, REROUTE, type Verdict } from "../../trace/verdict.ts";
import { isLoopback } from "../../wire/address-scope.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import { finishHeaderChecksum, setDestination, setSource } from "../../wire/network.ts";
import { destinationPort, setDestinationPort, setSourcePort, sourcePort } from "../../wire/transport.ts";
import { readAnswer, readRequest } from "../apps/packets.ts";
import { ANSWERS_AS_SERVER, NO_CLIENT_PORT, type Row, TRACKED } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import type { TransportProtocol } from "../protocols/protocol.ts";
import { protocolOf } from "../protocols/protocols.ts";
import { type ForwardingMethod, opensAlways, takesOwnFamily } from "./method.ts";
import { forwardErrorToServer, translateErrorForClient } from "./nat-icmp.ts";
import { mtuToServer, routeMode, routeToServer } from "./route.ts";

const PLAIN = routeMode({});

export const nat = {
  number: 0,
  name: "Masq",
  word: "nat",
  option: { long: "masquerading", short: "m" },
  standard: true,
  tunnels: false,
  takesServer: takesOwnFamily,
  keepsPort: false,
  translates: true,
  answers: ANSWERS_AS_SERVER,
  open: opensAlways,
  forward: translateRequest,
  forwardError: forwardErrorToServer,
  translateAnswer,
  translateError: translateErrorForClient,
} as const satisfies ForwardingMethod;

/** @ipvs #Y forwarding "NAT: destination address and port become the real server's; checksums are patched, a wrong one stays wrong" */
function translateRequest(path: DataPath, frame: Frame, row: Row): Verdict {
  const { connections, addresses } = path.server;
  const { rows } = connections.table;
  const flags = rows.flags(row);
  if ((flags & NO_CLIENT_PORT) !== 0) connections.table.fillClientPort(row, sourcePort(frame));
  const address = rows.destinationAddress(row);
  const route = routeToServer(path, frame, address, connections.destinationOf(row), PLAIN);
  if (typeof route === "number") return route;
  if (route.local && isLoopback(address, addresses)) return DROP.loopbackDestination;
  const protocol = protocolOf(frame.protocol);
  if (protocol !== undefined && isCutOff(frame, protocol)) return DROP.headerTruncated;
  if ((flags & TRACKED) !== 0) {
    const verdict = readRequest(path, frame, row);
    if (verdict !== ACCEPT) return verdict;
  }

  const oldAddress = frame.destination;
  setDestination(frame, addresses, address);
  if (protocol !== undefined) {
    const oldPort = destinationPort(frame);
    const port = rows.destinationPort(row);
    setDestinationPort(frame, port);
    protocol.repairChecksum(frame, addresses.difference(oldAddress, address), oldPort, port);
    if (path.trace !== undefined) note(path, "destination", oldAddress, oldPort, address, port);
  } else if (path.trace !== undefined) noteAddress(path, "destination", oldAddress, address);
  finishHeaderChecksum(frame);
  frame.ignoreDontFragment = true;
  return route.local
    ? ACCEPT
    : path.host.output(frame, route, address, mtuToServer(path, route, address, connections.destinationOf(row)));
}

/**
 * REROUTE, because the answer now comes from the virtual address; or a drop.
 * @ipvs #Y forwarding "NAT answers: source becomes the virtual service, and the route is looked up again (snat_reroute)"
 */
function translateAnswer(path: DataPath, frame: Frame, row: Row): Verdict {
  const { rows } = path.server.connections.table;
  const protocol = protocolOf(frame.protocol);
  if (protocol !== undefined && isCutOff(frame, protocol)) return DROP.headerTruncated;
  if ((rows.flags(row) & TRACKED) !== 0) {
    const verdict = readAnswer(path, frame, row);
    if (verdict !== ACCEPT) return verdict;
  }
  const { addresses } = path.server;
  const oldAddress = frame.source;
  const address = rows.virtualAddress(row);
  setSource(frame, addresses, address);
  if (protocol !== undefined) {
    const oldPort = sourcePort(frame);
    const port = rows.virtualPort(row);
    setSourcePort(frame, port);
    protocol.repairChecksum(frame, addresses.difference(oldAddress, address), oldPort, port);
    if (path.trace !== undefined) note(path, "source", oldAddress, oldPort, address, port);
  } else if (path.trace !== undefined) noteAddress(path, "source", oldAddress, address);
  finishHeaderChecksum(frame);
  return REROUTE;
}

/** Whether the header to be written is not all there; if it is, it lies in one piece now. */
function isCutOff(frame: Frame, protocol: TransportProtocol): boolean {
  if (frame.end - frame.transport < protocol.headerLength) return true;
  if (frame.fragmentLengths !== undefined) frame.pull(protocol.headerLength);
  return false;
}

/** Of a packet without ports: it follows the connection. */
function noteAddress(
  { shown, shared, trace }: DataPath,
  what: Rewritten,
  before: AddressHandle,
  after: AddressHandle,
): void {
  trace?.add(shared.rewritten(what, shown.text(before), shown.text(after), before ^ after));
}

function note(
  { shown, shared, trace }: DataPath,
  what: Rewritten,
  oldAddress: AddressHandle,
  oldPort: number,
  address: AddressHandle,
  port: number,
): void {
  const before = shown.endpoint(oldAddress, oldPort);
  trace?.add(shared.rewritten(what, before, shown.endpoint(address, port), oldAddress ^ address));
}
