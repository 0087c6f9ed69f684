/** TCP and UDP packets as adopting reads and rewrites them: from the IP header on. */
import { type Address, AF_INET, AF_INET6, addressAt, formatAddress } from "../../wire/address.ts";
import { checksum, fold, sum, updated } from "../../wire/checksum.ts";
import { headerLength, IPV4_CHECKSUM, IPV4_PROTOCOL, PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_NEXT_HEADER } from "../../wire/ipv6.ts";
import { TCP_CHECKSUM } from "../../wire/tcp.ts";
import { UDP_CHECKSUM } from "../../wire/udp.ts";

export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** What a packet is: where it comes from and goes to. `transport` is the offset of the TCP or UDP header. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly protocol: number;
  readonly transport: number;
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

export const endpointKey = ({ address, port }: Endpoint): string => `${formatAddress(address)} ${port}`;

/** Why a packet is of no use: the words stand behind their number. */
export type Unusable = "no TCP or UDP" | "fragments" | "cut by the snap length";

/** Takes the packet apart; the bytes are kept as they are, not copied. */
export function readDatagram(bytes: Uint8Array): Datagram | Unusable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const six = view.getUint8(0) >> 4 === 6;
  const transport = six ? IPV6_HEADER : headerLength(view, 0);
  const protocol = view.getUint8(six ? IPV6_NEXT_HEADER : IPV4_PROTOCOL);
  if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return "no TCP or UDP";
  if (!six && (view.getUint16(6) & 0x3fff) !== 0) return "fragments";
  const said = six ? IPV6_HEADER + view.getUint16(4) : view.getUint16(2);
  if (said > bytes.length || transport + (protocol === PROTOCOL_TCP ? 20 : 8) > bytes.length)
    return "cut by the snap length";
  const [from, to] = six ? [8, 24] : [12, 16];
  const family = six ? AF_INET6 : AF_INET;
  return {
    bytes,
    view,
    protocol,
    transport,
    source: { address: addressAt(view, from, family), port: view.getUint16(transport) },
    destination: { address: addressAt(view, to, family), port: view.getUint16(transport + 2) },
  };
}

const checksumAt = ({ protocol, transport }: Datagram): number =>
  transport + (protocol === PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);

const isIpv4 = ({ source }: Datagram): boolean => source.address.family === AF_INET;

/** The sum of the pseudo header, folded. */
function pseudo(datagram: Datagram): number {
  const { view, protocol, transport, bytes } = datagram;
  const [at, length] = isIpv4(datagram) ? [12, 8] : [8, 32];
  return fold(sum(view, at, length) + protocol + fold(bytes.length - transport));
}

/**
 * Makes the checksums that the recording host had left to its network card: an IPv4 checksum of 0, and a transport
 * checksum that is the pseudo header's sum alone. Others stay as they are, wrong ones too. Whether there were any.
 */
export function finishChecksums(datagram: Datagram): boolean {
  const { view, transport, bytes } = datagram;
  let made = false;
  if (isIpv4(datagram) && view.getUint16(IPV4_CHECKSUM) === 0 && checksum(view, 0, transport) !== 0) {
    view.setUint16(IPV4_CHECKSUM, checksum(view, 0, transport));
    made = true;
  }
  const at = checksumAt(datagram);
  const length = bytes.length - transport;
  const start = pseudo(datagram);
  const isWrong = fold(start + sum(view, transport, length)) !== 0xffff;
  if (isWrong && view.getUint16(at) === start) {
    makeTransportChecksum(datagram);
    made = true;
  }
  return made;
}

/** Makes the TCP or UDP checksum anew. */
export function makeTransportChecksum(datagram: Datagram): void {
  const { view, transport, bytes } = datagram;
  const at = checksumAt(datagram);
  view.setUint16(at, 0);
  view.setUint16(at, ~fold(pseudo(datagram) + sum(view, transport, bytes.length - transport)) & 0xffff || 0xffff);
}

/** Gives the packet other ends; right checksums stay right, and wrong ones wrong by as much. */
export function readdress(datagram: Datagram, source: Endpoint, destination: Endpoint): void {
  const { view, transport } = datagram;
  const [from, to, size] = isIpv4(datagram) ? [12, 16, 4] : [8, 24, 16];
  const before = addressSum(view, from, size);
  const portsBefore = sum(view, transport, 4);
  for (let word = 0; word < size / 4; word++) {
    view.setUint32(from + word * 4, source.address.words[word] ?? 0);
    view.setUint32(to + word * 4, destination.address.words[word] ?? 0);
  }
  view.setUint16(transport, source.port);
  view.setUint16(transport + 2, destination.port);
  const addresses = (~before & 0xffff) + addressSum(view, from, size);
  if (isIpv4(datagram)) view.setUint16(IPV4_CHECKSUM, updated(view.getUint16(IPV4_CHECKSUM), addresses));
  const at = checksumAt(datagram);
  if (datagram.protocol === PROTOCOL_UDP && view.getUint16(at) === 0) return;
  const ports = (~portsBefore & 0xffff) + sum(view, transport, 4);
  const check = updated(view.getUint16(at), addresses + ports);
  view.setUint16(at, datagram.protocol === PROTOCOL_UDP && check === 0 ? 0xffff : check);
}

/** Both addresses: they stand one behind the other. */
const addressSum = (view: DataView, at: number, size: number): number => sum(view, at, 2 * size);
