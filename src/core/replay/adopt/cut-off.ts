/** Packets of which a capture kept the beginning only, as with `tcpdump -s 96`. */
import { AF_INET } from "../../wire/address.ts";
import { IPV4_LENGTH, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_PAYLOAD_LENGTH } from "../../wire/ipv6.ts";
import { UDP_CHECKSUM } from "../../wire/udp.ts";
import type { Datagram } from "./datagram.ts";
import { makeTransportChecksum } from "./rewriting.ts";

/** The packet as long as its header says, filled up with zeros; the same bytes if it is as long already. */
export function filledUp(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const six = view.getUint8(0) >> 4 === 6;
  const length = six ? IPV6_HEADER + view.getUint16(IPV6_PAYLOAD_LENGTH) : view.getUint16(IPV4_LENGTH);
  if (length <= bytes.length) return bytes;
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}

/** The checksum was that of data which is not there: it is made over what there is now, if there was one. */
export function checkAnew(datagram: Datagram): void {
  const { view, transport, protocol, fragment, source } = datagram;
  if (fragment !== undefined) return;
  const unchecked = source.address.family === AF_INET && protocol === PROTOCOL_UDP;
  if (unchecked && view.getUint16(transport + UDP_CHECKSUM) === 0) return;
  makeTransportChecksum(datagram);
}
