/** A frame's headers field by field, by the names that RFCs and Wireshark use; and what differs between two frames. */
import { formatIpv4, formatMac } from "../wire/address.ts";
import { ARP_LENGTH, ARP_OPERATION, ARP_REPLY, ARP_REQUEST, ARP_SENDER_IP, ARP_SENDER_MAC, ARP_TARGET_IP, ARP_TARGET_MAC } from "../wire/arp.ts";
import { fold, pseudoHeaderSum, sum } from "../wire/checksum.ts";
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
  PROTOCOL_IPIP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import { flagsText, TCP_ACKNOWLEDGEMENT, TCP_CHECKSUM, TCP_FLAGS, TCP_HEADER, TCP_SEQUENCE, TCP_WINDOW, tcpHeaderLength } from "../wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../wire/udp.ts";
import { protocolWord } from "./summary.ts";

/** A field by name with its value as people write it: addresses dotted, bits and checksums in hexadecimal. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

export type LayerName = "Ethernet" | "ARP" | "IPv4" | "outer IPv4" | "TCP" | "UDP" | "ICMP" | "quoted IPv4" | "quoted TCP" | "quoted UDP" | "data";

/** A header, or the data behind all headers. */
export interface Layer {
  readonly name: LayerName;
  readonly fields: readonly Field[];
}

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, "0")}`;

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

const data = (length: number): Layer[] =>
  length <= 0 ? [] : [{ name: "data", fields: [{ name: "length", value: `${length} bytes` }] }];

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
  const tunnel = quoted === "" && protocol === PROTOCOL_IPIP;
  const header: Layer = { name: tunnel ? "outer IPv4" : `${quoted}IPv4`, fields: ipv4Fields(view, at, transport) };
  if (fragmentOffset(view, at) !== 0) return [header, ...data(end - transport)];
  if (tunnel) return [header, ...decodeIpv4(view, transport, end, "")];
  return [header, ...decodeTransport(view, at, transport, end, quoted)];
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
    { name: "protocol", value: `${view.getUint8(at + IPV4_PROTOCOL)} (${protocolWord(view.getUint8(at + IPV4_PROTOCOL))})` },
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

const sumText = (value: number, sound: boolean): string => `${hex(value, 4)}${sound ? "" : " (wrong)"}`;

function decodeTransport(view: DataView, network: number, at: number, end: number, quoted: "" | "quoted "): Layer[] {
  const protocol = view.getUint8(network + IPV4_PROTOCOL);
  const there = end - at;
  // A sum over a packet that is not whole says nothing.
  const whole = quoted === "" && !isFragment(view, network);
  if (protocol === PROTOCOL_TCP && there >= (quoted === "" ? TCP_HEADER : 8)) {
    return decodeTcp(view, network, at, end, quoted, whole);
  }
  if (protocol === PROTOCOL_UDP && there >= UDP_HEADER) {
    const check = view.getUint16(at + UDP_CHECKSUM);
    const sound = !whole || check === 0 || isTransportSound(view, network, at, end, PROTOCOL_UDP);
    const length = { name: "length", value: String(view.getUint16(at + UDP_LENGTH)) };
    const checksum = { name: "checksum", value: check === 0 ? "0x0000 (none)" : sumText(check, sound) };
    return [{ name: `${quoted}UDP`, fields: [...ports(view, at), length, checksum] }, ...data(there - UDP_HEADER)];
  }
  return protocol === PROTOCOL_ICMP && quoted === "" && there >= ICMP_HEADER
    ? decodeIcmp(view, at, end, whole)
    : data(there);
}

const ports = (view: DataView, at: number): Field[] => [
  { name: "source port", value: String(view.getUint16(at)) },
  { name: "destination port", value: String(view.getUint16(at + 2)) },
];

function decodeTcp(view: DataView, network: number, at: number, end: number, quoted: "" | "quoted ", whole: boolean): Layer[] {
  const fields = [...ports(view, at), { name: "sequence", value: String(view.getUint32(at + TCP_SEQUENCE)) }];
  if (end - at < TCP_HEADER) return [{ name: `${quoted}TCP`, fields }];
  const header = tcpHeaderLength(view, at);
  fields.push(
    { name: "acknowledgement", value: String(view.getUint32(at + TCP_ACKNOWLEDGEMENT)) },
    { name: "flags", value: flagsText(view.getUint8(at + TCP_FLAGS)) },
    { name: "window", value: String(view.getUint16(at + TCP_WINDOW)) },
  );
  if (header > TCP_HEADER && at + header <= end) fields.push({ name: "options", value: bytesText(view, at + TCP_HEADER, at + header) });
  const sound = !whole || isTransportSound(view, network, at, end, PROTOCOL_TCP);
  fields.push({ name: "checksum", value: sumText(view.getUint16(at + TCP_CHECKSUM), sound) });
  return [{ name: `${quoted}TCP`, fields }, ...data(end - at - header)];
}

function bytesText(view: DataView, from: number, to: number): string {
  const pairs = Array.from({ length: to - from }, (_, index) => view.getUint8(from + index).toString(16).padStart(2, "0"));
  return pairs.join(" ");
}

function isTransportSound(view: DataView, network: number, at: number, end: number, protocol: number): boolean {
  const source = view.getUint32(network + IPV4_SOURCE);
  const destination = view.getUint32(network + IPV4_DESTINATION);
  return fold(sum(view, at, end - at) + pseudoHeaderSum(source, destination, protocol, end - at)) === 0xffff;
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
