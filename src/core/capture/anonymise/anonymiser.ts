/** Frames and packets without whom they are of: addresses replaced, data zeroed, lengths as they were, checksums as right or wrong as before. */
import { type Address, AF_INET, AF_INET6, addressAt, type Family, writeAddress } from "../../wire/address.ts";
import { ARP_LENGTH, ARP_SENDER_IP, ARP_SENDER_MAC, ARP_TARGET_IP, ARP_TARGET_MAC } from "../../wire/arp.ts";
import { fold, halves, sum } from "../../wire/checksum.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  isGroupMac,
  isVlanType,
  macAt,
  VLAN_TAG,
  writeMac,
} from "../../wire/ethernet.ts";
import {
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
  isFragment,
  MORE_FRAGMENTS,
  PROTOCOL_GRE,
  PROTOCOL_ICMP,
  PROTOCOL_IGMP,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../../wire/ipv4.ts";
import {
  FRAGMENT_IDENTIFICATION,
  IPV6_DESTINATION,
  IPV6_HEADER,
  IPV6_PAYLOAD_LENGTH,
  IPV6_SOURCE,
  PROTOCOL_ICMPV6,
} from "../../wire/ipv6.ts";
import { readChain } from "../../wire/ipv6-chain.ts";
import { TCP_CHECKSUM, TCP_HEADER, tcpHeaderLength } from "../../wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER } from "../../wire/udp.ts";
import { FragmentSums, type Piece } from "./fragments.ts";
import { icmpRest, icmpv6Rest } from "./icmp.ts";
import { extensionsWithout, ipv4OptionsWithout, tcpOptionsWithout } from "./options.ts";
import type { Pseudonyms } from "./pseudonyms.ts";
import { sctpWithout } from "./sctp.ts";

/** Where a packet's parts are, whatever its family. */
interface Layout {
  readonly family: Family;
  readonly protocol: number;
  readonly transport: number;
  /** Where the packet ends, by its own length or where the bytes do. */
  readonly end: number;
  /** How long the transport header and its data were, though not all may be here. */
  readonly length: number;
  readonly isFragment: boolean;
  readonly isLaterFragment: boolean;
  /** Of a fragment. */
  readonly identification: number;
  readonly offset: number;
  readonly moreFollow: boolean;
}

export class Anonymiser {
  readonly #pseudonyms: Pseudonyms;
  readonly #fragments = new FragmentSums();

  constructor(pseudonyms: Pseudonyms) {
    this.#pseudonyms = pseudonyms;
  }

  address(address: Address): Address {
    return this.#pseudonyms.address(address);
  }

  mac(mac: number): number {
    return this.#pseudonyms.mac(mac);
  }

  /** Changes an Ethernet frame in place. What is no ARP and no IP keeps its Ethernet header only. */
  frame(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length < ETHERNET_HEADER) {
      bytes.fill(0);
      return;
    }
    writeMac(view, 0, this.mac(macAt(view, 0)));
    writeMac(view, ETHERNET_SOURCE, this.mac(macAt(view, ETHERNET_SOURCE)));
    let type = view.getUint16(ETHERNET_TYPE);
    let at = ETHERNET_HEADER;
    for (; isVlanType(type) && at + VLAN_TAG <= bytes.length; at += VLAN_TAG) type = view.getUint16(at + 2);
    if (type === ETHERTYPE_ARP && at + ARP_LENGTH <= bytes.length) this.#arp(bytes, view, at);
    else if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) {
      this.#packet(view, at);
      this.#groupMac(view, at);
    } else bytes.fill(0, at);
  }

  /** Changes an IP packet in place. */
  packet(bytes: Uint8Array): void {
    this.#packet(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
  }

  #arp(bytes: Uint8Array, view: DataView, at: number): void {
    for (const mac of [ARP_SENDER_MAC, ARP_TARGET_MAC]) writeMac(view, at + mac, this.mac(macAt(view, at + mac)));
    for (const ip of [ARP_SENDER_IP, ARP_TARGET_IP]) this.rename(view, at + ip, AF_INET);
    bytes.fill(0, at + ARP_LENGTH);
  }

  /** A group's MAC address has the end of its IP address in it (RFC 1112, section 6.4; RFC 2464, section 7). */
  #groupMac(view: DataView, network: number): void {
    const mac = macAt(view, 0);
    if (!isGroupMac(mac) || view.byteLength < network + IPV4_HEADER) return;
    if (view.getUint16(0) === 0x3333 && view.byteLength >= network + IPV6_HEADER)
      view.setUint32(2, view.getUint32(network + IPV6_DESTINATION + 12));
    else if (view.getUint16(0) === 0x0100 && view.getUint8(2) === 0x5e) {
      const group = view.getUint32(network + IPV4_DESTINATION);
      view.setUint8(3, (group >>> 16) & 0x7f);
      view.setUint16(4, group & 0xffff);
    }
  }

  /** Replaces the address that stands there. */
  rename(view: DataView, at: number, family: Family): void {
    writeAddress(view, at, this.address(addressAt(view, at, family)));
  }

  /** A packet, or what an error quotes of one: bytes that are there. */
  #packet(view: DataView, network: number): void {
    const layout = layoutOf(view, network);
    const rest = (from: number): void =>
      void new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(0, Math.min(from, view.byteLength));
    if (layout === undefined) {
      rest(network);
      return;
    }
    const four = layout.family === AF_INET;
    const [source, destination] = four ? [IPV4_SOURCE, IPV4_DESTINATION] : [IPV6_SOURCE, IPV6_DESTINATION];
    const piece = pieceOf(view, network, layout);
    const wanted = piece && this.#fragments.wanted(piece);
    const residue = transportResidue(view, network, layout);
    const header = four ? sum(view, network, layout.transport - network) : 0;
    this.rename(view, network + source, layout.family);
    this.rename(view, network + destination, layout.family);
    if (four) ipv4OptionsWithout(this, view, network + IPV4_HEADER, layout.transport);
    else extensionsWithout(this, view, network, layout.transport);
    if (four) this.#keepHeaderSum(view, network, layout.transport, header);
    this.#payload(view, layout);
    rest(layout.end);
    if (wanted === undefined) finishTransport(view, network, layout, residue);
    else finishFragment(view, network, layout, wanted);
  }

  #keepHeaderSum(view: DataView, network: number, end: number, before: number): void {
    const at = network + IPV4_CHECKSUM;
    if (view.getUint16(at) !== 0) view.setUint16(at, checkFor(view, network, end - network, at, 0, before));
  }

  #payload(view: DataView, layout: Layout): void {
    const { protocol, transport, end, isLaterFragment } = layout;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    if (isLaterFragment) bytes.fill(0, transport, end);
    else if (protocol === PROTOCOL_TCP) {
      const header =
        transport + Math.max(TCP_HEADER, transport + TCP_HEADER <= end ? tcpHeaderLength(view, transport) : 0);
      tcpOptionsWithout(this, view, transport + TCP_HEADER, Math.min(header, end));
      bytes.fill(0, Math.min(header, end), end);
    } else if (protocol === PROTOCOL_UDP) bytes.fill(0, Math.min(transport + UDP_HEADER, end), end);
    else if (protocol === PROTOCOL_IPIP || protocol === PROTOCOL_IPV6) this.#packet(within(view, end), transport);
    else if (protocol === PROTOCOL_GRE) this.#gre(within(view, end), transport);
    else if (protocol === PROTOCOL_ICMP)
      icmpRest(this, view, transport, end, (at) => this.#packet(within(view, end), at));
    else if (protocol === PROTOCOL_ICMPV6)
      icmpv6Rest(this, view, transport, end, (at) => this.#packet(within(view, end), at));
    else if (protocol === PROTOCOL_SCTP) sctpWithout(view, transport, end);
    else if (protocol === PROTOCOL_IGMP && end - transport === 8) this.rename(view, transport + 4, AF_INET);
    else bytes.fill(0, Math.min(transport + KEPT_OF_OTHERS, end), end);
  }

  /** Of GRE the header with its options is kept, and IP in it. */
  #gre(view: DataView, at: number): void {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    if (at + 4 > view.byteLength) return;
    const options = [0x8000, 0x2000, 0x1000].filter((flag) => (view.getUint16(at) & flag) !== 0).length;
    const inside = at + 4 + 4 * options;
    const type = view.getUint16(at + 2);
    if (inside < view.byteLength && (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6)) this.#packet(view, inside);
    else bytes.fill(0, Math.min(inside, view.byteLength));
  }
}

