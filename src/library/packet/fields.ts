/** What stands in a frame or packet, field by field, for people and for tests. */
import { AF_INET, AF_INET6, addressAt, type Family, formatAddress, formatMac } from "../../core/wire/address.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
} from "../../core/wire/ethernet.ts";
import { ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE } from "../../core/wire/icmp.ts";
import {
  DONT_FRAGMENT,
  fragmentOffset,
  headerLength,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOS,
  IPV4_TTL,
  MORE_FRAGMENTS,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../../core/wire/ipv4.ts";
import {
  FRAGMENT_IDENTIFICATION,
  flowLabel,
  IPV6_DESTINATION,
  IPV6_HEADER,
  IPV6_HOP_LIMIT,
  IPV6_SOURCE,
  PROTOCOL_ICMPV6,
  trafficClass,
} from "../../core/wire/ipv6.ts";
import { type Ipv6Chain, readChain } from "../../core/wire/ipv6-chain.ts";
import {
  flagsText,
  OPTION_MSS,
  TCP_ACKNOWLEDGEMENT,
  TCP_CHECKSUM,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_SEQUENCE,
  TCP_WINDOW,
  tcpHeaderLength,
} from "../../core/wire/tcp.ts";
import { findOption } from "../../core/wire/tcp-options.ts";
import { UDP_CHECKSUM, UDP_HEADER } from "../../core/wire/udp.ts";
import { inspectedAs } from "../inspected.ts";
import { fieldsShown } from "./fields-shown.ts";
import { problemOf, transportError } from "./problem.ts";
import { frameText } from "./text.ts";

/**
 * The fields of a frame. Each is read where it ought to stand, and is 0 or empty where the frame is too short for it or is
 * something else: nothing throws. `problem` says whether lengths and checksums are right.
 */
export class Fields {
  /** The frame, from its Ethernet header on. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #chain: Ipv6Chain | undefined;

  /** Of a frame's bytes. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Of the bytes of an IP packet, as if it had come in a frame. */
  static ofPacket(packet: Uint8Array): Fields {
    const bytes = new Uint8Array(ETHERNET_HEADER + packet.length);
    const type = (packet[0] ?? 0) >> 4 === 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
    bytes.set([type >> 8, type & 255], ETHERNET_TYPE);
    bytes.set(packet, ETHERNET_HEADER);
    return new Fields(bytes);
  }

  // --- Ethernet

  /** Its destination, `02:00:00:00:01:64`. */
  get toMac(): string {
    return formatMac(this.bytes, 0);
  }
  /** Its source. */
  get fromMac(): string {
    return formatMac(this.bytes, ETHERNET_SOURCE);
  }
  /** 0x0800 for IPv4, 0x86dd for IPv6, 0x0806 for ARP. */
  get etherType(): number {
    return this.#word(ETHERNET_TYPE);
  }

  // --- IP

  /** From the IP header on. */
  get packet(): Uint8Array {
    return this.bytes.subarray(ETHERNET_HEADER);
  }
  /** Whether the Ethernet type says so. */
  get isIpv6(): boolean {
    return this.etherType === ETHERTYPE_IPV6;
  }
  /** `10.1.0.1`, `2001:db8::1`; empty if this is no IP packet. */
  get source(): string {
    return this.#address(IPV4_SOURCE, IPV6_SOURCE);
  }
  /** In the same form. */
  get destination(): string {
    return this.#address(IPV4_DESTINATION, IPV6_DESTINATION);
  }
  /** 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6, ...: of IPv6, what follows the extension headers. */
  get protocol(): number {
    return this.isIpv6 ? (this.#ipv6Chain()?.protocol ?? 0) : this.#byte(ETHERNET_HEADER + IPV4_PROTOCOL);
  }
  /** Bytes of the IP header, options or extension headers included. */
  get headerLength(): number {
    if (!this.isIpv6) return this.bytes.length > ETHERNET_HEADER ? headerLength(this.#view, ETHERNET_HEADER) : 0;
    return (this.#ipv6Chain()?.transport ?? ETHERNET_HEADER + IPV6_HEADER) - ETHERNET_HEADER;
  }
  /** Of IPv6, the hop limit. */
  get ttl(): number {
    return this.#byte(ETHERNET_HEADER + (this.isIpv6 ? IPV6_HOP_LIMIT : IPV4_TTL));
  }
  /** Of IPv6, the traffic class. */
  get tos(): number {
    if (!this.isIpv6) return this.#byte(ETHERNET_HEADER + IPV4_TOS);
    return this.bytes.length < ETHERNET_HEADER + 4 ? 0 : trafficClass(this.#view, ETHERNET_HEADER);
  }
  /** 0 in IPv4. */
  get flowLabel(): number {
    return this.isIpv6 && this.bytes.length >= ETHERNET_HEADER + 4 ? flowLabel(this.#view, ETHERNET_HEADER) : 0;
  }
  /** The identification; of IPv6, that of the fragment header, 0 if there is none. */
  get id(): number {
    if (!this.isIpv6) return this.#word(ETHERNET_HEADER + IPV4_IDENTIFICATION);
    const { fragmentHeader = -1 } = this.#ipv6Chain() ?? {};
    return fragmentHeader < 0 ? 0 : this.#long(fragmentHeader + FRAGMENT_IDENTIFICATION);
  }
  /** The bit DF of IPv4; false in IPv6. */
  get dontFragment(): boolean {
    return !this.isIpv6 && (this.#word(ETHERNET_HEADER + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0;
  }
  /** Whether more fragments follow. */
  get moreFragments(): boolean {
    if (this.isIpv6) return this.#ipv6Chain()?.moreFragments ?? false;
    return (this.#word(ETHERNET_HEADER + IPV4_FRAGMENT) & MORE_FRAGMENTS) !== 0;
  }
  /** Where a fragment's payload stands in its datagram's, in bytes. */
  get offset(): number {
    if (this.isIpv6) return this.#ipv6Chain()?.fragmentOffset ?? 0;
    return this.bytes.length < ETHERNET_HEADER + IPV4_HEADER ? 0 : fragmentOffset(this.#view, ETHERNET_HEADER);
  }
  /** Part of a datagram that was cut. */
  get isFragment(): boolean {
    return this.moreFragments || this.offset > 0;
  }

  // --- what the packet carries

  /** From the transport header on. */
  get payload(): Uint8Array {
    return this.packet.subarray(this.headerLength);
  }
  /** 0 where the protocol has no ports. */
  get sourcePort(): number {
    return this.#hasPorts ? this.#word(this.#transport) : 0;
  }
  /** 0 where the protocol has no ports. */
  get destinationPort(): number {
    return this.#hasPorts ? this.#word(this.#transport + 2) : 0;
  }
  /** `10.1.0.1:40000 > 10.1.0.100:80`, `[2001:db8::1]:40000 > [2001:db8::2]:80`. */
  get ends(): string {
    return `${this.#end(this.source, this.sourcePort)} > ${this.#end(this.destination, this.destinationPort)}`;
  }
  /** The TCP sequence number, 32 bits. */
  get sequence(): number {
    return this.#long(this.#transport + TCP_SEQUENCE);
  }
  /** The TCP acknowledgement number, 32 bits. */
  get acknowledgement(): number {
    return this.#long(this.#transport + TCP_ACKNOWLEDGEMENT);
  }
  /** TCP flags as tcpdump writes them: `S`, `S.`, `P.`, `.`; empty for none, and for other protocols. */
  get flags(): string {
    const flags = this.protocol === PROTOCOL_TCP ? this.#byte(this.#transport + TCP_FLAGS) : 0;
    return flags === 0 ? "" : flagsText(flags);
  }
  /** The TCP window as it stands there, not scaled. */
  get window(): number {
    return this.#word(this.#transport + TCP_WINDOW);
  }
  /** Bytes of the TCP header, options included, as it says itself. */
  get dataOffset(): number {
    return this.payload.length < TCP_HEADER ? 0 : tcpHeaderLength(this.#view, this.#transport);
  }
  /** The bytes of the TCP options. */
  get tcpOptions(): readonly number[] {
    return [...this.payload.subarray(TCP_HEADER, this.dataOffset)];
  }
  /** The maximum segment size that TCP options tell; 0 if they do not. */
  get mss(): number {
    if (this.protocol !== PROTOCOL_TCP || this.dataOffset === 0) return 0;
    const at = findOption(this.#view, this.#transport, OPTION_MSS);
    return at < 0 ? 0 : this.#word(at + 2);
  }
  /** The transport checksum as it stands there. */
  get checksum(): number {
    return this.#word(
      this.#transport +
        (this.protocol === PROTOCOL_TCP ? TCP_CHECKSUM : this.protocol === PROTOCOL_UDP ? UDP_CHECKSUM : 2),
    );
  }
  /** By how much the checksum of TCP or UDP is off, in one's complement; 0 if it is right. */
  get checksumError(): number {
    return transportError(this);
  }
  /** The type of an ICMP or ICMPv6 message. */
  get icmpType(): number {
    return this.#byte(this.#transport + ICMP_TYPE);
  }
  /** Its code. */
  get icmpCode(): number {
    return this.#byte(this.#transport + ICMP_CODE);
  }
  /** The second word of an ICMP message: the MTU that fits; identifier and sequence. */
  get icmpRest(): number {
    return this.#long(this.#transport + ICMP_REST);
  }
  /** Behind the transport header. */
  get data(): Uint8Array {
    return this.payload.subarray(this.protocol === PROTOCOL_TCP ? this.dataOffset : UDP_HEADER);
  }
  /** What an ICMP error quotes, or a tunnel of plain IP carries, as if it had come in a frame of its own. */
  get inner(): Fields {
    const quotes = this.protocol === PROTOCOL_ICMP || this.protocol === PROTOCOL_ICMPV6;
    return Fields.ofPacket(quotes ? this.payload.subarray(ICMP_HEADER) : this.payload);
  }

  /** What is wrong with the packet: lengths, then checksums; empty if nothing is. Of a fragment, only the header is looked at. */
  get problem(): string {
    return problemOf(this);
  }

  /** The packet in words, those that `packet(words)` reads: `tcp 10.1.0.1:40000 > 10.1.0.100:80 S ttl 63`. */
  toString(): string {
    return frameText(this.bytes);
  }

  get #transport(): number {
    return ETHERNET_HEADER + this.headerLength;
  }

  /** TCP, UDP, UDP-Lite, DCCP and SCTP begin with them. */
  get #hasPorts(): boolean {
    return [PROTOCOL_TCP, PROTOCOL_UDP, 33, 132, 136].includes(this.protocol);
  }

  #ipv6Chain(): Ipv6Chain | undefined {
    if (this.bytes.length < ETHERNET_HEADER + IPV6_HEADER) return undefined;
    this.#chain ??= readChain(this.#view, ETHERNET_HEADER, this.bytes.length);
    return this.#chain;
  }

  #address(inIpv4: number, inIpv6: number): string {
    const isIpv4 = this.etherType === ETHERTYPE_IPV4;
    if (!isIpv4 && !this.isIpv6) return "";
    const family: Family = isIpv4 ? AF_INET : AF_INET6;
    if (this.packet.length < (isIpv4 ? IPV4_HEADER : IPV6_HEADER)) return "";
    return formatAddress(addressAt(this.#view, ETHERNET_HEADER + (isIpv4 ? inIpv4 : inIpv6), family));
  }

  #end(address: string, port: number): string {
    return this.isIpv6 ? `[${address}]:${port}` : `${address}:${port}`;
  }

  #byte(at: number): number {
    return this.bytes[at] ?? 0;
  }
  #word(at: number): number {
    return this.#byte(at) * 256 + this.#byte(at + 1);
  }
  #long(at: number): number {
    return this.#word(at) * 65536 + this.#word(at + 2);
  }
}

inspectedAs(Fields.prototype, fieldsShown, "Fields");
