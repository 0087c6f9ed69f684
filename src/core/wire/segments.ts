/**
 * Cutting a frame that stands for many into the packets it stands for. Mirrors net/ipv4/tcp_offload.c, udp_offload.c, af_inet.c
 * (inet_gso_segment), gre_offload.c, and net/ipv6/ip6_offload.c.
 */

import { fold, halves, sum } from "./checksum.ts";
import { Frame, HEADROOM } from "./frame.ts";
import { GRE_CHECKSUM_PRESENT, GRE_HEADER, greHeaderLength } from "./gre.ts";
import { GUE_HEADER } from "./gue.ts";
import {
  DONT_FRAGMENT,
  finishHeader,
  headerLength,
  IPV4_FRAGMENT,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  PROTOCOL_GRE,
  PROTOCOL_UDP,
} from "./ipv4.ts";
import { IPV6_HEADER, IPV6_NEXT_HEADER, IPV6_PAYLOAD_LENGTH, IPV6_SOURCE } from "./ipv6.ts";
import { finishChecksum, isUdp, segmentCount, segmentPayload, segmentTransport } from "./offload.ts";
import { FIN, PSH, TCP_FLAGS, TCP_SEQUENCE } from "./tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "./udp.ts";

/** Congestion window reduced (RFC 3168). */
const CWR = 0x80;

const isIpv6 = (view: DataView, network: number): boolean => view.getUint8(network) >> 4 === 6;

/** Offset of what follows an outer header, which has no extension headers. */
const behindOuter = (view: DataView, network: number): number =>
  network + (isIpv6(view, network) ? IPV6_HEADER : headerLength(view, network));

const outerProtocol = (view: DataView, network: number): number =>
  view.getUint8(network + (isIpv6(view, network) ? IPV6_NEXT_HEADER : IPV4_PROTOCOL));

/** Offset of the network header that is the segments' own: in a tunnel, that of the client's packet. */
function segmentNetwork({ view, network, tunnelled }: Frame): number {
  if (!tunnelled) return network;
  const inside = behindOuter(view, network);
  switch (outerProtocol(view, network)) {
    case PROTOCOL_GRE:
      return inside + greHeaderLength(view, inside);
    case PROTOCOL_UDP:
      return inside + UDP_HEADER + GUE_HEADER;
    default:
      return inside;
  }
}

/**
 * Cuts a frame that stands for many into the packets it stands for, and hands each to `take`, borrowed. A plain frame is
 * handed over as it is. The pieces' checksums are left to be made, as the frame's was. `identify` gives identifications
 * to outer headers that need one: the first piece keeps the frame's. `piece` is what the packets are made in, one after the other.
 */
export function forEachSegment(
  frame: Frame,
  identify: () => number,
  take: (piece: Frame) => void,
  piece: Frame = Frame.allocate(0),
): void {
  if (frame.segmentSize === 0) {
    take(frame);
    return;
  }
  const network = segmentNetwork(frame);
  const transport = segmentTransport(frame);
  const payload = segmentPayload(frame);
  const last = segmentCount(frame) - 1;
  makeRoom(piece, payload - frame.start + frame.segmentSize);
  const shift = HEADROOM - frame.start;
  for (let number = 0; number <= last; number++) {
    cut(frame, payload, number, piece);
    finishInner(piece, network + shift, number);
    if (isUdp(frame)) piece.view.setUint16(transport + shift + UDP_LENGTH, piece.end - transport - shift);
    else finishTcp(piece, transport + shift, number * frame.segmentSize, number === 0, number === last);
    leaveChecksum(piece, frame);
    if (frame.tunnelled) finishOuter(piece, number === 0 ? undefined : identify);
    take(piece);
  }
}

/** The largest frame of one packet on an Ethernet with jumbo frames, and more: one piece of memory does for all. */
const LEAST_ROOM = 10_000;

function makeRoom(piece: Frame, length: number): void {
  if (piece.bytes.length >= HEADROOM + length) return;
  piece.bytes = new Uint8Array(HEADROOM + Math.max(length, LEAST_ROOM));
  piece.view = new DataView(piece.bytes.buffer);
}

