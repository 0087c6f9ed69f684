/**
 * Work that a sender left to its network card, done in software: checksums still to be made, and frames that stand for
 * many. Mirrors net/core/dev.c (skb_checksum_help), net/ipv4/tcp_offload.c, udp_offload.c and af_inet.c (gso_segment).
 */
import { checksum, fold, pseudoHeaderSum, sum } from "./checksum.ts";
import { Frame, HEADROOM, SEGMENT_NONE, SEGMENT_UDP_L4 } from "./frame.ts";
import {
  DONT_FRAGMENT,
  finishHeader,
  headerLength,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  PROTOCOL_GRE,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "./ipv4.ts";
import { FIN, PSH, TCP_CHECKSUM, TCP_FLAGS, TCP_SEQUENCE, tcpHeaderLength } from "./tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "./udp.ts";

/** In a segment type: some segment carries CWR, which only the first may keep (VIRTIO_NET_HDR_GSO_ECN). */
export const SEGMENT_ECN = 0x80;
/** Congestion window reduced (RFC 3168). */
const CWR = 0x80;
/** GRE (RFC 2784) with and without its checksum, and the header of GUE behind that of UDP. */
const GRE_HEADER = 4;
const GRE_CHECKSUM = 4;
const GRE_CHECKSUM_PRESENT = 0x8000;
const GUE_HEADER = 4;

/**
 * Finishes a checksum of which only the pseudo-header sum is there (net/core/dev.c: skb_checksum_help). A checksum that
 * comes out as 0 is sent as ffff.
 */
export function finishChecksum(frame: Frame): void {
  if (frame.checksumStart === 0) return;
  const from = frame.start + frame.checksumStart;
  const check = checksum(frame.view, from, frame.end - from);
  frame.view.setUint16(from + frame.checksumOffset, check === 0 ? 0xffff : check);
  frame.checksumStart = 0;
  frame.checksumOffset = 0;
}

/** Where the parts of a frame that stands for many begin. */
interface Layout {
  /** The IPv4 header that the segments' own length and identification stand in. */
  readonly network: number;
  readonly transport: number;
  readonly payload: number;
}

function layoutOf(frame: Frame): Layout {
  const { view } = frame;
  const network = frame.tunnelled ? insideOf(frame) : frame.network;
  const transport = network + headerLength(view, network);
  const header = isUdp(frame) ? UDP_HEADER : tcpHeaderLength(view, transport);
  return { network, transport, payload: transport + header };
}

/** Where the client's packet begins in a tunnel's. */
function insideOf({ view, network }: Frame): number {
  const inside = network + headerLength(view, network);
  switch (view.getUint8(network + IPV4_PROTOCOL)) {
    case PROTOCOL_GRE:
      return inside + GRE_HEADER + ((view.getUint16(inside) & GRE_CHECKSUM_PRESENT) === 0 ? 0 : GRE_CHECKSUM);
    case PROTOCOL_UDP:
      return inside + UDP_HEADER + GUE_HEADER;
    default:
      return inside;
  }
}

const isUdp = (frame: Frame): boolean => (frame.segmentType & ~SEGMENT_ECN) === SEGMENT_UDP_L4;

/** The length of the longest IPv4 packet that a frame stands for, outer header included (skb_gso_network_seglen). */
export function longestSegment(frame: Frame): number {
  const whole = frame.end - frame.network;
  if (frame.segmentSize === 0) return whole;
  return Math.min(whole, layoutOf(frame).payload - frame.network + frame.segmentSize);
}

/** How many packets a frame stands for. */
export const segmentCount = (frame: Frame): number =>
  frame.segmentSize === 0 ? 1 : Math.max(1, Math.ceil((frame.end - layoutOf(frame).payload) / frame.segmentSize));

/**
 * Cuts a frame that stands for many into the packets it stands for, and hands each to `take`, borrowed. A plain frame is
 * handed over as it is. The pieces' checksums are left to be made, as the frame's was. `identify` gives identifications
 * to outer headers that need one: the first piece keeps the frame's.
 */
export function forEachSegment(frame: Frame, identify: () => number, take: (piece: Frame) => void): void {
  if (frame.segmentSize === 0) {
    take(frame);
    return;
  }
  const layout = layoutOf(frame);
  const last = segmentCount(frame) - 1;
  const piece = Frame.allocate(layout.payload - frame.start + frame.segmentSize);
  for (let number = 0; number <= last; number++) {
    cut(frame, layout, number, piece);
    const shift = piece.start - frame.start;
    finishInner(piece, layout.network + shift, number);
    const transport = layout.transport + shift;
    if (isUdp(frame)) piece.view.setUint16(transport + UDP_LENGTH, piece.end - transport);
    else finishTcp(piece, transport, number * frame.segmentSize, number === 0, number === last);
    leaveChecksum(piece, layout.network + shift, transport, isUdp(frame));
    if (frame.tunnelled) finishOuter(piece, number === 0 ? undefined : identify);
    take(piece);
  }
}

/** Makes the piece headers and payload of one segment, nothing adjusted yet. */
function cut(frame: Frame, { payload }: Layout, number: number, piece: Frame): void {
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
  view.setUint16(network + IPV4_LENGTH, piece.end - network);
  const dontFragment = (view.getUint16(network + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0;
  if (identify !== undefined && !dontFragment) view.setUint16(network + IPV4_IDENTIFICATION, identify());
  finishHeader(view, network);
  const inside = network + headerLength(view, network);
  const protocol = view.getUint8(network + IPV4_PROTOCOL);
  if (protocol === PROTOCOL_GRE) finishGre(piece, inside);
  else if (protocol === PROTOCOL_UDP) finishGue(piece, inside);
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
  const source = view.getUint32(network + IPV4_SOURCE);
  const destination = view.getUint32(network + IPV4_DESTINATION);
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_UDP, end - at);
  view.setUint16(at + UDP_CHECKSUM, ~fold(sum(view, at, end - at) + pseudo) & 0xffff || 0xffff);
}

/** Identifications count up, with DF or without (af_inet.c: inet_gso_segment). */
function finishInner({ view, end }: Frame, network: number, number: number): void {
  view.setUint16(network + IPV4_LENGTH, end - network);
  view.setUint16(network + IPV4_IDENTIFICATION, view.getUint16(network + IPV4_IDENTIFICATION) + number);
  finishHeader(view, network);
}

/** FIN and PSH belong to the last segment, CWR to the first (tcp_offload.c: tcp_gso_segment). */
function finishTcp({ view }: Frame, transport: number, offset: number, first: boolean, last: boolean): void {
  view.setUint32(transport + TCP_SEQUENCE, view.getUint32(transport + TCP_SEQUENCE) + offset);
  const dropped = (first ? 0 : CWR) | (last ? 0 : FIN | PSH);
  view.setUint8(transport + TCP_FLAGS, view.getUint8(transport + TCP_FLAGS) & ~dropped);
}

/** The pseudo header's sum, and the note that the rest is to be added. */
function leaveChecksum(piece: Frame, network: number, transport: number, udp: boolean): void {
  const { view } = piece;
  const source = view.getUint32(network + IPV4_SOURCE);
  const destination = view.getUint32(network + IPV4_DESTINATION);
  const protocol = udp ? PROTOCOL_UDP : PROTOCOL_TCP;
  piece.checksumStart = transport - piece.start;
  piece.checksumOffset = udp ? UDP_CHECKSUM : TCP_CHECKSUM;
  const pseudo = pseudoHeaderSum(source, destination, protocol, piece.end - transport);
  view.setUint16(transport + piece.checksumOffset, pseudo);
}

/** Whether the facts beside a frame's bytes fit its bytes; frames from outside are to be checked before anything is cut. */
export function areOffloadsSound(frame: Frame): boolean {
  const { view, checksumStart, checksumOffset, segmentSize, segmentType } = frame;
  if (checksumStart !== 0 && frame.start + checksumStart + checksumOffset + 2 > frame.end) return false;
  if (segmentType === SEGMENT_NONE) return segmentSize === 0;
  if (segmentSize === 0 || frame.end - frame.network < 20) return false;
  const transport = frame.network + headerLength(view, frame.network);
  if (transport + 20 > frame.end && !isUdp(frame)) return false;
  return layoutOf(frame).payload <= frame.end;
}
