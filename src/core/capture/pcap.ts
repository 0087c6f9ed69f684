/** The classic capture file (draft-ietf-opsawg-pcap): a header of 24 bytes, then records of 16 bytes and a packet each. */
import { unreadLinkType } from "./link-types.ts";
import { type CaptureFault, type CaptureInterface, LARGEST_PACKET } from "./packet.ts";
import type { Parser, Piece, Place, Taker } from "./parser.ts";

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
export function* pcap(place: Place, { take, links }: Taker, flavour: PcapFlavour): Parser {
  const { littleEndian } = flavour;
  place.length = FILE_HEADER;
  const header = readHeader(yield FILE_HEADER - 4, littleEndian);
  if ("kind" in header) return header;
  const { port, minor } = header;
  if (!links.reads(port.linkType)) return unreadLinkType(port.linkType, links);
  const perMicrosecond = flavour.fractions === "nanoseconds" ? 1000 : 1;

  for (let record = 1, offset = FILE_HEADER; ; record++) {
    place.record = record;
    place.offset = offset;
    place.length = RECORD_HEADER;
    const { view, at } = yield RECORD_HEADER;
    const seconds = view.getUint32(at, littleEndian);
    const fraction = view.getUint32(at + 4, littleEndian);
    const lengths = [view.getUint32(at + 8, littleEndian), view.getUint32(at + 12, littleEndian)] as const;
    const [captured, originalLength] = areSwapped(minor, lengths) ? [lengths[1], lengths[0]] : lengths;
    place.length = RECORD_HEADER + captured;
    const tooLong = refuseLength(captured);
    if (tooLong !== undefined) return tooLong;

    const data = yield captured;
    take({
      interface: port,
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

/**
 * Whether a record gives the length on the wire before the captured one. So did libpcap before version 2.3 of the format;
 * at 2.3 some did, and no packet has more captured bytes than it had on the wire (libpcap, sf-pcap.c).
 */
const areSwapped = (minor: number, [first, second]: readonly [number, number]): boolean =>
  minor < 3 || (minor === 3 && first > second);

/** What holds for all records: their interface, and the version that says in which order a record has its lengths. */
interface FileHeader {
  readonly port: CaptureInterface;
  readonly minor: number;
}

/** Everything behind the magic number: version, two fields that nobody sets, snap length, link type. */
function readHeader({ view, at }: Piece, littleEndian: boolean): FileHeader | CaptureFault {
  const major = view.getUint16(at, littleEndian);
  const minor = view.getUint16(at + 2, littleEndian);
  if (major !== 2 || minor > 4) {
    return { kind: "unsupported-version", message: `pcap version ${major}.${minor}: only 2.0 to 2.4 can be read` };
  }
  const snapLength = view.getUint32(at + 12, littleEndian);
  // The upper half says how many bytes of frame check sequence follow a frame; they are read as a part of it.
  const linkType = view.getUint32(at + 16, littleEndian) & 0xffff;
  return { port: { index: 0, name: undefined, linkType, snapLength }, minor };
}

/** `undefined` if a packet may have `captured` bytes. The snap length that a file names is no limit: some writers exceed theirs. */
export function refuseLength(captured: number): CaptureFault | undefined {
  if (captured > LARGEST_PACKET) {
    return { kind: "record-too-long", message: `${captured} bytes: a packet may have ${LARGEST_PACKET}` };
  }
  return undefined;
}
