/** What was there before: connections that are gone, and what commands did. */
import { NONE } from "../../ipvs/connection-rows.ts";
import type { Cause } from "../../trace/causes/causes.ts";
import type { Change, Side } from "../../trace/causes/told.ts";
import type { ConnectionView } from "../../trace/events.ts";
import { formatEndpoint, sameAddress } from "../../wire/address.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { ACK, SYN } from "../../wire/tcp.ts";
import type { PastConnection } from "../history.ts";
import type { Inquiry } from "./inquiry.ts";

/** A packet of no connection: there was one between its ends. */
export function pastConnection(inquiry: Inquiry): Cause | undefined {
  const { found } = inquiry;
  if (found === "request" || found === "answer" || found === "own") return undefined;
  const { ends, director } = inquiry;
  if (ends === undefined || director.tracing.history === undefined) return undefined;
  // A client that opens a connection has no need of an old one.
  const opens = ends.protocol === PROTOCOL_TCP && (ends.flags & (SYN | ACK)) === SYN;
  if (opens && inquiry.verdict === "sent") return undefined;
  const { protocol, sourcePort, destinationPort } = ends;
  const [source, destination] = [inquiry.address(ends.source), inquiry.address(ends.destination)];
  const request = director.tracing.history.ofRequest(protocol, source, sourcePort, destination, destinationPort);
  if (request !== undefined) return past(inquiry, request, "client");
  const reply = director.tracing.history.ofReply(protocol, source, sourcePort, destination, destinationPort);
  return reply && past(inquiry, reply, "server");
}

function past(inquiry: Inquiry, { connection, at, timeout, early }: PastConnection, side: Side): Cause {
  return {
    kind: "past",
    connection,
    at,
    ago: inquiry.seconds - at,
    removed: early ? removedBy(inquiry, connection) : undefined,
    timeout,
    early,
    side,
  };
}

function removedBy(inquiry: Inquiry, connection: ConnectionView): Cause<"past">["removed"] {
  const [defence, nodest] = [inquiry.switch("drop_entry"), inquiry.switch("expire_nodest_conn")];
  if (defence.value !== 0) return { by: "defence", switch: defence };
  return !isThere(inquiry, connection) && nodest.value !== 0 ? { by: "server-deleted", switch: nodest } : undefined;
}

/** Whether its real server is one of its service still. */
const isThere = ({ destinations }: Inquiry, { virtualAddress, destinationAddress, destinationPort }: ConnectionView) =>
  destinations.some(
    ({ service, address, port }) =>
      sameAddress(address, destinationAddress) &&
      (port === destinationPort || port === 0) &&
      (service.fwmark !== 0 || sameAddress(service.address, virtualAddress)),
  );

/** The connection's server was deleted or quiesced by a command. */
export function serverChanged(inquiry: Inquiry): Cause | undefined {
  const server = serverOf(inquiry);
  if (server === undefined) return undefined;
  const present = inquiry.destinationCalled(server);
  const change =
    present === undefined
      ? inquiry.changeOf(server, "server deleted")
      : present.weight === 0
        ? inquiry.changeOf(server, "server edited", "server added")
        : undefined;
  return change && changed(change);
}

/** Of the connection that was given up, or of that or the template which the packet found; of a reply that nobody translates, its sender. */
function serverOf(inquiry: Inquiry): string | undefined {
  const { ends } = inquiry;
  const former = pastConnection(inquiry);
  const connection =
    (former?.kind === "past" && former.early ? former.connection : undefined) ??
    inquiry.connection?.connection ??
    inquiry.first("template")?.connection ??
    inquiry.first("created")?.connection;
  if (connection !== undefined) return inquiry.serverOf(connection);
  if (former?.kind === "past") return inquiry.serverOf(former.connection);
  if (ends === undefined || inquiry.connection?.found !== "no-answer") return undefined;
  return formatEndpoint(inquiry.address(ends.source), ends.sourcePort);
}

/** The service that the packet asks for was deleted, or its last server. */
export function serviceChanged(inquiry: Inquiry): Cause | undefined {
  const { ends, server, verdict } = inquiry;
  if (ends === undefined) return undefined;
  if (inquiry.last("service") === undefined && inquiry.service === undefined) {
    const address = inquiry.address(ends.destination);
    const asked = ` ${formatEndpoint(address, ends.destinationPort)}`;
    const change = server.changes.last(({ what, service }) => what === "service deleted" && service.endsWith(asked));
    return change && changed(change);
  }
  const service = inquiry.last("service")?.service;
  if (verdict !== "no-destination" || service === undefined) return undefined;
  const change = server.changes.last(
    (other) =>
      other.service === service &&
      (other.what === "server deleted" || (other.what === "server edited" && other.after === 0)),
  );
  return change && changed(change);
}

/** Since the last service of the family is gone, IPVS looks at no packet: a reply of a connection that is still there is not translated. */
export function lastServiceDeleted(inquiry: Inquiry): Cause | undefined {
  const { ends, frame, server, found } = inquiry;
  if (ends === undefined || frame === undefined || found !== "nothing" || server.services.hooks(frame.family))
    return undefined;
  const { table } = server.connections;
  const row = table.findAnswer(ends.protocol, ends.source, ends.sourcePort, ends.destination, ends.destinationPort);
  if (row === NONE) return undefined;
  const virtual = formatEndpoint(inquiry.address(table.rows.virtualAddress(row)), table.rows.virtualPort(row));
  const change = server.changes.last(
    ({ what, service }) => what === "service deleted" && service.endsWith(` ${virtual}`),
  );
  return change && changed(change);
}

const changed = (change: Change): Cause => ({ kind: "changed", ...change });