/** Of other protocols: SPI and sequence number of ESP, the first words of whatever it is. */
const KEPT_OF_OTHERS = 8;

const within = (view: DataView, end: number): DataView => new DataView(view.buffer, view.byteOffset, end);

function layoutOf(view: DataView, network: number): Layout | undefined {
  const there = view.byteLength - network;
  const version = there > 0 ? view.getUint8(network) >> 4 : 0;
  if (version === 4 && there >= IPV4_HEADER) {
    const transport = network + headerLength(view, network);
    if (transport < network + IPV4_HEADER || transport > view.byteLength) return undefined;
    const said = view.getUint16(network + IPV4_LENGTH);
    const whole = said < transport - network ? there : said;
    return {
      family: AF_INET,
      protocol: view.getUint8(network + IPV4_PROTOCOL),
      transport,
      end: Math.min(network + whole, view.byteLength),
      length: network + whole - transport,
      isFragment: isFragment(view, network),
      isLaterFragment: fragmentOffset(view, network) > 0,
      identification: view.getUint16(network + IPV4_IDENTIFICATION),
      offset: fragmentOffset(view, network),
      moreFollow: (view.getUint16(network + IPV4_FRAGMENT) & MORE_FRAGMENTS) !== 0,
    };
  }
  if (version !== 6 || there < IPV6_HEADER) return undefined;
  const chain = readChain(view, network, view.byteLength);
  const { transport, protocol, fragmentHeader, fragmentOffset: offset, moreFragments } = chain;
  if (transport > view.byteLength || protocol < 0) return undefined;
  const whole = IPV6_HEADER + view.getUint16(network + IPV6_PAYLOAD_LENGTH);
  const length = network + (whole === IPV6_HEADER ? there : whole) - transport;
  return {
    family: AF_INET6,
    protocol,
    transport,
    end: Math.min(transport + Math.max(0, length), view.byteLength),
    length,
    isFragment: fragmentHeader >= 0,
    isLaterFragment: offset > 0,
    identification: fragmentHeader < 0 ? 0 : view.getUint32(fragmentHeader + FRAGMENT_IDENTIFICATION),
    offset,
    moreFollow: moreFragments,
  };
}

