/** IPv4 and IPv6 headers field by field, and IPv6 extension headers. */

import { ipOptionText } from "../../packet/ip-option-words.ts";
import { AF_INET6, addressAt, formatAddress, formatIpv4 } from "../../wire/address.ts";
import { sum } from "../../wire/checksum.ts";
import {
  DONT_FRAGMENT,
  fragmentOffset,
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
  MORE_FRAGMENTS,
} from "../../wire/ipv4.ts";
import {
  AUTHENTICATION,
  FRAGMENT,
  FRAGMENT_IDENTIFICATION,
  flowLabel,
  HOP_BY_HOP,
  IPV6_DESTINATION,
  IPV6_HOP_LIMIT,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  IPV6_SOURCE,
  ROUTING,
  trafficClass,
} from "../../wire/ipv6.ts";
import { protocolWord } from "../summary.ts";
import { type ExtensionName, type Field, hex, type Layer, type Quoted, sumText } from "./layers.ts";

/** `transport` is where the header ends. */
export function ipv4Fields(view: DataView, at: number, transport: number): Field[] {
  const fields = [
    { name: "source", value: formatIpv4(view.getUint32(at + IPV4_SOURCE)) },
    { name: "destination", value: formatIpv4(view.getUint32(at + IPV4_DESTINATION)) },
    { name: "TTL", value: String(view.getUint8(at + IPV4_TTL)) },
    { name: "TOS", value: hex(view.getUint8(at + IPV4_TOS), 2) },
    { name: "length", value: String(view.getUint16(at + IPV4_LENGTH)) },
    { name: "id", value: hex(view.getUint16(at + IPV4_IDENTIFICATION), 4) },
    { name: "fragment", value: fragmentText(view.getUint16(at + IPV4_FRAGMENT), fragmentOffset(view, at)) },
    { name: "protocol", value: numberAndWord(view.getUint8(at + IPV4_PROTOCOL)) },
  ];
  const options = transport - at - IPV4_HEADER;
  if (options > 0) fields.push({ name: "options", value: optionsText(view, at, options) });
  const sound = transport <= view.byteLength && sum(view, at, transport - at) === 0xffff;
  return [...fields, { name: "checksum", value: sumText(view.getUint16(at + IPV4_CHECKSUM), sound) }];
}

function optionsText(view: DataView, at: number, length: number): string {
  const there = Math.max(0, Math.min(length, view.byteLength - at - IPV4_HEADER));
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at + IPV4_HEADER, there);
  const text = ipOptionText(bytes);
  return text === "" ? `${length} bytes` : text;
}

const numberAndWord = (protocol: number): string => `${protocol} (${protocolWord(protocol)})`;

function fragmentText(bits: number, offset: number): string {
  const words = [];
  if ((bits & DONT_FRAGMENT) !== 0) words.push("DF");
  if ((bits & MORE_FRAGMENTS) !== 0) words.push("MF");
  if (offset !== 0) words.push(`offset ${offset}`);
  return words.length === 0 ? "none" : words.join(", ");
}

/** There is no checksum among them. */
export const ipv6Fields = (view: DataView, at: number): Field[] => [
  { name: "source", value: formatAddress(addressAt(view, at + IPV6_SOURCE, AF_INET6)) },
  { name: "destination", value: formatAddress(addressAt(view, at + IPV6_DESTINATION, AF_INET6)) },
  { name: "hop limit", value: String(view.getUint8(at + IPV6_HOP_LIMIT)) },
  { name: "traffic class", value: hex(trafficClass(view, at), 2) },
  { name: "flow label", value: hex(flowLabel(view, at), 5) },
  { name: "payload length", value: String(view.getUint16(at + IPV6_PAYLOAD_LENGTH)) },
  { name: "next header", value: numberAndWord(view.getUint8(at + IPV6_NEXT_HEADER)) },
];

/** An extension header, of which the first 8 bytes are there. */
export function extensionLayer(view: DataView, type: number, at: number, length: number, quoted: Quoted): Layer {
  const next = { name: "next header", value: numberAndWord(view.getUint8(at)) };
  const name: Layer["name"] = `${quoted}${extensionName(type)}`;
  if (type !== FRAGMENT) return { name, fields: [next, { name: "length", value: `${length} bytes` }] };
  const field = view.getUint16(at + 2);
  return {
    name,
    fields: [
      next,
      { name: "offset", value: String(field & ~7) },
      { name: "more fragments", value: (field & 1) === 0 ? "no" : "yes" },
      { name: "id", value: hex(view.getUint32(at + FRAGMENT_IDENTIFICATION), 8) },
    ],
  };
}

function extensionName(type: number): ExtensionName {
  switch (type) {
    case HOP_BY_HOP:
      return "hop-by-hop options";
    case ROUTING:
      return "routing header";
    case FRAGMENT:
      return "fragment header";
    case AUTHENTICATION:
      return "authentication header";
    default:
      return "destination options";
  }
}
