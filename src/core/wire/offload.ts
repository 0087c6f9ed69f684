/**
 * Work that a sender left to its network card: a checksum still to be made, and segments in one frame. Mirrors
 * net/core/dev.c (skb_checksum_help) and skbuff.c (skb_gso_network_seglen). segments.ts cuts such frames.
 */
import { checksum } from "./checksum.ts";
import { type Frame, SEGMENT_NONE, SEGMENT_TCPV4, SEGMENT_TCPV6, SEGMENT_UDP_L4 } from "./frame.ts";
import { headerLength, IPV4_HEADER } from "./ipv4.ts";
import { IPV6_HEADER } from "./ipv6.ts";
import { TCP_CHECKSUM, TCP_HEADER, tcpHeaderLength } from "./tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER } from "./udp.ts";

/** In a segment type: some segment carries CWR, which only the first may keep (VIRTIO_NET_HDR_GSO_ECN). */
export const SEGMENT_ECN = 0x80;

/** A segment type without the flag beside it. */
export const plainType = ({ segmentType }: Frame): number => segmentType & ~SEGMENT_ECN;

export const isUdp = (frame: Frame): boolean => plainType(frame) === SEGMENT_UDP_L4;

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

/** Offset of the segments' transport header: where the checksum begins that is left to be made for each. */
export const segmentTransport = ({ start, checksumStart }: Frame): number => start + checksumStart;

/** Offset of the payload of a frame that stands for many. */
export function segmentPayload(frame: Frame): number {
  const transport = segmentTransport(frame);
  return transport + (isUdp(frame) ? UDP_HEADER : tcpHeaderLength(frame.view, transport));
}

/** The length of the longest IP packet that a frame stands for, outer header included (skb_gso_network_seglen). */
export function longestSegment(frame: Frame): number {
  const whole = frame.end - frame.network;
  if (frame.segmentSize === 0) return whole;
  return Math.min(whole, segmentPayload(frame) - frame.network + frame.segmentSize);
}

/** How many packets a frame stands for. */
export const segmentCount = (frame: Frame): number =>
  frame.segmentSize === 0 ? 1 : Math.max(1, Math.ceil((frame.end - segmentPayload(frame)) / frame.segmentSize));

/** Whether the facts beside a frame's bytes fit its bytes; frames from outside are to be checked before anything is cut. */
export function areOffloadsSound(frame: Frame): boolean {
  const { checksumStart, checksumOffset, segmentSize, segmentType } = frame;
  if (checksumStart !== 0 && frame.start + checksumStart + checksumOffset + 2 > frame.end) return false;
  if (segmentType === SEGMENT_NONE) return segmentSize === 0;
  // Segments always have their checksums left to be made (virtio 1.2, section 5.1.6.2).
  if (segmentSize === 0 || checksumStart === 0) return false;
  return checksumOffset === (isUdp(frame) ? UDP_CHECKSUM : TCP_CHECKSUM) && holdsSegments(frame);
}

/** Whether headers stand where the type of the segments says. */
function holdsSegments(frame: Frame): boolean {
  const { view, network, end } = frame;
  const transport = segmentTransport(frame);
  if (end - network < IPV4_HEADER || transport + (isUdp(frame) ? UDP_HEADER : TCP_HEADER) > end) return false;
  const version = view.getUint8(network) >> 4;
  const header = version === 6 ? IPV6_HEADER : headerLength(view, network);
  const type = plainType(frame);
  const fits =
    type === SEGMENT_UDP_L4
      ? version === 4 || version === 6
      : type === (version === 6 ? SEGMENT_TCPV6 : version === 4 ? SEGMENT_TCPV4 : SEGMENT_NONE);
  return fits && header >= IPV4_HEADER && network + header <= transport && segmentPayload(frame) <= end;
}
