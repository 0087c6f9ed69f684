/** The classic capture file (draft-ietf-opsawg-pcap): a header of 24 bytes, then records of 16 bytes and a packet each. */
import { refuseLinkType } from "./link-types.ts";
import { type CaptureFault, type CaptureInterface, LARGEST_PACKET } from "./packet.ts";
import type { Parser, Piece, Place, TakePacket } from "./parser.ts";

const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** The byte order of the machine that wrote the file, and what a second is divided into. */
export interface PcapFlavour {
  readonly littleEndian: boolean;
  readonly fractions: "microseconds" | "nanoseconds";
}

/** What the first four bytes, read as a big-endian number, say; `undefined` if this is no pcap file. */
export function pcapFlavour(magic: number): PcapFlavour | undefined {
  switch (magic) {
    case 0xa1b2c3d4:
      return { littleEndian: false, fractions: "microseconds" };
    case 0xd4c3b2a1:
      return { littleEndian: true, fractions: "microseconds" };
    case 0xa1b23c4d:
      return { littleEndian: false, fractions: "nanoseconds" };
    case 0x4d3cb2a1:
      return { littleEndian: true, fractions: "nanoseconds" };
    default:
      return undefined;
  }
}

/** Reads a pcap file from behind its magic number. */
export function* pcap(place: Place, take: TakePacket, flavour: PcapFlavour): Parser {
  const { littleEndian } = flavour;
  place.length = FILE_HEADER;
  const header = readHeader(yield FILE_HEADER - 4, littleEndian);
  if ("kind" in header) return header;
  const perMicrosecond = flavour.fractions === "nanoseconds" ? 1000 : 1;

  for (let record = 1, offset = FILE_HEADER; ; record++) {
    place.record = record;
    place.offset = offset;
    place.length = RECORD_HEADER;
    const { view, at } = yield RECORD_HEADER;
    const seconds = view.getUint32(at, littleEndian);
    const fraction = view.getUint32(at + 4, littleEndian);
    const captured = view.getUint32(at + 8, littleEndian);
    const originalLength = view.getUint32(at + 12, littleEndian);
    place.length = RECORD_HEADER + captured;
    const tooLong = refuseLength(captured, header.snapLength);
    if (tooLong !== undefined) return tooLong;

    const data = yield captured;
    take({
      interface: header,
      time: seconds * 1e6 + Math.floor(fraction / perMicrosecond),
      nanoseconds: fraction % perMicrosecond,
      timestamped: true,
      bytes: data.bytes.subarray(data.at, data.at + captured),
      originalLength,
      direction: undefined,
      offset,
      record,
    });
    offset += place.length;
  }
}

/** Everything behind the magic number: version, two fields that nobody sets, snap length, link type. */
function readHeader({ view, at }: Piece, littleEndian: boolean): CaptureInterface | CaptureFault {
  const major = view.getUint16(at, littleEndian);
  const minor = view.getUint16(at + 2, littleEndian);
  if (major !== 2 || minor !== 4) {
    return { kind: "unsupported-version", message: `pcap version ${major}.${minor}: only 2.4 can be read` };
  }
  const snapLength = view.getUint32(at + 12, littleEndian);
  // The upper half says how many bytes of frame check sequence follow a frame; they are read as a part of it.
  const linkType = view.getUint32(at + 16, littleEndian) & 0xffff;
  return refuseLinkType(linkType) ?? { index: 0, name: undefined, linkType, snapLength };
}

/** `undefined` if a packet may have `captured` bytes: not more than the snap length (0: no limit) nor than LARGEST_PACKET. */
export function refuseLength(captured: number, snapLength: number): CaptureFault | undefined {
  if (snapLength !== 0 && captured > snapLength) {
    return { kind: "record-too-long", message: `${captured} bytes, but the snap length is ${snapLength}` };
  }
  if (captured > LARGEST_PACKET) {
    return { kind: "record-too-long", message: `${captured} bytes: a packet may have ${LARGEST_PACKET}` };
  }
  return undefined;
}
