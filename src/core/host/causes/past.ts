/** What was there before: connections that are gone, and what commands did. */
import type { Cause, Change, Side } from "../../trace/causes.ts";
import { formatEndpoint } from "../../wire/address.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { SYN } from "../../wire/tcp.ts";
import type { PastConnection } from "../history.ts";
import type { Inquiry } from "./inquiry.ts";

/** A packet of no connection: there was one between its ends. */
export function pastConnection(inquiry: Inquiry): Cause | undefined {
  const { ends, director } = inquiry;
  const found = inquiry.first("connection")?.found;
  if (ends === undefined || director.history === undefined) return undefined;
  if (found === "request" || found === "answer" || found === "own") return undefined;
  // A client that opens a connection has no need of an old one.
  if (ends.protocol === PROTOCOL_TCP && (ends.flags & SYN) !== 0 && inquiry.verdict === "sent") return undefined;
  const { protocol, sourcePort, destinationPort } = ends;
  const [source, destination] = [inquiry.address(ends.source), inquiry.address(ends.destination)];
  const request = director.history.ofRequest(protocol, source, sourcePort, destination, destinationPort);
  if (request !== undefined) return past(inquiry, request, "client");
  const reply = director.history.ofReply(protocol, source, sourcePort, destination, destinationPort);
  return reply && past(inquiry, reply, "server");
}

function past(inquiry: Inquiry, { connection, at, timeout, early }: PastConnection, side: Side): Cause {
  const tcp = connection.protocol === PROTOCOL_TCP;
  return {
    kind: "past",
    connection,
    at,
    ago: inquiry.seconds - at,
    defence: inquiry.switch("drop_entry"),
    timeout,
    early,
    side,
    tcp,
  };
}

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

/** Of the connection or template that the packet found; of a reply that nobody translates, its sender. */
function serverOf(inquiry: Inquiry): string | undefined {
  const { ends } = inquiry;
  const connection =
    inquiry.first("connection")?.connection ??
    inquiry.first("template")?.connection ??
    inquiry.first("created")?.connection;
  if (connection !== undefined) return formatEndpoint(connection.destinationAddress, connection.destinationPort);
  const former = pastConnection(inquiry);
  if (former?.kind === "past")
    return formatEndpoint(former.connection.destinationAddress, former.connection.destinationPort);
  if (ends === undefined || inquiry.first("connection")?.found !== "no-answer") return undefined;
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

const changed = (change: Change): Cause => ({ kind: "changed", ...change });
