/** A frame as named fields, each a text: what a comparison shows. Written for people; the walk reads frames by offsets. */
import { AF_INET, AF_INET6, addressAt, type Family, formatAddress, formatIpv4, formatMac } from "../wire/address.ts";
import {
  ARP_LENGTH,
  ARP_OPERATION,
  ARP_SENDER_IP,
  ARP_SENDER_MAC,
  ARP_TARGET_IP,
  ARP_TARGET_MAC,
} from "../wire/arp.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
} from "../wire/ethernet.ts";
import { ICMP_CHECKSUM, ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE, isIcmpError } from "../wire/icmp.ts";
import { isIcmpv6Error, NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION } from "../wire/icmpv6.ts";
import {
  FRAGMENT_OFFSET,
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
  PROTOCOL_ICMP,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import {
  FRAGMENT,
  FRAGMENT_IDENTIFICATION,
  flowLabel,
  HOP_BY_HOP,
  IPV6_DESTINATION,
  IPV6_HEADER,
  IPV6_HOP_LIMIT,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  IPV6_SOURCE,
  PROTOCOL_ICMPV6,
  ROUTING,
  trafficClass,
} from "../wire/ipv6.ts";
import { readChain } from "../wire/ipv6-chain.ts";
import { DISCOVERY_MESSAGE, TARGET } from "../wire/neighbor-discovery.ts";
import {
  flagsText,
  TCP_ACKNOWLEDGEMENT,
  TCP_CHECKSUM,
  TCP_DESTINATION_PORT,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_OFFSET,
  TCP_SEQUENCE,
  TCP_SOURCE_PORT,
  TCP_URGENT,
  TCP_WINDOW,
  tcpHeaderLength,
} from "../wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../wire/udp.ts";

/** `IPv4 TTL`: `63`. Headers inside others are named by how they come there: `inner IPv4 TTL`, `quoted TCP flags`. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, "0")}`;

/** The frame from the outside in; what is no known header ends up in `... payload`, so that no byte is left out. */
export function frameFields(bytes: Uint8Array): Field[] {
  const reading = new Reading(bytes);
  reading.ethernet();
  return reading.fields;
}

class Reading {
  readonly fields: Field[] = [];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  ethernet(): void {
    if (this.#endsBefore(ETHERNET_HEADER, "frame", 0)) return;
    const type = this.#view.getUint16(ETHERNET_TYPE);
    this.#add("Ethernet destination", formatMac(this.#bytes, 0));
    this.#add("Ethernet source", formatMac(this.#bytes, ETHERNET_SOURCE));
    this.#add("Ethernet type", hex(type, 4));
    if (type === ETHERTYPE_ARP) this.#arp(ETHERNET_HEADER);
    else if (type === ETHERTYPE_IPV4) this.#ipv4("", ETHERNET_HEADER);
    else if (type === ETHERTYPE_IPV6) this.#ipv6("", ETHERNET_HEADER);
    else this.#rest("Ethernet", ETHERNET_HEADER);
  }

  #arp(at: number): void {
    const view = this.#view;
    if (this.#endsBefore(at + ARP_LENGTH, "ARP", at)) return;
    this.#add("ARP hardware and protocol", hex(view.getUint32(at), 8));
    this.#add("ARP address lengths", hex(view.getUint16(at + 4), 4));
    const operation = view.getUint16(at + ARP_OPERATION);
    this.#add("ARP operation", `${operation}${["", " (request)", " (reply)"][operation] ?? ""}`);
    this.#add("ARP sender MAC", formatMac(this.#bytes, at + ARP_SENDER_MAC));
    this.#add("ARP sender IP", formatIpv4(view.getUint32(at + ARP_SENDER_IP)));
    this.#add("ARP target MAC", formatMac(this.#bytes, at + ARP_TARGET_MAC));
    this.#add("ARP target IP", formatIpv4(view.getUint32(at + ARP_TARGET_IP)));
    this.#rest("ARP", at + ARP_LENGTH);
  }

  /** `where` is empty, or ends in a blank: `inner `, `quoted `. */
  #ipv4(where: string, at: number): void {
    const view = this.#view;
    if (this.#endsBefore(at + IPV4_HEADER, `${where}IPv4`, at)) return;
    const add = (name: string, value: number | string): void => this.#add(`${where}IPv4 ${name}`, String(value));
    const header = headerLength(view, at);
    const fragment = view.getUint16(at + IPV4_FRAGMENT);
    add("version", view.getUint8(at) >> 4);
    add("header length", header);
    add("TOS", hex(view.getUint8(at + IPV4_TOS), 2));
    add("total length", view.getUint16(at + IPV4_LENGTH));
    add("identification", hex(view.getUint16(at + IPV4_IDENTIFICATION), 4));
    add("flags", ipv4FlagsText(fragment));
    add("fragment offset", (fragment & FRAGMENT_OFFSET) * 8);
    add("TTL", view.getUint8(at + IPV4_TTL));
    add("protocol", view.getUint8(at + IPV4_PROTOCOL));
    add("header checksum", hex(view.getUint16(at + IPV4_CHECKSUM), 4));
    add("source", formatIpv4(view.getUint32(at + IPV4_SOURCE)));
    add("destination", formatIpv4(view.getUint32(at + IPV4_DESTINATION)));
    if (header > IPV4_HEADER) add("options", this.#text(at + IPV4_HEADER, at + header));
    const content = at + Math.max(header, IPV4_HEADER);
    if ((fragment & FRAGMENT_OFFSET) !== 0) this.#rest(`${where}IPv4`, content);
    else this.#payload(where, AF_INET, content, view.getUint8(at + IPV4_PROTOCOL));
  }

  #ipv6(where: string, at: number): void {
    const view = this.#view;
    if (this.#endsBefore(at + IPV6_HEADER, `${where}IPv6`, at)) return;
    const add = (name: string, value: number | string): void => this.#add(`${where}IPv6 ${name}`, String(value));
    add("version", view.getUint8(at) >> 4);
    add("traffic class", hex(trafficClass(view, at), 2));
    add("flow label", hex(flowLabel(view, at), 5));
    add("payload length", view.getUint16(at + IPV6_PAYLOAD_LENGTH));
    add("next header", view.getUint8(at + IPV6_NEXT_HEADER));
    add("hop limit", view.getUint8(at + IPV6_HOP_LIMIT));
    add("source", formatAddress(addressAt(view, at + IPV6_SOURCE, AF_INET6)));
    add("destination", formatAddress(addressAt(view, at + IPV6_DESTINATION, AF_INET6)));
    const { extensions, protocol, transport, fragmentOffset } = readChain(view, at, this.#bytes.length);
    for (const { type, at: place, length } of extensions) this.#extension(where, type, place, length);
    if (fragmentOffset !== 0) this.#rest(`${where}IPv6`, transport);
    else this.#payload(where, AF_INET6, transport, protocol);
  }

  /** The first 8 bytes are there. */
  #extension(where: string, type: number, at: number, length: number): void {
    const view = this.#view;
    const name = `${where}IPv6 ${EXTENSION_NAMES[type] ?? "extension"}`;
    this.#add(`${name} next header`, String(view.getUint8(at)));
    if (type !== FRAGMENT) {
      this.#add(`${name} content`, this.#text(at + 1, at + length));
      return;
    }
    this.#add(`${name} reserved`, hex(view.getUint8(at + 1), 2));
    this.#add(`${name} offset`, String(view.getUint16(at + 2) & ~7));
    this.#add(`${name} flags`, ["none", "more"][view.getUint16(at + 2) & 7] ?? hex(view.getUint16(at + 2) & 7, 1));
    this.#add(`${name} identification`, hex(view.getUint32(at + FRAGMENT_IDENTIFICATION), 8));
  }

  /** What an IP header of `family` carries. */
  #payload(where: string, family: Family, at: number, protocol: number): void {
    if (protocol === PROTOCOL_TCP) this.#tcp(where, at);
    else if (protocol === PROTOCOL_UDP) this.#udp(where, at);
    else if (protocol === PROTOCOL_ICMP && family === AF_INET) this.#icmp(where, family, at);
    else if (protocol === PROTOCOL_ICMPV6 && family === AF_INET6) this.#icmp(where, family, at);
    else if (protocol === PROTOCOL_IPIP) this.#ipv4(`${where}inner `, at);
    else if (protocol === PROTOCOL_IPV6) this.#ipv6(`${where}inner `, at);
    else this.#rest(`${where}${family === AF_INET ? "IPv4" : "IPv6"}`, at);
  }

  #ports(name: string, at: number): void {
    this.#add(`${name} source port`, String(this.#view.getUint16(at + TCP_SOURCE_PORT)));
    this.#add(`${name} destination port`, String(this.#view.getUint16(at + TCP_DESTINATION_PORT)));
  }

  #tcp(where: string, at: number): void {
    const view = this.#view;
    const name = `${where}TCP`;
    // What an ICMP error quotes may end behind the ports and the sequence number.
    if (this.#endsBefore(at + TCP_HEADER, name, at)) return;
    this.#ports(name, at);
    const flags = view.getUint8(at + TCP_FLAGS);
    const header = tcpHeaderLength(view, at);
    this.#add(`${name} sequence number`, String(view.getUint32(at + TCP_SEQUENCE)));
    this.#add(`${name} acknowledgement number`, String(view.getUint32(at + TCP_ACKNOWLEDGEMENT)));
    this.#add(`${name} header length`, `${header}, reserved bits ${view.getUint8(at + TCP_OFFSET) & 15}`);
    this.#add(`${name} flags`, `${hex(flags, 2)} (${flagsText(flags)})`);
    this.#add(`${name} window`, String(view.getUint16(at + TCP_WINDOW)));
    this.#add(`${name} checksum`, hex(view.getUint16(at + TCP_CHECKSUM), 4));
    this.#add(`${name} urgent pointer`, String(view.getUint16(at + TCP_URGENT)));
    if (header > TCP_HEADER) this.#add(`${name} options`, this.#text(at + TCP_HEADER, at + header));
    this.#rest(name, at + Math.max(header, TCP_HEADER));
  }

  #udp(where: string, at: number): void {
    const name = `${where}UDP`;
    if (this.#endsBefore(at + UDP_HEADER, name, at)) return;
    this.#ports(name, at);
    this.#add(`${name} length`, String(this.#view.getUint16(at + UDP_LENGTH)));
    this.#add(`${name} checksum`, hex(this.#view.getUint16(at + UDP_CHECKSUM), 4));
    this.#rest(name, at + UDP_HEADER);
  }

  #icmp(where: string, family: Family, at: number): void {
    const view = this.#view;
    const name = `${where}${family === AF_INET ? "ICMP" : "ICMPv6"}`;
    if (this.#endsBefore(at + ICMP_HEADER, name, at)) return;
    const type = view.getUint8(at + ICMP_TYPE);
    this.#add(`${name} type`, String(type));
    this.#add(`${name} code`, String(view.getUint8(at + ICMP_CODE)));
    this.#add(`${name} checksum`, hex(view.getUint16(at + ICMP_CHECKSUM), 4));
    this.#add(`${name} rest of header`, hex(view.getUint32(at + ICMP_REST), 8));
    const inside = at + ICMP_HEADER;
    if (family === AF_INET && isIcmpError(type)) this.#ipv4(`${where}quoted `, inside);
    else if (family === AF_INET6 && isIcmpv6Error(type)) this.#ipv6(`${where}quoted `, inside);
    else if (family === AF_INET6 && isDiscovery(type)) this.#discovery(name, at);
    else this.#rest(name, inside);
  }

  #discovery(name: string, at: number): void {
    if (this.#endsBefore(at + DISCOVERY_MESSAGE, name, at + TARGET)) return;
    this.#add(`${name} target`, formatAddress(addressAt(this.#view, at + TARGET, AF_INET6)));
    if (at + DISCOVERY_MESSAGE < this.#bytes.length)
      this.#add(`${name} options`, this.#text(at + DISCOVERY_MESSAGE, this.#bytes.length));
  }

  /** Whether the frame ends before a header that begins at `at` does; what there is of it is payload then. */
  #endsBefore(end: number, name: string, at: number): boolean {
    if (this.#bytes.length >= end) return false;
    this.#rest(name, at);
    return true;
  }

  /** What is left, if anything. */
  #rest(name: string, at: number): void {
    if (at < this.#bytes.length) this.#add(`${name} payload`, this.#text(at, this.#bytes.length));
  }

  #text(from: number, to: number): string {
    return Array.from(this.#bytes.subarray(from, to), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** A header may stand twice in a chain: its fields have a number then. */
  #add(name: string, value: string): void {
    const before = this.fields.filter((field) => field.name.replace(/ #\d+$/, "") === name).length;
    this.fields.push({ name: before === 0 ? name : `${name} #${before + 1}`, value });
  }
}

const EXTENSION_NAMES: Readonly<Record<number, string>> = {
  [HOP_BY_HOP]: "hop-by-hop options",
  [ROUTING]: "routing header",
  [FRAGMENT]: "fragment header",
};

const isDiscovery = (type: number): boolean => type === NEIGHBOR_SOLICITATION || type === NEIGHBOR_ADVERTISEMENT;

function ipv4FlagsText(fragment: number): string {
  const names = [fragment & 0x8000 ? "reserved" : "", fragment & 0x4000 ? "DF" : "", fragment & 0x2000 ? "MF" : ""];
  return names.filter(Boolean).join(" ") || "none";
}
