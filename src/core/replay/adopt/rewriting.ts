/** What adopting changes in a packet: its ends, its length where it was left out, its checksums. */
import { AF_INET, writeAddress } from "../../wire/address.ts";
import { checksum, difference16, fold, sum, updated } from "../../wire/checksum.ts";
import {
  finishHeader,
  headerLength,
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_LENGTH,
  IPV4_SOURCE,
  IPV4_TTL,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../../wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_HOP_LIMIT, IPV6_SOURCE } from "../../wire/ipv6.ts";
import { TCP_CHECKSUM } from "../../wire/tcp.ts";
import { UDP_CHECKSUM } from "../../wire/udp.ts";
import type { Datagram, Endpoint } from "./datagram.ts";

const isIpv4 = ({ source }: Datagram): boolean => source.address.family === AF_INET;

const checksumAt = ({ protocol, transport }: Datagram): number =>
  transport + (protocol === PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);

/** The sum of the pseudo header, folded. */
function pseudo(datagram: Datagram): number {
  const { view, protocol, transport, bytes } = datagram;
  const [at, length] = isIpv4(datagram) ? [IPV4_SOURCE, 8] : [IPV6_SOURCE, 32];
  return fold(sum(view, at, length) + protocol + fold(bytes.length - transport));
}

/** Whether the IPv4 header has a checksum that is wrong; one of 0 was left to the network card. */
export const hasWrongHeader = (datagram: Datagram): boolean =>
  isIpv4(datagram) &&
  datagram.view.getUint16(IPV4_CHECKSUM) !== 0 &&
  sum(datagram.view, 0, headerLength(datagram.view, 0)) !== 0xffff;

export const finishIpv4Header = ({ view }: Datagram): void => finishHeader(view, 0);

/** Gives a packet that came to its end where it was recorded another hop: one is between the director and the server. */
export function lendHop(datagram: Datagram): boolean {
  const { view } = datagram;
  const four = isIpv4(datagram);
  const at = four ? IPV4_TTL : IPV6_HOP_LIMIT;
  const before = view.getUint8(at);
  if (before > 1) return false;
  view.setUint8(at, 2);
  const check = four ? view.getUint16(IPV4_CHECKSUM) : 0;
  // One that is still to be made stays so.
  if (check !== 0) view.setUint16(IPV4_CHECKSUM, updated(check, difference16(before << 8, 2 << 8)));
  return true;
}

/**
 * Makes what the recording host had left to its network card: an IPv4 length or checksum of 0, and a transport checksum
 * that is the pseudo header's sum alone. Others stay as they are, wrong ones too, unless `all` are to be made. Whether
 * there was any.
 */
export function finishOffloads(datagram: Datagram, all: boolean): boolean {
  const { view, transport, bytes } = datagram;
  let made = false;
  if (isIpv4(datagram)) {
    const left = view.getUint16(IPV4_LENGTH) === 0;
    if (left) view.setUint16(IPV4_LENGTH, bytes.length);
    const isMissing = view.getUint16(IPV4_CHECKSUM) === 0 && checksum(view, 0, headerLength(view, 0)) !== 0;
    made = left || isMissing || (all && hasWrongHeader(datagram));
    if (made) finishHeader(view, 0);
  }
  if (datagram.fragment !== undefined) return made;
  const start = pseudo(datagram);
  const isWrong = fold(start + sum(view, transport, bytes.length - transport)) !== 0xffff;
  const check = view.getUint16(checksumAt(datagram));
  const isLeft = check === start || (all && (check !== 0 || datagram.protocol === PROTOCOL_TCP));
  if (!isWrong || !isLeft) return made;
  makeTransportChecksum(datagram);
  return true;
}

/** Makes the TCP or UDP checksum anew, of a packet that is no fragment. */
export function makeTransportChecksum(datagram: Datagram): void {
  const { view, transport, bytes } = datagram;
  const at = checksumAt(datagram);
  view.setUint16(at, 0);
  view.setUint16(at, ~fold(pseudo(datagram) + sum(view, transport, bytes.length - transport)) & 0xffff || 0xffff);
}

/** Gives the packet other ends; right checksums stay right, and wrong ones wrong by as much. */
export function readdress(datagram: Datagram, source: Endpoint, destination: Endpoint): void {
  const { view, transport, fragment, bytes } = datagram;
  const four = isIpv4(datagram);
  const [from, to, both] = four ? [IPV4_SOURCE, IPV4_DESTINATION, 8] : [IPV6_SOURCE, IPV6_DESTINATION, 32];
  const before = sum(view, from, both);
  writeAddress(view, from, source.address);
  writeAddress(view, to, destination.address);
  const addresses = (~before & 0xffff) + sum(view, from, both);
  if (four) view.setUint16(IPV4_CHECKSUM, updated(view.getUint16(IPV4_CHECKSUM), addresses));
  if (fragment === "later") return;
  const portsBefore = sum(view, transport, 4);
  view.setUint16(transport, source.port);
  view.setUint16(transport + 2, destination.port);
  const at = checksumAt(datagram);
  // A first fragment may be too short for its checksum.
  if (at + 2 > bytes.length || (datagram.protocol === PROTOCOL_UDP && view.getUint16(at) === 0)) return;
  const ports = (~portsBefore & 0xffff) + sum(view, transport, 4);
  const check = updated(view.getUint16(at), addresses + ports);
  view.setUint16(at, datagram.protocol === PROTOCOL_UDP && check === 0 ? 0xffff : check);
}
