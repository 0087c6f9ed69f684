/** Frames and packets without whom they are of: addresses replaced, data zeroed, lengths as they were, checksums as right or wrong as before. */
import { type Address, AF_INET, addressAt, type Family, writeAddress } from "../../wire/address.ts";
import { ARP_LENGTH, ARP_SENDER_IP, ARP_SENDER_MAC, ARP_TARGET_IP, ARP_TARGET_MAC } from "../../wire/arp.ts";
import { sum } from "../../wire/checksum.ts";
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
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_HEADER,
  IPV4_SOURCE,
  PROTOCOL_GRE,
  PROTOCOL_ICMP,
  PROTOCOL_IGMP,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../../wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_HEADER, IPV6_SOURCE, PROTOCOL_ICMPV6 } from "../../wire/ipv6.ts";
import { TCP_HEADER, tcpHeaderLength } from "../../wire/tcp.ts";
import { UDP_HEADER } from "../../wire/udp.ts";
import { FragmentSums } from "./fragments.ts";
import { icmpRest, icmpv6Rest } from "./icmp.ts";
import { checkFor, finishFragment, finishTransport, pieceOf, transportResidue } from "./kept-sums.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { extensionsWithout, ipv4OptionsWithout, tcpOptionsWithout } from "./options.ts";
import type { Pseudonyms } from "./pseudonyms.ts";
import { sctpWithout } from "./sctp.ts";

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
