/** Conversations of several packets, or connections, of which IPVS knows nothing: SIP without its engine, QUIC. */
import { NONE } from "../../ipvs/connection-rows.ts";
import { describeDestination } from "../../ipvs/destination.ts";
import { describeService } from "../../ipvs/service.ts";
import { formatAddress, formatEndpoint, sameAddress } from "../../wire/address.ts";
import { PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { UDP_HEADER } from "../../wire/udp.ts";
import type { Finder } from "./inquiry.ts";
import { picksBySource } from "./schedulers.ts";

const SIP_PORT = 5060;

/** A call whose messages go to several servers: nobody reads the Call-ID. */
export const sipSplit: Finder = (inquiry) => {
  const { ends, service, server } = inquiry;
  const created = inquiry.last("created")?.connection;
  if (ends?.protocol !== PROTOCOL_UDP || created === undefined || service === undefined) return undefined;
  if (service.port !== SIP_PORT || service.persistenceEngine !== "") return undefined;
  const now = formatEndpoint(created.destinationAddress, created.destinationPort);
  const { table } = server.connections;
  let before = "";
  table.forEach((row) => {
    const destination = server.connections.destinationOf(row);
    if (destination?.service !== service || table.rows.controlled(row) > 0 || table.rows.control(row) !== NONE) return;
    const isCaller = sameAddress(inquiry.address(table.rows.clientAddress(row)), created.clientAddress);
    const other = describeDestination(destination);
    if (isCaller && other !== now) before = other;
  });
  if (before === "") return undefined;
  return {
    kind: "sip-split",
    client: formatAddress(created.clientAddress),
    before,
    now,
    service: describeService(service),
  };
};

const QUIC_PORT = 443;
/** The first two bits of a packet whose connection is established (RFC 9000, section 17.3). */
const FORM = 0xc0;
const SHORT_HEADER = 0x40;

/** QUIC goes on, from another port or address of its client than it began: for IPVS that is a new connection. */
export const quicMoved: Finder = (inquiry) => {
  const { ends, frame, service } = inquiry;
  const created = inquiry.last("created")?.connection;
  if (ends?.protocol !== PROTOCOL_UDP || frame === undefined || service === undefined || created === undefined)
    return undefined;
  const data = frame.transport + UDP_HEADER;
  if (ends.destinationPort !== QUIC_PORT || frame.end <= data) return undefined;
  if ((frame.view.getUint8(data) & FORM) !== SHORT_HEADER) return undefined;
  // Those look at the client's address: a port that changes moves nobody.
  if (picksBySource(service) || service.persistent) return undefined;
  return {
    kind: "quic-moved",
    client: formatEndpoint(created.clientAddress, created.clientPort),
    server: formatEndpoint(created.destinationAddress, created.destinationPort),
  };
};
