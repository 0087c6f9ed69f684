/** FTP: data connections that nobody told IPVS of, or that lead elsewhere. */
import { NONE, type Row } from "../../ipvs/connection-rows.ts";
import { type Destination, describeDestination } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import { FTP_PORT } from "../../ipvs/service-table.ts";
import type { Cause } from "../../trace/causes/causes.ts";
import { formatEndpoint } from "../../wire/address.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { ACK, SYN } from "../../wire/tcp.ts";
import type { Ends } from "./arrived-packet.ts";
import type { Finder, Inquiry } from "./inquiry.ts";

/** The registered port, and the one that most servers have who do not take it. */
const FTP_PORTS: readonly number[] = [21, 2121];
const FTP_DATA_PORT = 20;

const isRead = ({ server }: Inquiry, port: number): boolean =>
  server.connections.apps.of(PROTOCOL_TCP, port) !== undefined;

/** A client's SYN. */
export const opensTcp = ({ protocol, flags }: Ends): boolean =>
  protocol === PROTOCOL_TCP && (flags & (SYN | ACK)) === SYN;

/** No service is found, or only that of FTP, which is found for all unprivileged ports, and takes its own data connections. */
export const isUnserved = (inquiry: Inquiry): boolean =>
  inquiry.last("no-service") !== undefined ||
  (inquiry.last("service")?.how === "fallback" &&
    inquiry.service?.port === FTP_PORT &&
    inquiry.last("created") === undefined);

/** A data connection from the client of which no helper has told. */
export const ftpPassive: Finder = (inquiry) => {
  const { ends } = inquiry;
  if (ends === undefined || !opensTcp(ends) || !passes(inquiry)) return undefined;
  const control = controlOf(inquiry, ends.source, ends.destination);
  if (control === undefined) return undefined;
  const { destination, port } = control;
  const method = methodOf(destination.forwarding).name;
  const why = method !== "Masq" ? "method" : isRead(inquiry, port) ? "unread" : "absent";
  return { kind: "ftp-helper", server: describeDestination(destination), port, active: false, why, method };
};

/** No service takes it, or one for all ports, which is none of FTP. */
const passes = (inquiry: Inquiry): boolean =>
  inquiry.last("created") === undefined && (isUnserved(inquiry) || inquiry.last("service")?.how === "fallback");

/** One from the real server. */
export const ftpActive: Finder = (inquiry) => {
  const { ends, found } = inquiry;
  if (ends?.protocol !== PROTOCOL_TCP || ends.sourcePort !== FTP_DATA_PORT || found !== "no-answer") return undefined;
  for (const port of FTP_PORTS) {
    const control = isRead(inquiry, port) ? undefined : inquiry.masqueraded(ends.source, port);
    if (control === undefined) continue;
    const server = describeDestination(control);
    return { kind: "ftp-helper", server, port, active: true, why: "absent", method: "Masq" };
  }
  return undefined;
};

interface Control {
  readonly destination: Destination;
  readonly port: number;
}

/** The client's control connection. */
function controlOf({ server }: Inquiry, client: number, virtual: number): Control | undefined {
  const { table } = server.connections;
  const { rows } = table;
  let found: Control | undefined;
  table.forEach((row) => {
    const port = rows.virtualPort(row);
    if (!FTP_PORTS.includes(port) || rows.clientAddress(row) !== client || rows.virtualAddress(row) !== virtual) return;
    const destination = server.connections.destinationOf(row);
    if (destination !== undefined) found = { destination, port };
  });
  return found;
}

/** The helper believes what the server says, and the server named another address than its own. */
export const ftpAnnounced: Finder = (inquiry): Cause | undefined => {
  const { ends, found, server, director } = inquiry;
  if (ends === undefined || found !== "request" || !opensTcp(ends)) return undefined;
  const { table } = server.connections;
  const { rows } = table;
  const { source, sourcePort, destination, destinationPort } = ends;
  const row: Row = table.findRequest(PROTOCOL_TCP, source, sourcePort, destination, destinationPort);
  const control = row === NONE ? NONE : rows.control(row);
  if (control === NONE || !FTP_PORTS.includes(rows.virtualPort(control))) return undefined;
  const announced = rows.destinationAddress(row);
  if (announced === rows.destinationAddress(control)) return undefined;
  return {
    kind: "ftp-announced",
    server: formatEndpoint(inquiry.address(rows.destinationAddress(control)), rows.destinationPort(control)),
    announced: formatEndpoint(inquiry.address(announced), rows.destinationPort(row)),
    own: director.routes.isOwn(announced),
  };
};
