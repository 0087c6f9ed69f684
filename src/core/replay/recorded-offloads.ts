/**
 * What the host that recorded a frame had left to its network card, or had its card do before it: a frame longer than
 * its port's MTU was not on that wire. Told from the bytes, and set down beside them as a running director gets it from
 * the kernel (wire/offload.ts).
 */

import { AF_INET6 } from "../wire/address.ts";
import { checksum, fold, halves, sum } from "../wire/checksum.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../wire/ethernet.ts";
import { Frame, SEGMENT_TCPV4, SEGMENT_TCPV6, SEGMENT_UDP_L4 } from "../wire/frame.ts";
import { greHeaderLength } from "../wire/gre.ts";
import { GUE_HEADER, GUE_PORT } from "../wire/gue.ts";
import { DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, ICMP_HEADER, ICMP_REST } from "../wire/icmp.ts";
import { PACKET_TOO_BIG } from "../wire/icmpv6.ts";
import {
  finishHeader,
  headerLength,
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_HEADER,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  isFragment,
  PROTOCOL_GRE,
  PROTOCOL_ICMP,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_NEXT_HEADER, IPV6_SOURCE, PROTOCOL_ICMPV6 } from "../wire/ipv6.ts";
import { readChain } from "../wire/ipv6-chain.ts";
import { areOffloadsSound, SEGMENT_ECN } from "../wire/offload.ts";
import { SYN, TCP_CHECKSUM, TCP_FLAGS, TCP_HEADER, tcpHeaderLength } from "../wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER } from "../wire/udp.ts";
import { wirePackets } from "../wire/wire-packets.ts";
import { SegmentSizes } from "./segment-sizes.ts";

/**
 * `auto`: frames longer than the MTU stand for many, a transport checksum that is the pseudo header's sum alone and an
 * IPv4 checksum of 0 are still to be made; `on`: so are all others that are wrong; `off`: frames are what they are.
 */
export const OFFLOADS = ["auto", "off", "on"] as const;
export type Offloads = (typeof OFFLOADS)[number];

/** Whether nothing of a plain TCP segment was left to a card: most frames are one. It lies from its Ethernet header, at `start`, to `end`. */
function isSurelyWhole(view: DataView, start: number, end: number, mtu: number): boolean {
  const network = start + ETHERNET_HEADER;
  const transport = network + IPV4_HEADER;
  const length = end - network;
  if (length > mtu || length < IPV4_HEADER + TCP_HEADER) return false;
  if (view.getUint16(start + ETHERNET_TYPE) !== ETHERTYPE_IPV4 || view.getUint8(network) !== 0x45) return false;
  if (view.getUint8(network + IPV4_PROTOCOL) !== PROTOCOL_TCP) return false;
  const size = view.getUint16(network + IPV4_LENGTH);
  // A minimal frame is filled up behind its packet.
  if (size > length || size < IPV4_HEADER + TCP_HEADER || isFragment(view, network)) return false;
  if ((view.getUint8(transport + TCP_FLAGS) & SYN) !== 0 || view.getUint16(network + IPV4_CHECKSUM) === 0) return false;
  const addresses = halves(view.getInt32(network + IPV4_SOURCE)) + halves(view.getInt32(network + IPV4_DESTINATION));
  return view.getUint16(transport + TCP_CHECKSUM) !== fold(addresses + PROTOCOL_TCP + size - IPV4_HEADER);
}

/** How many frames of a capture were so. */
export interface OffloadCounts {
  /** Longer than their port's MTU. */
  merged: number;
  /** A checksum was still to be made, of the IP packet or of what is in it. */
  checksums: number;
}

const CWR = 0x80;

export class RecordedOffloads {
  readonly counts: OffloadCounts = { merged: 0, checksums: 0 };
  readonly #mode: Offloads;
  readonly #sizes = new SegmentSizes();
  #segment: number | undefined;

