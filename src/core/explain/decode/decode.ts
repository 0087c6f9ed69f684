/** A frame's headers field by field, by the names that RFCs and Wireshark use. */
import { AF_INET, AF_INET6, type Family, formatIpv4, formatMac } from "../../wire/address.ts";
import {
  ARP_LENGTH,
  ARP_OPERATION,
  ARP_REPLY,
  ARP_REQUEST,
  ARP_SENDER_IP,
  ARP_SENDER_MAC,
  ARP_TARGET_IP,
  ARP_TARGET_MAC,
} from "../../wire/arp.ts";
import { sum } from "../../wire/checksum.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
} from "../../wire/ethernet.ts";
import { ICMP_HEADER } from "../../wire/icmp.ts";
import {
  fragmentOffset,
  headerLength,
  IPV4_HEADER,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  isFragment,
  PROTOCOL_ICMP,
} from "../../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_PAYLOAD_LENGTH, IPV6_SOURCE, PROTOCOL_ICMPV6 } from "../../wire/ipv6.ts";
import { readChain } from "../../wire/ipv6-chain.ts";
import { UDP_CHECKSUM } from "../../wire/udp.ts";
import { decodeIcmp, decodeIcmpv6 } from "./icmp.ts";
import { data, hex, type Layer, type Quoted } from "./layers.ts";
import { extensionLayer, ipv4Fields, ipv6Fields } from "./network.ts";
import { type Carried, decodeTransport } from "./transport.ts";
import { type Tunnel, tunnelIn } from "./tunnels.ts";

/** The layers of a frame from the outside in. Whatever is truncated or unknown ends in a layer of data; nothing throws. */
export function decode(bytes: Uint8Array): Layer[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < ETHERNET_HEADER) return data(bytes.length);
  const etherType = view.getUint16(ETHERNET_TYPE);
  const ethernet: Layer = {
    name: "Ethernet",
    fields: [
      { name: "destination", value: formatMac(bytes, 0) },
      { name: "source", value: formatMac(bytes, ETHERNET_SOURCE) },
      { name: "type", value: `${hex(etherType, 4)}${TYPE_WORDS[etherType] ?? ""}` },
    ],
  };
  if (etherType === ETHERTYPE_ARP) return [ethernet, ...decodeArp(bytes, view)];
  if (etherType === ETHERTYPE_IPV4)
    return [ethernet, ...decodePacket(view, AF_INET, ETHERNET_HEADER, bytes.length, "")];
  if (etherType === ETHERTYPE_IPV6)
    return [ethernet, ...decodePacket(view, AF_INET6, ETHERNET_HEADER, bytes.length, "")];
  return [ethernet, ...data(bytes.length - ETHERNET_HEADER)];
}

const TYPE_WORDS: Readonly<Record<number, string>> = {
  [ETHERTYPE_IPV4]: " (IPv4)",
  [ETHERTYPE_ARP]: " (ARP)",
  [ETHERTYPE_IPV6]: " (IPv6)",
};

function decodeArp(bytes: Uint8Array, view: DataView): Layer[] {
  const at = ETHERNET_HEADER;
  if (bytes.length - at < ARP_LENGTH) return data(bytes.length - at);
  const operation = view.getUint16(at + ARP_OPERATION);
  const word = operation === ARP_REQUEST ? "1 (request)" : operation === ARP_REPLY ? "2 (reply)" : String(operation);
  return [
    {
      name: "ARP",
      fields: [
        { name: "operation", value: word },
        { name: "sender MAC", value: formatMac(bytes, at + ARP_SENDER_MAC) },
        { name: "sender IP", value: formatIpv4(view.getUint32(at + ARP_SENDER_IP)) },
        { name: "target MAC", value: formatMac(bytes, at + ARP_TARGET_MAC) },
        { name: "target IP", value: formatIpv4(view.getUint32(at + ARP_TARGET_IP)) },
      ],
    },
  ];
}

/** From an IP header to the end. `quoted`: inside an ICMP error, where packets may be truncated and no sum is checked. */
const decodePacket = (view: DataView, family: Family, at: number, limit: number, quoted: Quoted): Layer[] =>
  family === AF_INET ? decodeIpv4(view, at, limit, quoted) : decodeIpv6(view, at, limit, quoted);