/** Offset of the checksum in the transport header; ICMP's is made over no pseudo header. */
function checksumOf({ protocol }: Layout): { readonly at: number; readonly pseudo: boolean } | undefined {
  if (protocol === PROTOCOL_TCP) return { at: TCP_CHECKSUM, pseudo: true };
  if (protocol === PROTOCOL_UDP) return { at: UDP_CHECKSUM, pseudo: true };
  if (protocol === PROTOCOL_ICMPV6) return { at: 2, pseudo: true };
  if (protocol === PROTOCOL_ICMP || protocol === PROTOCOL_IGMP) return { at: 2, pseudo: false };
  return undefined;
}

function pseudoSum(view: DataView, network: number, { family, protocol, length }: PseudoHeader): number {
  const addresses = family === AF_INET ? sum(view, network + IPV4_SOURCE, 8) : sum(view, network + IPV6_SOURCE, 32);
  return fold(addresses + protocol + halves(Math.max(0, length)));
}

type PseudoHeader = Pick<Layout, "family" | "protocol" | "length">;

/** A fragment whose packet has a checksum that is to be kept; `undefined` for what is none, or is not all here. */
function pieceOf(view: DataView, network: number, layout: Layout): Piece | undefined {
  const { family, protocol, transport, end, length, offset } = layout;
  const check = checksumOf(layout);
  // Of UDP nothing needs to be known: unchecked is right (RFC 768), as far as IPv4 goes.
  const mayBeUnchecked = protocol === PROTOCOL_UDP && family === AF_INET;
  if (!layout.isFragment || check === undefined || mayBeUnchecked || end - transport !== length) return undefined;
  const ends = family === AF_INET ? [IPV4_SOURCE, 8] : [IPV6_SOURCE, 32];
  const addresses = new Uint8Array(view.buffer, view.byteOffset + network + (ends[0] ?? 0), ends[1]);
  const pseudo = check.pseudo && offset === 0 ? pseudoSum(view, network, { family, protocol, length: 0 }) : 0;
  return {
    packet: `${addresses} ${protocol} ${layout.identification}`,
    offset,
    length,
    isLast: !layout.moreFollow,
    sum: fold(sum(view, transport, length) + pseudo),
    countsLength: check.pseudo,
  };
}

