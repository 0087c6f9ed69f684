/** A frame as named fields, each a text: what a comparison shows. Written for people; the walk reads frames by offsets. */
import { formatIpv4, formatMac } from "../wire/address.ts";
import {
  ARP_LENGTH,
  ARP_OPERATION,
  ARP_SENDER_IP,
  ARP_SENDER_MAC,
  ARP_TARGET_IP,
  ARP_TARGET_MAC,
} from "../wire/arp.ts";
import { ETHERNET_HEADER, ETHERNET_SOURCE, ETHERNET_TYPE, ETHERTYPE_ARP, ETHERTYPE_IPV4 } from "../wire/ethernet.ts";
import { ICMP_CHECKSUM, ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE, isIcmpError } from "../wire/icmp.ts";
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
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
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
    this.#payload(
      where,
      at + Math.max(header, IPV4_HEADER),
      view.getUint8(at + IPV4_PROTOCOL),
      (fragment & FRAGMENT_OFFSET) === 0,
    );
  }

  #payload(where: string, at: number, protocol: number, first: boolean): void {
    if (!first) this.#rest(`${where}IPv4`, at);
    else if (protocol === PROTOCOL_TCP) this.#tcp(where, at);
    else if (protocol === PROTOCOL_UDP) this.#udp(where, at);
    else if (protocol === PROTOCOL_ICMP) this.#icmp(where, at);
    else if (protocol === PROTOCOL_IPIP) this.#ipv4(`${where}inner `, at);
    else this.#rest(`${where}IPv4`, at);
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

  #icmp(where: string, at: number): void {
    const view = this.#view;
    const name = `${where}ICMP`;
    if (this.#endsBefore(at + ICMP_HEADER, name, at)) return;
    const type = view.getUint8(at + ICMP_TYPE);
    this.#add(`${name} type`, String(type));
    this.#add(`${name} code`, String(view.getUint8(at + ICMP_CODE)));
    this.#add(`${name} checksum`, hex(view.getUint16(at + ICMP_CHECKSUM), 4));
    this.#add(`${name} rest of header`, hex(view.getUint32(at + ICMP_REST), 8));
    if (isIcmpError(type)) this.#ipv4(`${where}quoted `, at + ICMP_HEADER);
    else this.#rest(name, at + ICMP_HEADER);
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

  #add(name: string, value: string): void {
    this.fields.push({ name, value });
  }
}

function ipv4FlagsText(fragment: number): string {
  const names = [fragment & 0x8000 ? "reserved" : "", fragment & 0x4000 ? "DF" : "", fragment & 0x2000 ? "MF" : ""];
  return names.filter(Boolean).join(" ") || "none";
}
