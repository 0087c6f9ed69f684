/**
 * A real server that speaks first: its datagram of no connection opens one from its virtual service to the client, where the
 * service's persistence engine knows such datagrams (SIP: a call from inside).
 * Mirrors __ip_vs_rs_conn_out and ip_vs_new_conn_out of net/netfilter/ipvs/ip_vs_core.c.
 */
import type { Frame } from "../wire/frame.ts";
import { PROTOCOL_UDP } from "../wire/ipv4.ts";
import { destinationPort, PORTS, sourcePort } from "../wire/transport.ts";
import { NONE, type Row } from "./connection-rows.ts";
import type { DataPath } from "./data-path.ts";
import { connect } from "./new-connection.ts";
import { schedulePersistent } from "./persistence.ts";

/**
 * The row of the new connection; below 0 if the packet opens none.
 * @ipvs #Y persistence "--pe sip: a masqueraded server's datagram opens a connection from its service to the client"
 */
export function openFromServer(path: DataPath, frame: Frame): Row {
  const { protocol } = frame;
  if (protocol !== PROTOCOL_UDP || frame.end - frame.transport < PORTS) return NONE;
  const port = sourcePort(frame);
  const destination = path.server.destinations.index.masqueraded(protocol, frame.source, port);
  if (destination === undefined) return NONE;
  const { service } = destination;
  // A mark does not say which address and port the client knows; a server on any port not whose packet it is.
  if (service.fwmark !== 0 || service.port === 0 || port === 0) return NONE;
  if (path.server.engines.find(service.persistenceEngine)?.takesServersPackets !== true) return NONE;
  // As the client's packet would name the connection.
  const { tuple } = path.scratch;
  tuple.protocol = protocol;
  tuple.source = frame.destination;
  tuple.sourcePort = destinationPort(frame);
  tuple.destination = service.handle;
  tuple.destinationPort = service.port;
  tuple.mark = 0;
  return service.persistent
    ? schedulePersistent(path, frame, tuple, service, destination)
    : connect(path, tuple, service, destination, port);
}
