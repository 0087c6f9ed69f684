/** What TCP, UDP and SCTP headers begin with (RFC 9293, RFC 768, RFC 9260): the two ports. Accessors check nothing. */
import type { Frame } from "./frame.ts";

/** Bytes of the two ports. */
export const PORTS = 4;
const DESTINATION_PORT = 2;

export const sourcePort = (frame: Frame): number => frame.view.getUint16(frame.transport);

export const destinationPort = (frame: Frame): number => frame.view.getUint16(frame.transport + DESTINATION_PORT);

/** A later fragment of an IPv6 datagram that nobody put together: IPVS takes the IPv6 header for ports, or for an ICMPv6 error. */
export const isLaterFragment = ({ fragmentOffset }: Frame): boolean => fragmentOffset !== 0;

/** Writes the port; the checksum stays as it was. */
export function setSourcePort(frame: Frame, port: number): void {
  frame.view.setUint16(frame.transport, port);
}

/** Writes the port; the checksum stays as it was. */
export function setDestinationPort(frame: Frame, port: number): void {
  frame.view.setUint16(frame.transport + DESTINATION_PORT, port);
}
