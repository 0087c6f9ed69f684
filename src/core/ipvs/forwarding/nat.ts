/**
 * NAT (masquerading): the virtual address and port become the real server's on the way in, and its own become the
 * virtual ones on the way back. The real server answers through the director, its gateway.
 * Mirrors ip_vs_nat_xmit of net/netfilter/ipvs/ip_vs_xmit.c, handle_response of ip_vs_core.c, and the dnat and snat
 * handlers of ip_vs_proto_tcp.c and ip_vs_proto_udp.c.
 */
import { ACCEPT, DROP } from "../../trace/verdict.ts";
import { formatIpv4 } from "../../wire/address.ts";
import { difference32 } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import { finishHeader, IPV4_DESTINATION, IPV4_SOURCE } from "../../wire/ipv4.ts";
import { TCP_DESTINATION_PORT, TCP_SOURCE_PORT } from "../../wire/tcp.ts";
import type { DataPath } from "../data-path.ts";
import type { TransportProtocol } from "../protocols/protocol.ts";
import { protocolOf } from "../protocols/protocols.ts";
import { REROUTE } from "../reroute.ts";
import { type Passage, routeToServer } from "./route.ts";

const PLAIN: Passage = { tunnels: false, anySize: false, icmpError: false, mayBeLocal: true, namesNextHop: false };

/** @ipvs #Y forwarding "NAT: destination address and port become the real server's; checksums are patched, a wrong one stays wrong" */
export function forwardNat(path: DataPath, frame: Frame, row: number, transport: number): number {
  const { connections } = path.server;
  const { rows } = connections.table;
  const address = rows.destinationAddress(row) | 0;
  const route = routeToServer(path, frame, address, connections.destinationOf(row), PLAIN);
  if (route === undefined) return path.refusal;
  if (route.local && address >>> 24 === 127) return DROP.loopbackDestination;
  const protocol = protocolOf(rows.protocol(row));
  if (protocol === undefined || isCutOff(frame, protocol, transport)) return DROP.headerTruncated;

  const { view, network } = frame;
  const oldAddress = view.getInt32(network + IPV4_DESTINATION);
  const oldPort = view.getUint16(transport + TCP_DESTINATION_PORT);
  const port = rows.destinationPort(row);
  view.setUint16(transport + TCP_DESTINATION_PORT, port);
  view.setInt32(network + IPV4_DESTINATION, address);
  protocol.repairChecksum(frame, transport, difference32(oldAddress, address), oldPort, port);
  finishHeader(view, network);
  frame.ignoreDontFragment = true;
  if (path.trace !== undefined) note(path, "destination", oldAddress, oldPort, address, port);
  return route.local ? ACCEPT : path.host.output(frame, route, address);
}

/**
 * REROUTE, because the answer now comes from the virtual address; or a drop.
 * @ipvs #Y forwarding "NAT answers: source becomes the virtual service, and the route is looked up anew (snat_reroute)"
 */
export function translateNatAnswer(path: DataPath, frame: Frame, row: number, transport: number): number {
  const { rows } = path.server.connections.table;
  const protocol = protocolOf(rows.protocol(row));
  if (protocol === undefined || isCutOff(frame, protocol, transport)) return DROP.headerTruncated;
  const { view, network } = frame;
  const oldAddress = view.getInt32(network + IPV4_SOURCE);
  const oldPort = view.getUint16(transport + TCP_SOURCE_PORT);
  const address = rows.virtualAddress(row) | 0;
  const port = rows.virtualPort(row);
  view.setUint16(transport + TCP_SOURCE_PORT, port);
  view.setInt32(network + IPV4_SOURCE, address);
  protocol.repairChecksum(frame, transport, difference32(oldAddress, address), oldPort, port);
  finishHeader(view, network);
  if (path.trace !== undefined) note(path, "source", oldAddress, oldPort, address, port);
  return REROUTE;
}

/** Whether the header to be written is not all there; if it is, it lies in one piece now. */
function isCutOff(frame: Frame, protocol: TransportProtocol, transport: number): boolean {
  if (frame.end - transport < protocol.headerLength) return true;
  if (frame.fragmentLengths !== undefined) frame.pull(protocol.headerLength);
  return false;
}

function note(path: DataPath, what: string, oldAddress: number, oldPort: number, address: number, port: number): void {
  const before = `${formatIpv4(oldAddress)}:${oldPort}`;
  path.trace?.add({ kind: "rewritten", what, before, after: `${formatIpv4(address)}:${port}` });
}