  constructor(mode: Offloads) {
    this.#mode = mode;
  }

  /** Whether there was any frame of that kind. */
  get any(): boolean {
    return this.counts.merged + this.counts.checksums > 0;
  }

  /** The packets that a recorded frame was on the wire, as far as can be told. */
  wirePackets(bytes: Uint8Array, mtu: number): readonly Uint8Array[] {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#mode === "auto" && isSurelyWhole(view, 0, bytes.length, mtu)) return [bytes.slice()];
    const frame = Frame.of(bytes);
    const { end } = frame;
    if (this.#mode === "off" || !this.#readTunnel(frame, mtu)) this.read(frame, mtu);
    return frame.checksumStart === 0 && frame.end === end ? [frame.contents()] : wirePackets(frame);
  }

  /**
   * Sets down beside a frame that is fresh from a capture what its bytes tell. `mtu` is that of its port. `segment` is the
   * payload of each packet that it stands for, where that is known.
   */
  read(frame: Frame, mtu: number, segment?: number): void {
    if (this.#mode === "off") return;
    const { view, network, end, start } = frame;
    if (this.#mode === "auto" && segment === undefined && isSurelyWhole(view, start, end, mtu)) return;
    const type = end - network < IPV4_HEADER ? 0 : view.getUint16(start + ETHERNET_TYPE);
    this.#segment = segment;
    if (type === ETHERTYPE_IPV4) this.#readIpv4(frame, mtu);
    else if (type === ETHERTYPE_IPV6 && end - network >= IPV6_HEADER) this.#readIpv6(frame, mtu);
  }

  /** Hears what a director sends: whoever is told that a packet was too long makes shorter ones from then on. */
  heard(frame: Frame): void {
    const { view, network, end } = frame;
    const six = frame.family === AF_INET6;
    const message = network + (six ? IPV6_HEADER : headerLength(view, network));
    const quoted = message + ICMP_HEADER;
    if (view.getUint8(network + (six ? IPV6_NEXT_HEADER : IPV4_PROTOCOL)) !== (six ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP))
      return;
    if (quoted + IPV6_HEADER + TCP_HEADER > end) return;
    const kind = view.getUint16(message);
    if (kind !== (six ? PACKET_TOO_BIG << 8 : (DESTINATION_UNREACHABLE << 8) | FRAGMENTATION_NEEDED)) return;
    const transport = quoted + (six ? IPV6_HEADER : headerLength(view, quoted));
    if (
      view.getUint8(quoted + (six ? IPV6_NEXT_HEADER : IPV4_PROTOCOL)) !== PROTOCOL_TCP ||
      transport + TCP_HEADER > end
    )
      return;
    this.#sizes.tooLong(view, quoted, transport, view.getUint32(message + ICMP_REST) & (six ? -1 : 0xffff));
  }

  #readIpv4(frame: Frame, mtu: number): void {
    const { view, network, end } = frame;
    const transport = network + headerLength(view, network);
    if (transport < network + IPV4_HEADER || transport > end) return;
    const length = view.getUint16(network + IPV4_LENGTH);
    const isLengthLeft = length === 0 && end - network > mtu;
    if (isLengthLeft) view.setUint16(network + IPV4_LENGTH, end - network);
    const isHeaderLeft = view.getUint16(network + IPV4_CHECKSUM) === 0 && this.#isWrong(frame, transport);
    if (isLengthLeft || isHeaderLeft || (this.#mode === "on" && this.#isWrong(frame, transport))) {
      finishHeader(view, network);
      this.counts.checksums++;
    }
    const packetEnd = isLengthLeft ? end : Math.min(end, network + length);
    if (!isFragment(view, network))
      this.#readTransport(frame, transport, packetEnd, view.getUint8(network + IPV4_PROTOCOL), mtu);
  }

  #isWrong({ view, network }: Frame, transport: number): boolean {
    return checksum(view, network, transport - network) !== 0;
  }

  #readIpv6(frame: Frame, mtu: number): void {
    const { view, network, end } = frame;
    const { transport, protocol, fragmentHeader } = readChain(view, network, end);
    const packetEnd = Math.min(end, network + IPV6_HEADER + view.getUint16(network + 4));
    if (fragmentHeader < 0) this.#readTransport(frame, transport, packetEnd, protocol, mtu);
  }

  #readTransport(frame: Frame, transport: number, end: number, protocol: number, mtu: number): void {
    if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return;
    const tcp = protocol === PROTOCOL_TCP;
    const header = tcp ? TCP_HEADER : UDP_HEADER;
    if (transport + header > end) return;
    const { view, network } = frame;
    const at = transport + (tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
    if (tcp) this.#sizes.learn(view, network, transport, end);
    const pseudo = pseudoSum(view, network, protocol, end - transport);
    if ((this.#segment !== undefined || end - network > mtu) && end === frame.end) {
      if (this.#merge(frame, transport, tcp, mtu)) {
        view.setUint16(at, pseudo);
        this.counts.merged++;
        return;
      }
    }
    const check = view.getUint16(at);
    if (check !== pseudo && (this.#mode !== "on" || (!tcp && check === 0))) return;
    if (fold(pseudo + sum(view, transport, end - transport)) === 0xffff) return;
    view.setUint16(at, pseudo);
    frame.checksumStart = transport - frame.start;
    frame.checksumOffset = at - transport;
    // What follows the packet in its frame is no part of what is summed.
    frame.end = end;
    this.counts.checksums++;
  }

  /** A tunnel's frame that a director sent: of many segments of a client's, or of one whose checksum was left to the card. */
  #readTunnel(frame: Frame, mtu: number): boolean {
    const inner = innerTcp(frame);
    if (inner === undefined) return false;
    const { view, network, end } = frame;
    const { transport } = inner;
    this.#sizes.learn(view, inner.network, transport, end);
    if (end - network <= mtu) return this.#readInner(frame, inner);
    const payload = transport + Math.max(TCP_HEADER, tcpHeaderLength(view, transport));
    const size = Math.min(this.#sizes.of(view, inner.network, transport) ?? mtu, mtu - (payload - network));
    if (size <= 0 || payload >= end) return false;
    const six = view.getUint8(inner.network) >> 4 === 6;
    frame.segmentSize = size;
    frame.segmentType = six ? SEGMENT_TCPV6 : SEGMENT_TCPV4;
    frame.tunnelled = true;
    view.setUint16(transport + TCP_CHECKSUM, pseudoSum(view, inner.network, PROTOCOL_TCP, end - transport));
    frame.checksumStart = transport - frame.start;
    frame.checksumOffset = TCP_CHECKSUM;
    this.counts.merged++;
    return true;
  }

  #readInner(frame: Frame, { network, transport }: { network: number; transport: number }): boolean {
    const { view, end } = frame;
    const length = end - transport;
    const pseudo = pseudoSum(view, network, PROTOCOL_TCP, length);
    if (view.getUint16(transport + TCP_CHECKSUM) !== pseudo) return false;
    if (fold(pseudo + sum(view, transport, length)) === 0xffff) return false;
    frame.checksumStart = transport - frame.start;
    frame.checksumOffset = TCP_CHECKSUM;
    this.counts.checksums++;
    return true;
  }

  /** How long the segments were is not in the frame: no longer than the ends had agreed on, nor than the MTU. */
  #merge(frame: Frame, transport: number, tcp: boolean, mtu: number): boolean {
    const { view, network, start, end } = frame;
    const payload = transport + (tcp ? Math.max(TCP_HEADER, tcpHeaderLength(view, transport)) : UDP_HEADER);
    // An end that was told of a smaller MTU makes shorter segments, from the one on that it sends again.
    const way = tcp ? this.#sizes.longest(view, network, transport) : undefined;
    const most = Math.min(mtu, way ?? mtu) - (payload - network);
    const size = this.#segment ?? Math.min((tcp ? this.#sizes.of(view, network, transport) : undefined) ?? most, most);
    if (size <= 0 || payload >= end) return false;
    const ecn = tcp && (view.getUint8(transport + TCP_FLAGS) & CWR) !== 0 ? SEGMENT_ECN : 0;
    const type = view.getUint8(network) >> 4 === 6 ? SEGMENT_TCPV6 : SEGMENT_TCPV4;
    frame.segmentSize = size;
    frame.segmentType = tcp ? type | ecn : SEGMENT_UDP_L4;
    frame.checksumStart = transport - start;
    frame.checksumOffset = tcp ? TCP_CHECKSUM : UDP_CHECKSUM;
    if (areOffloadsSound(frame)) return true;
    frame.segmentSize = 0;
    frame.segmentType = 0;
    frame.checksumStart = 0;
    frame.checksumOffset = 0;
    return false;
  }
}

/** For people: what was found and what is made of it; nothing if there was nothing. */
export function offloadNotes(counts: readonly OffloadCounts[]): string[] {
  const merged = counts.reduce((sum, of) => sum + of.merged, 0);
  const checksums = counts.reduce((sum, of) => sum + of.checksums, 0);
  const frames = (count: number, one: string, many: string): string =>
    count === 1 ? `1 frame ${one}` : `${count} frames ${many}`;
  return [
    ...(merged > 0
      ? [
          `${frames(merged, "is", "are")} longer than the MTU: the recording host had merged segments, or not yet split them; taken by the segments`,
        ]
      : []),
    ...(checksums > 0
      ? [`${frames(checksums, "has", "have")} a checksum that was left to a network card: completed`]
      : []),
  ];
}

/** The client's segment in a tunnel of IP in IP, GRE or GUE; `undefined` if there is none. */
function innerTcp({ view, start, network, end }: Frame): { network: number; transport: number } | undefined {
  if (end - network < IPV6_HEADER) return undefined;
  const type = view.getUint16(start + ETHERNET_TYPE);
  if (type !== ETHERTYPE_IPV4 && type !== ETHERTYPE_IPV6) return undefined;
  const four = type === ETHERTYPE_IPV4;
  const outer = network + (four ? headerLength(view, network) : IPV6_HEADER);
  const inside = behindTunnel(view, outer, view.getUint8(network + (four ? IPV4_PROTOCOL : IPV6_NEXT_HEADER)), end);
  if (inside === undefined || inside + IPV4_HEADER + TCP_HEADER > end) return undefined;
  const six = view.getUint8(inside) >> 4 === 6;
  const transport = inside + (six ? IPV6_HEADER : headerLength(view, inside));
  const protocol = view.getUint8(inside + (six ? IPV6_NEXT_HEADER : IPV4_PROTOCOL));
  return protocol === PROTOCOL_TCP && transport + TCP_HEADER <= end ? { network: inside, transport } : undefined;
}

function behindTunnel(view: DataView, at: number, protocol: number, end: number): number | undefined {
  if (protocol === PROTOCOL_IPIP || protocol === PROTOCOL_IPV6) return at;
  if (at + UDP_HEADER > end) return undefined;
  if (protocol === PROTOCOL_GRE) return at + greHeaderLength(view, at);
  return protocol === PROTOCOL_UDP && view.getUint16(at + 2) === GUE_PORT ? at + UDP_HEADER + GUE_HEADER : undefined;
}

/** Of the pseudo header, folded. */
function pseudoSum(view: DataView, network: number, protocol: number, length: number): number {
  const addresses =
    view.getUint8(network) >> 4 === 6 ? sum(view, network + IPV6_SOURCE, 32) : sum(view, network + IPV4_SOURCE, 8);
  return fold(addresses + protocol + halves(length));
}
