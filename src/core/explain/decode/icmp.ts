/** ICMP and ICMPv6 messages field by field. */
import { AF_INET6, addressAt, formatAddress } from "../../wire/address.ts";
import { sum } from "../../wire/checksum.ts";
import { macText } from "../../wire/ethernet.ts";
import { ICMP_CHECKSUM, ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE, icmpName, isIcmpError } from "../../wire/icmp.ts";
import {
  ICMPV6_CHECKSUM,
  icmpv6Name,
  isIcmpv6Error,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  PACKET_TOO_BIG,
} from "../../wire/icmpv6.ts";
import {
  advertisementFlags,
  DISCOVERY_MESSAGE,
  linkLayerOption,
  OVERRIDE,
  ROUTER,
  SOLICITED,
  SOURCE_LINK_LAYER,
  TARGET,
  TARGET_LINK_LAYER,
} from "../../wire/neighbor-discovery.ts";
import { type Field, hex, type Layer, sumText } from "./layers.ts";
import { type Carried, checksumText } from "./transport.ts";

/** A message, and what follows its first 8 bytes: the packet that an error quotes, or so many bytes of data. */
interface Message {
  readonly layer: Layer;
  readonly content: "packet" | number;
}

/** The message's first 8 bytes are there. */
export function decodeIcmp({ view, at, end, whole }: Carried): Message {
  const type = view.getUint8(at + ICMP_TYPE);
  const code = view.getUint8(at + ICMP_CODE);
  const sound = !whole || sum(view, at, end - at) === 0xffff;
  const fields = [
    { name: "type", value: `${type} (${icmpName(type, code)})` },
    { name: "code", value: String(code) },
    { name: "rest", value: hex(view.getUint32(at + ICMP_REST), 8) },
    { name: "checksum", value: sumText(view.getUint16(at + ICMP_CHECKSUM), sound) },
  ];
  return { layer: { name: "ICMP", fields }, content: isIcmpError(type) ? "packet" : end - at - ICMP_HEADER };
}

/** The message's first 8 bytes are there. Its checksum covers the pseudo header too. */
export function decodeIcmpv6(carried: Carried): Message {
  const { view, at, end } = carried;
  const type = view.getUint8(at + ICMP_TYPE);
  const code = view.getUint8(at + ICMP_CODE);
  const isDiscovery =
    (type === NEIGHBOR_SOLICITATION || type === NEIGHBOR_ADVERTISEMENT) && end - at >= DISCOVERY_MESSAGE;
  const fields = [
    { name: "type", value: `${type} (${icmpv6Name(type, code)})` },
    { name: "code", value: String(code) },
    ...(isDiscovery ? discoveryFields(view, at, end, type) : [restField(view, at, type)]),
    { name: "checksum", value: checksumText(carried, view.getUint16(at + ICMPV6_CHECKSUM)) },
  ];
  const data = isDiscovery ? 0 : end - at - ICMP_HEADER;
  return { layer: { name: "ICMPv6", fields }, content: isIcmpv6Error(type) ? "packet" : data };
}

function restField(view: DataView, at: number, type: number): Field {
  const rest = view.getUint32(at + ICMP_REST);
  return type === PACKET_TOO_BIG ? { name: "MTU", value: String(rest) } : { name: "rest", value: hex(rest, 8) };
}

/** RFC 4861, sections 4.3 and 4.4. */
function discoveryFields(view: DataView, at: number, end: number, type: number): Field[] {
  const asks = type === NEIGHBOR_SOLICITATION;
  const mac = linkLayerOption(view, at + DISCOVERY_MESSAGE, end, asks ? SOURCE_LINK_LAYER : TARGET_LINK_LAYER);
  return [
    ...(asks ? [] : [{ name: "flags", value: flagWords(advertisementFlags(view, at)) }]),
    { name: "target", value: formatAddress(addressAt(view, at + TARGET, AF_INET6)) },
    ...(mac < 0 ? [] : [{ name: asks ? "source MAC" : "target MAC", value: macText(mac) }]),
  ];
}

function flagWords(flags: number): string {
  const words = [
    (flags & ROUTER) === 0 ? "" : "router",
    (flags & SOLICITED) === 0 ? "" : "solicited",
    (flags & OVERRIDE) === 0 ? "" : "override",
  ];
  return words.filter(Boolean).join(", ") || "none";
}
