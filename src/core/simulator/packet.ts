/** Packets of either family as simulated hosts read and write them. */
import { type Address, AF_INET, addressAt, firstWord, writeAddress } from "../wire/address.ts";
import { ETHERNET_HEADER } from "../wire/ethernet.ts";
import { Frame } from "../wire/frame.ts";
import { IPV4_DESTINATION, IPV4_HEADER, IPV4_SOURCE, writeIpv4 } from "../wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_HEADER, IPV6_SOURCE, writeIpv6 } from "../wire/ipv6.ts";

const HOP_LIMIT = 64;

export const headerOf = ({ family }: Address): number => (family === AF_INET ? IPV4_HEADER : IPV6_HEADER);

/** What goes into an IP header. Both addresses are of one family. */
export interface PacketFields {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: number;
  /** Bytes behind the IP header. */
  readonly length: number;
  /** IPv4 only. */
  readonly identification: number;
  /** IPv4 only: flags and offset as on the wire. */
  readonly fragment: number;
  /** IPv6 only: as Linux does, every connection has its own. */
  readonly flowLabel: number;
}

/** A packet, complete but for the Ethernet header and what stands behind the IP header, as Director.originate takes it. */
export function newPacket(fields: PacketFields): Frame {
  const { source, destination, protocol, length, identification, fragment, flowLabel } = fields;
  const header = headerOf(source);
  const frame = Frame.allocate(ETHERNET_HEADER + header + length);
  const { view, network } = frame;
  frame.family = source.family;
  frame.protocol = protocol;
  frame.transport = network + header;
  if (source.family === AF_INET) {
    const [from, to] = [firstWord(source), firstWord(destination)];
    const rest = { tos: 0, identification, fragment, ttl: HOP_LIMIT, protocol };
    writeIpv4(view, network, { ...rest, length: header + length, source: from, destination: to });
  } else {
    writeIpv6(view, network, { trafficClass: 0, flowLabel, length, nextHeader: protocol, hopLimit: HOP_LIMIT });
    writeAddress(view, network + IPV6_SOURCE, source);
    writeAddress(view, network + IPV6_DESTINATION, destination);
  }
  return frame;
}

/** Who sent the packet. */
export const sourceOf = ({ view, network, family }: Frame): Address =>
  family === 0 || family === AF_INET
    ? addressAt(view, network + IPV4_SOURCE, AF_INET)
    : addressAt(view, network + IPV6_SOURCE, family);

/** Whom it is for. */
export const destinationOf = ({ view, network, family }: Frame): Address =>
  family === 0 || family === AF_INET
    ? addressAt(view, network + IPV4_DESTINATION, AF_INET)
    : addressAt(view, network + IPV6_DESTINATION, family);

/** A flow label of 20 bits for two ports. */
export const flowLabelOf = (localPort: number, remotePort: number): number =>
  (Math.imul(localPort, 0x9e37) + remotePort) & 0xfffff;