function decodeIpv4(view: DataView, at: number, limit: number, quoted: Quoted): Layer[] {
  const there = limit - at;
  if (there < IPV4_HEADER || view.getUint8(at) >> 4 !== 4 || headerLength(view, at) < IPV4_HEADER) return data(there);
  const protocol = view.getUint8(at + IPV4_PROTOCOL);
  const transport = at + headerLength(view, at);
  const length = view.getUint16(at + IPV4_LENGTH);
  const end = Math.min(limit, at + length);
  const tunnel = fragmentOffset(view, at) === 0 ? tunnelIn(view, AF_INET, protocol, transport, end) : undefined;
  const name = tunnel === undefined ? (`${quoted}IPv4` as const) : (`${quoted}outer IPv4` as const);
  const header: Layer = { name, fields: ipv4Fields(view, at, transport) };
  if (fragmentOffset(view, at) !== 0) return [header, ...data(end - transport)];
  const whole = quoted === "" && !isFragment(view, at) && at + length <= limit;
  const addresses = sum(view, at + IPV4_SOURCE, 2 * 4);
  return [header, ...decodeContent({ view, protocol, at: transport, end, addresses, whole, quoted }, tunnel, AF_INET)];
}

function decodeIpv6(view: DataView, at: number, limit: number, quoted: Quoted): Layer[] {
  const there = limit - at;
  if (there < IPV6_HEADER || view.getUint8(at) >> 4 !== 6) return data(there);
  const length = IPV6_HEADER + view.getUint16(at + IPV6_PAYLOAD_LENGTH);
  const end = Math.min(limit, at + length);
  const {
    extensions,
    protocol,
    transport,
    fragmentHeader,
    fragmentOffset: offset,
    moreFragments,
  } = readChain(view, at, end);
  const tunnel = offset === 0 ? tunnelIn(view, AF_INET6, protocol, transport, end) : undefined;
  const name = tunnel === undefined ? (`${quoted}IPv6` as const) : (`${quoted}outer IPv6` as const);
  const headers: Layer[] = [
    { name, fields: ipv6Fields(view, at) },
    ...extensions.map(({ type, at: place, length }) => extensionLayer(view, type, place, length, quoted)),
  ];
  if (offset !== 0) return [...headers, ...data(end - transport)];
  // A fragment header alone makes no fragment.
  const whole = quoted === "" && (fragmentHeader < 0 || !moreFragments) && at + length <= limit;
  const addresses = sum(view, at + IPV6_SOURCE, 2 * 16);
  return [
    ...headers,
    ...decodeContent({ view, protocol, at: transport, end, addresses, whole, quoted }, tunnel, AF_INET6),
  ];
}

/** What an IP header of `family` carries: another packet, an ICMP message, or a transport header. */
function decodeContent(carried: Carried, tunnel: Tunnel | undefined, family: Family): Layer[] {
  const { view, protocol, at, end, quoted } = carried;
  if (tunnel !== undefined) {
    const inner = decodePacket(view, tunnel.family, at + tunnel.header, end, quoted);
    return [...tunnelLayer(view, at, tunnel), ...inner];
  }
  if (protocol === (family === AF_INET ? PROTOCOL_ICMP : PROTOCOL_ICMPV6) && quoted === "" && end - at >= ICMP_HEADER) {
    const { layer, content } = family === AF_INET ? decodeIcmp(carried) : decodeIcmpv6(carried);
    const inside = at + ICMP_HEADER;
    return [layer, ...(content === "packet" ? decodePacket(view, family, inside, end, "quoted ") : data(content))];
  }
  return decodeTransport(carried);
}

/** What stands between the outer IP header and the one inside. */
function tunnelLayer(view: DataView, at: number, { name }: Tunnel): Layer[] {
  if (name === "GRE") return [{ name: "GRE", fields: [{ name: "flags", value: hex(view.getUint16(at), 4) }] }];
  if (name !== "GUE") return [];
  const ports = [
    { name: "source port", value: String(view.getUint16(at)) },
    { name: "destination port", value: String(view.getUint16(at + 2)) },
  ];
  return [{ name: "GUE", fields: [...ports, { name: "checksum", value: hex(view.getUint16(at + UDP_CHECKSUM), 4) }] }];
}
