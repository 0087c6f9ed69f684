/**
 * struct virtio_net_hdr, what the kernel says of a frame beside its bytes (include/uapi/linux/virtio_net.h). In the
 * machine's byte order.
 *
 *   0       1        2             4          6             8              10
 *   | flags | gso    | header      | segment  | checksum    | checksum     | frame ...
 *   |       | type   | length      | size     | start       | offset       |
 */
import { endianness } from "node:os";
import type { Frame } from "../../core/wire/frame.ts";
import { SEGMENT_NONE } from "../../core/wire/frame.ts";
import { segmentPayload } from "../../core/wire/offload.ts";

export const VIRTIO_HEADER = 10;

const SEGMENT_TYPE = 1;
const HEADER_LENGTH = 2;
const SEGMENT_SIZE = 4;
const CHECKSUM_START = 6;
const CHECKSUM_OFFSET = 8;
const NEEDS_CHECKSUM = 1;
const LITTLE = endianness() === "LE";

/** Takes over the facts of the header that lies before the frame. */
export function readVirtioHeader(frame: Frame): void {
  const { view } = frame;
  const at = frame.start - VIRTIO_HEADER;
  // Nearly all small frames: neither flags nor a type.
  if (view.getUint16(at) === 0) return;
  if ((view.getUint8(at) & NEEDS_CHECKSUM) !== 0) {
    frame.checksumStart = view.getUint16(at + CHECKSUM_START, LITTLE);
    frame.checksumOffset = view.getUint16(at + CHECKSUM_OFFSET, LITTLE);
  }
  const type = view.getUint8(at + SEGMENT_TYPE);
  if (type === SEGMENT_NONE) return;
  frame.segmentType = type;
  frame.segmentSize = view.getUint16(at + SEGMENT_SIZE, LITTLE);
}

/** Writes the header before the frame; `at` is where, in `view`, the frame begins. */
export function writeVirtioHeader(view: DataView, at: number, frame: Frame): void {
  const from = at - VIRTIO_HEADER;
  const { checksumStart, segmentType, segmentSize } = frame;
  if (checksumStart === 0 && segmentSize === 0) {
    view.setUint32(from, 0);
    view.setUint32(from + 4, 0);
    view.setUint16(from + 8, 0);
    return;
  }
  view.setUint8(from, checksumStart === 0 ? 0 : NEEDS_CHECKSUM);
  view.setUint8(from + SEGMENT_TYPE, segmentSize === 0 ? SEGMENT_NONE : segmentType);
  view.setUint16(from + HEADER_LENGTH, segmentSize === 0 ? 0 : segmentPayload(frame) - frame.start, LITTLE);
  view.setUint16(from + SEGMENT_SIZE, segmentSize, LITTLE);
  view.setUint16(from + CHECKSUM_START, checksumStart, LITTLE);
  view.setUint16(from + CHECKSUM_OFFSET, frame.checksumOffset, LITTLE);
}
