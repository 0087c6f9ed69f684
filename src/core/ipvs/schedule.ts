/**
 * A packet of no known connection: is it meant for a service, and which real server takes it?
 * Mirrors ip_vs_try_to_schedule, ip_vs_schedule and ip_vs_leave of net/netfilter/ipvs/ip_vs_core.c, and
 * tcp_conn_schedule, udp_conn_schedule of ip_vs_proto_tcp.c and ip_vs_proto_udp.c.
 */
import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import type { Frame } from "../wire/frame.ts";
import { NONE, type Row, refused } from "./connection-rows.ts";
import type { DataPath } from "./data-path.ts";
import { tellPortUnreachable } from "./icmp-errors.ts";
import { connect, pick } from "./new-connection.ts";
import { schedulePersistent } from "./persistence.ts";
import type { TransportProtocol } from "./protocols/protocol.ts";
import { describeService, type Service } from "./service.ts";
import type { Tuple } from "./tuple.ts";

const FTP_DATA_PORT = 20;
const FTP_PORT = 21;

/**
 * The row of a new connection, or what becomes of the packet without one (`refused`).
 * @ipvs #Y connections "Only a SYN without RST opens a TCP connection (any packet with sloppy_tcp), any datagram a UDP one"
 */
export function scheduleIfMeant(path: DataPath, frame: Frame, protocol: TransportProtocol): Row {
  if (frame.end - frame.transport < protocol.openingLength) return refused(DROP.headerTruncated);
  if (!protocol.mayOpen(path, frame)) return NONE;
  const { tuple } = path.scratch;
  tuple.read(frame);
  return scheduleTuple(path, frame, tuple, false);
}

/** The same for a tuple that need not be the packet's own: an ICMP error's may be scheduled too (`fromIcmp`). */
export function scheduleTuple(path: DataPath, frame: Frame, packet: Tuple, fromIcmp: boolean): Row {
  packet.inverse = fromIcmp;
  const service = findService(path, packet);
  if (service === undefined) return NONE;
  if (isTakenByDefence(path)) return refused(DROP.dropPacket);
  if (packet.sourcePort === FTP_DATA_PORT) {
    path.trace?.add({ kind: "not-schedulable", why: "ftp-data" });
    return NONE;
  }
  const row = service.persistent
    ? schedulePersistent(path, frame, packet, service)
    : scheduleAfresh(path, packet, service);
  return row === refused(DROP.noDestination) ? refused(leave(path, frame, packet, service, fromIcmp)) : row;
}

function findService(path: DataPath, packet: Tuple): Service | undefined {
  const service = path.server.services.ofPacket(
    packet.mark,
    packet.protocol,
    packet.destination,
    packet.destinationPort,
  );
  if (path.trace !== undefined) {
    const how = service?.fwmark ? "mark" : service?.port === packet.destinationPort ? "exact" : "fallback";
    path.trace.add(
      service === undefined ? { kind: "no-service" } : { kind: "service", service: describeService(service), how },
    );
  }
  return service;
}

/** ip_vs_schedule, for a service that is not persistent; refused for noDestination if nobody takes it. */
function scheduleAfresh(path: DataPath, packet: Tuple, service: Service): Row {
  // Reached through the FTP or port-0 fallback: only persistence can serve other ports.
  if (service.fwmark === 0 && packet.destinationPort !== service.port) return refused(DROP.noDestination);
  const destination = pick(path, packet, service);
  if (destination === undefined) return refused(DROP.noDestination);
  const port = destination.port === 0 ? packet.destinationPort : destination.port;
  return connect(path, packet, service, destination, port);
}

/**
 * The drop_packet defence: of packets that would be scheduled, one in `am_droprate` (include/net/ip_vs.h: ip_vs_todrop).
 * @ipvs #P[modes 1 and 2 depend on free memory and count as off] connections "drop_packet=3 drops the first and then every am_droprate-th new packet"
 */
function isTakenByDefence(path: DataPath): boolean {
  const { drop_packet: mode, am_droprate: rate } = path.server.sysctl;
  if (mode !== 3 || rate === 0) return false;
  path.dropCounter--;
  if (path.dropCounter > 0) return false;
  path.dropCounter = rate;
  return true;
}

/**
 * Nobody takes the packet (ip_vs_leave).
 * @ipvs #Y service "No destination: ICMP port unreachable, for TCP too; packets the FTP service caught on other ports pass"
 * @ipvs #N[needs packets that a policy route makes local] service "cache_bypass"
 */
function leave(path: DataPath, frame: Frame, packet: Tuple, service: Service, fromIcmp: boolean): Verdict {
  if (service.fwmark === 0 && service.port === FTP_PORT && packet.destinationPort !== FTP_PORT) return ACCEPT;
  if (fromIcmp) return DROP.scheduledByIcmp;
  tellPortUnreachable(path, frame);
  return DROP.noDestination;
}