/** Makes the piece headers and payload of one segment, nothing adjusted yet. */
function cut(frame: Frame, payload: number, number: number, piece: Frame): void {
  const headers = payload - frame.start;
  const from = payload + number * frame.segmentSize;
  const to = Math.min(from + frame.segmentSize, frame.end);
  piece.reset(HEADROOM, HEADROOM + headers + to - from);
  piece.bytes.set(frame.bytes.subarray(frame.start, payload), piece.start);
  piece.bytes.set(frame.bytes.subarray(from, to), piece.start + headers);
  piece.knowHeadersOf(frame);
  piece.ifindex = frame.ifindex;
  piece.packetType = frame.packetType;
  piece.mark = frame.mark;
  piece.ignoreDontFragment = frame.ignoreDontFragment;
}

/** differs: the kernel counts identifications up even where DF makes them mean nothing; here they stay as of single packets. */
function finishOuter(piece: Frame, identify: (() => number) | undefined): void {
  const { view, network } = piece;
  if (!isIpv6(view, network)) {
    const dontFragment = (view.getUint16(network + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0;
    if (identify !== undefined && !dontFragment) view.setUint16(network + IPV4_IDENTIFICATION, identify());
  }
  finishLength(piece, network);
  const protocol = outerProtocol(view, network);
  const inside = behindOuter(view, network);
  if (protocol === PROTOCOL_GRE) finishGre(piece, inside);
  else if (protocol === PROTOCOL_UDP) finishGue(piece, inside);
}

/** The header's length, and the checksum that an IPv4 header has. */
function finishLength({ view, end }: Frame, network: number): void {
  if (isIpv6(view, network)) {
    view.setUint16(network + IPV6_PAYLOAD_LENGTH, end - network - IPV6_HEADER);
    return;
  }
  view.setUint16(network + IPV4_LENGTH, end - network);
  finishHeader(view, network);
}

/** GRE's own checksum, if it has one, is left to be made in the place of the one inside. */
function finishGre(piece: Frame, at: number): void {
  if ((piece.view.getUint16(at) & GRE_CHECKSUM_PRESENT) === 0) return;
  finishChecksum(piece);
  piece.view.setUint16(at + GRE_HEADER, 0);
  piece.checksumStart = at - piece.start;
  piece.checksumOffset = GRE_HEADER;
}

/** The UDP header of GUE, which has a checksum or none. */
function finishGue(piece: Frame, at: number): void {
  const { view, network, end } = piece;
  view.setUint16(at + UDP_LENGTH, end - at);
  if (view.getUint16(at + UDP_CHECKSUM) === 0) return;
  finishChecksum(piece);
  view.setUint16(at + UDP_CHECKSUM, 0);
  const addresses = isIpv6(view, network) ? sum(view, network + IPV6_SOURCE, 32) : sum(view, network + IPV4_SOURCE, 8);
  const pseudo = addresses + PROTOCOL_UDP + halves(end - at);
  view.setUint16(at + UDP_CHECKSUM, ~fold(sum(view, at, end - at) + pseudo) & 0xffff || 0xffff);
}

/** IPv4's identifications count up, with DF or without (af_inet.c: inet_gso_segment). */
function finishInner(piece: Frame, network: number, number: number): void {
  const { view } = piece;
  if (number !== 0 && !isIpv6(view, network)) {
    view.setUint16(network + IPV4_IDENTIFICATION, view.getUint16(network + IPV4_IDENTIFICATION) + number);
  }
  finishLength(piece, network);
}

/** FIN and PSH belong to the last segment, CWR to the first (tcp_offload.c: tcp_gso_segment). */
function finishTcp({ view }: Frame, transport: number, offset: number, first: boolean, last: boolean): void {
  view.setUint32(transport + TCP_SEQUENCE, view.getUint32(transport + TCP_SEQUENCE) + offset);
  const dropped = (first ? 0 : CWR) | (last ? 0 : FIN | PSH);
  view.setUint8(transport + TCP_FLAGS, view.getUint8(transport + TCP_FLAGS) & ~dropped);
}

/** The frame's pseudo-header sum with the piece's length in the place of the frame's; the rest is to be added. */
function leaveChecksum(piece: Frame, frame: Frame): void {
  piece.checksumStart = frame.checksumStart;
  piece.checksumOffset = frame.checksumOffset;
  const transport = segmentTransport(piece);
  const at = transport + piece.checksumOffset;
  const before = halves(~(frame.end - segmentTransport(frame)) >>> 0);
  piece.view.setUint16(at, fold(piece.view.getUint16(at) + before + halves(piece.end - transport)));
}
