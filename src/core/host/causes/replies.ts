/** What real servers send back, and clients cannot use: from another end than was called, or as an ICMP error. */
import { NONE } from "../../ipvs/connection-rows.ts";
import { type Destination, describeDestination } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import type { Cause } from "../../trace/causes/causes.ts";
import { AF_INET, formatEndpoint, sameAddress } from "../../wire/address.ts";
import {
  DESTINATION_UNREACHABLE,
  FRAGMENTATION_NEEDED,
  ICMP_HEADER,
  ICMP_MTU,
  TIME_EXCEEDED,
} from "../../wire/icmp.ts";
import { ICMPV6_TIME_EXCEEDED, ICMPV6_UNREACHABLE } from "../../wire/icmpv6.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { isIcmp } from "../../wire/network.ts";
import { ACK, SYN } from "../../wire/tcp.ts";
import { tunnelOf } from "./connections.ts";
import type { Finder, Inquiry } from "./inquiry.ts";

/** The client's connection is to another address than the reply comes from; or, of UDP, to another port. */
export const replyElsewhere: Finder = (inquiry): Cause | undefined => {
  const { ends } = inquiry;
  if (ends === undefined || inquiry.connection?.found !== "no-answer") return undefined;
  const isTcp = ends.protocol === PROTOCOL_TCP;
  if (!isTcp && ends.protocol !== PROTOCOL_UDP) return undefined;
  // Who opens a connection does not reply.
  if (isTcp && (ends.flags & (SYN | ACK)) === SYN) return undefined;
  const called = inquiry.destinations.find((destination) => {
    const other = destination.handle === ends.source ? !isTcp : destination.port === ends.sourcePort;
    return other && hasConnection(inquiry, destination, ends.destination, ends.destinationPort);
  });
  return (
    called && {
      kind: "reply-elsewhere",
      server: describeDestination(called),
      client: formatEndpoint(inquiry.address(ends.destination), ends.destinationPort),
      from: formatEndpoint(inquiry.address(ends.source), ends.sourcePort),
      other: called.handle === ends.source ? "port" : "address",
    }
  );
};

/** Whether the client's end has a connection by NAT to this real server. */
function hasConnection({ server }: Inquiry, destination: Destination, client: number, port: number): boolean {
  const { protocol, fwmark, handle, port: virtualPort } = destination.service;
  if (fwmark !== 0 || methodOf(destination.forwarding).name !== "Masq") return false;
  const { connections } = server;
  const row = connections.table.findRequest(protocol, client, port, handle, virtualPort || destination.port);
  return row !== NONE && connections.destinationOf(row) === destination;
}

/** Of IPv4 and IPv6: the destination is not reached, for another reason than the packet's length. */
const isUnreachable = (family: number, type: number, code: number): boolean =>
  family === AF_INET
    ? type === TIME_EXCEEDED || (type === DESTINATION_UNREACHABLE && code !== FRAGMENTATION_NEEDED)
    : type === ICMPV6_TIME_EXCEEDED || type === ICMPV6_UNREACHABLE;

/** What goes through a tunnel comes no further: IPVS turns the error into one about the client's packet. */
export const tunnelRefused: Finder = (inquiry): Cause | undefined => {
  const { frame } = inquiry;
  const connection = inquiry.connection?.connection;
  if (inquiry.verdict !== "tunnel-error" || frame === undefined || connection === undefined) return undefined;
  const server = inquiry.serverOf(connection);
  const destination = inquiry.destinationCalled(server);
  if (destination === undefined) return undefined;
  const { view, transport } = frame;
  const [type, code] = [view.getUint8(transport), view.getUint8(transport + 1)];
  const isMtu = type === DESTINATION_UNREACHABLE && code === FRAGMENTATION_NEEDED;
  const by = inquiry.address(frame.source);
  return {
    kind: "tunnel-refused",
    server,
    tunnel: tunnelOf(destination),
    by,
    type,
    code,
    own: sameAddress(by, connection.destinationAddress),
    mtu: isMtu ? view.getUint16(transport + ICMP_MTU) : 0,
  };
};

/** The real server, or a router before it, sends the client's packet back as an ICMP error. */
export const unreachable: Finder = (inquiry): Cause | undefined => {
  const { frame } = inquiry;
  const { found, connection } = inquiry.connection ?? {};
  if (frame === undefined || !isIcmp(frame) || found !== "answer" || connection === undefined) return undefined;
  if (frame.end - frame.transport < ICMP_HEADER) return undefined;
  const [type, code] = [frame.view.getUint8(frame.transport), frame.view.getUint8(frame.transport + 1)];
  if (!isUnreachable(frame.family, type, code)) return undefined;
  const { protocol, destinationAddress } = connection;
  const by = inquiry.address(frame.source);
  const expired = type === (frame.family === AF_INET ? TIME_EXCEEDED : ICMPV6_TIME_EXCEEDED);
  const own = !expired && sameAddress(by, destinationAddress);
  return {
    kind: "unreachable",
    server: inquiry.serverOf(connection),
    protocol,
    by,
    type,
    code,
    own,
  };
};
