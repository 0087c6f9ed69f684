/** A frame's headers field by field, by the names that RFCs and Wireshark use. */
import { formatIpv4, formatMac } from "../wire/address.ts";
import {
  ARP_LENGTH,
  ARP_OPERATION,
  ARP_REPLY,
  ARP_REQUEST,
  ARP_SENDER_IP,
  ARP_SENDER_MAC,
  ARP_TARGET_IP,
  ARP_TARGET_MAC,
} from "../wire/arp.ts";
import { sum } from "../wire/checksum.ts";
import { ETHERNET_HEADER, ETHERNET_SOURCE, ETHERNET_TYPE, ETHERTYPE_ARP, ETHERTYPE_IPV4 } from "../wire/ethernet.ts";
import { ICMP_CHECKSUM, ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE, icmpName, isIcmpError } from "../wire/icmp.ts";
import {
  DONT_FRAGMENT,
  fragmentOffset,
  headerLength,
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOS,
  IPV4_TTL,
  isFragment,
  MORE_FRAGMENTS,
  PROTOCOL_ICMP,
} from "../wire/ipv4.ts";
import { UDP_CHECKSUM } from "../wire/udp.ts";
import { decodeTransport } from "./decode-transport.ts";
import { data, type Field, hex, type Layer, sumText } from "./layers.ts";
import { protocolWord } from "./summary.ts";
import { type TunnelName, tunnelHeader, tunnelIn } from "./tunnels.ts";

/** The layers of a frame from the outside in. Whatever is cut off or unknown ends in a layer of data; nothing throws. */
export function decode(bytes: Uint8Array): Layer[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < ETHERNET_HEADER) return data(bytes.length);
  const etherType = view.getUint16(ETHERNET_TYPE);
  const ethernet: Layer = {
    name: "Ethernet",
    fields: [
      { name: "destination", value: formatMac(bytes, 0) },
      { name: "source", value: formatMac(bytes, ETHERNET_SOURCE) },
      { name: "type", value: typeText(etherType) },
    ],
  };
  if (etherType === ETHERTYPE_ARP) return [ethernet, ...decodeArp(bytes, view)];
  if (etherType === ETHERTYPE_IPV4) return [ethernet, ...decodeIpv4(view, ETHERNET_HEADER, bytes.length, "")];
  return [ethernet, ...data(bytes.length - ETHERNET_HEADER)];
}

const typeText = (type: number): string =>
  `${hex(type, 4)}${type === ETHERTYPE_IPV4 ? " (IPv4)" : type === ETHERTYPE_ARP ? " (ARP)" : ""}`;

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

/** From an IPv4 header to the end. `quoted` is "quoted " inside an ICMP error, where packets may be cut off and no sum is checked. */
function decodeIpv4(view: DataView, at: number, limit: number, quoted: "" | "quoted "): Layer[] {
  const there = limit - at;
  if (there < IPV4_HEADER || view.getUint8(at) >> 4 !== 4 || headerLength(view, at) < IPV4_HEADER) return data(there);
  const protocol = view.getUint8(at + IPV4_PROTOCOL);
  const transport = at + headerLength(view, at);
  const end = Math.min(limit, at + view.getUint16(at + IPV4_LENGTH));
  const tunnel = fragmentOffset(view, at) === 0 ? tunnelIn(view, protocol, transport, end) : undefined;
  const name = tunnel === undefined ? (`${quoted}IPv4` as const) : (`${quoted}outer IPv4` as const);
  const header: Layer = { name, fields: ipv4Fields(view, at, transport) };
  if (fragmentOffset(view, at) !== 0) return [header, ...data(end - transport)];
  if (tunnel !== undefined) {
    const inner = decodeIpv4(view, transport + tunnelHeader(view, transport, tunnel), end, quoted);
    return [header, ...tunnelLayer(view, transport, tunnel), ...inner];
  }
  const icmp = protocol === PROTOCOL_ICMP && quoted === "" && end - transport >= ICMP_HEADER;
  if (icmp) return [header, ...decodeIcmp(view, transport, end, !isFragment(view, at))];
  return [header, ...decodeTransport(view, at, transport, end, quoted)];
}

/** What stands between the outer IPv4 header and the one inside. */
function tunnelLayer(view: DataView, at: number, tunnel: TunnelName): Layer[] {
  if (tunnel === "IPIP") return [];
  if (tunnel === "GRE") return [{ name: "GRE", fields: [{ name: "flags", value: hex(view.getUint16(at), 4) }] }];
  const ports = [
    { name: "source port", value: String(view.getUint16(at)) },
    { name: "destination port", value: String(view.getUint16(at + 2)) },
  ];
  return [{ name: "GUE", fields: [...ports, { name: "checksum", value: hex(view.getUint16(at + UDP_CHECKSUM), 4) }] }];
}

function ipv4Fields(view: DataView, at: number, transport: number): Field[] {
  const fields = [
    { name: "source", value: formatIpv4(view.getUint32(at + IPV4_SOURCE)) },
    { name: "destination", value: formatIpv4(view.getUint32(at + IPV4_DESTINATION)) },
    { name: "TTL", value: String(view.getUint8(at + IPV4_TTL)) },
    { name: "TOS", value: hex(view.getUint8(at + IPV4_TOS), 2) },
    { name: "length", value: String(view.getUint16(at + IPV4_LENGTH)) },
    { name: "id", value: hex(view.getUint16(at + IPV4_IDENTIFICATION), 4) },
    { name: "fragment", value: fragmentText(view.getUint16(at + IPV4_FRAGMENT), fragmentOffset(view, at)) },
    {
      name: "protocol",
      value: `${view.getUint8(at + IPV4_PROTOCOL)} (${protocolWord(view.getUint8(at + IPV4_PROTOCOL))})`,
    },
  ];
  const options = transport - at - IPV4_HEADER;
  if (options > 0) fields.push({ name: "options", value: `${options} bytes` });
  const sound = transport <= view.byteLength && sum(view, at, transport - at) === 0xffff;
  return [...fields, { name: "checksum", value: sumText(view.getUint16(at + IPV4_CHECKSUM), sound) }];
}

function fragmentText(bits: number, offset: number): string {
  const words = [];
  if ((bits & DONT_FRAGMENT) !== 0) words.push("DF");
  if ((bits & MORE_FRAGMENTS) !== 0) words.push("MF");
  if (offset !== 0) words.push(`offset ${offset}`);
  return words.length === 0 ? "none" : words.join(", ");
}

function decodeIcmp(view: DataView, at: number, end: number, whole: boolean): Layer[] {
  const type = view.getUint8(at + ICMP_TYPE);
  const code = view.getUint8(at + ICMP_CODE);
  const sound = !whole || sum(view, at, end - at) === 0xffff;
  const layer: Layer = {
    name: "ICMP",
    fields: [
      { name: "type", value: `${type} (${icmpName(type, code)})` },
      { name: "code", value: String(code) },
      { name: "rest", value: hex(view.getUint32(at + ICMP_REST), 8) },
      { name: "checksum", value: sumText(view.getUint16(at + ICMP_CHECKSUM), sound) },
    ],
  };
  const inside = at + ICMP_HEADER;
  return [layer, ...(isIcmpError(type) ? decodeIpv4(view, inside, end, "quoted ") : data(end - inside))];
}