/** What a transport checksum leaves over: ffff if it is right; `partial` if it is the pseudo header's sum alone. */
type Residue = { readonly sum: number; readonly partial: boolean } | undefined;

function transportResidue(view: DataView, network: number, layout: Layout): Residue {
  const check = checksumOf(layout);
  const { transport, end, isLaterFragment } = layout;
  if (check === undefined || isLaterFragment || transport + check.at + 2 > end) return undefined;
  const value = view.getUint16(transport + check.at);
  if (value === 0 && layout.protocol === PROTOCOL_UDP) return undefined;
  const pseudo = check.pseudo ? pseudoSum(view, network, layout) : 0;
  const all = fold(sum(view, transport, end - transport) + pseudo);
  return { sum: all, partial: check.pseudo && value === pseudo && all !== 0xffff };
}

function finishTransport(view: DataView, network: number, layout: Layout, residue: Residue): void {
  const check = checksumOf(layout);
  if (check === undefined || residue === undefined) return;
  const { transport, end } = layout;
  const at = transport + check.at;
  const pseudo = check.pseudo ? pseudoSum(view, network, layout) : 0;
  if (layout.isFragment && layout.protocol === PROTOCOL_UDP && layout.family === AF_INET) view.setUint16(at, 0);
  else if (residue.partial) view.setUint16(at, pseudo);
  else {
    const made = checkFor(view, transport, end - transport, at, pseudo, residue.sum);
    view.setUint16(at, made === 0 && layout.protocol === PROTOCOL_UDP ? 0xffff : made);
  }
}

/** `wanted` is what FragmentSums says. */
function finishFragment(view: DataView, network: number, layout: Layout, wanted: number): void {
  const { family, protocol, transport, end, offset } = layout;
  const check = checksumOf(layout);
  if (check === undefined) return;
  const at = transport + check.at;
  if (offset === 0 && at + 2 <= end) {
    const pseudo = check.pseudo ? pseudoSum(view, network, { family, protocol, length: 0 }) : 0;
    const made = checkFor(view, transport, end - transport, at, pseudo, wanted);
    view.setUint16(at, made === 0 && protocol === PROTOCOL_UDP ? 0xffff : made);
  }
  if (offset > 0 && transport + 2 <= end) view.setUint16(transport, wanted % 0xffff);
}

/** The checksum with which all words add up to what they did before: to ffff if it was right. */
function checkFor(view: DataView, from: number, length: number, at: number, pseudo: number, before: number): number {
  view.setUint16(at, 0);
  const without = fold(sum(view, from, length) + pseudo);
  return fold((before === 0xffff ? 0 : before) + (~without & 0xffff)) % 0xffff;
}
