/** The classic capture file (draft-ietf-opsawg-pcap): a header of 24 bytes, then records of 16 bytes and a packet each. */
import { unreadLinkType } from "./link-types.ts";
import { type CaptureFault, type CaptureInterface, LARGEST_PACKET, PacketInPlace } from "./packet.ts";
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
export function* pcap(place: Place, taker: Taker, flavour: PcapFlavour): Parser {
  place.length = FILE_HEADER;
  const header = readHeader(yield FILE_HEADER - 4, flavour.littleEndian);
  if ("kind" in header) return header;
  const { linkType } = header.port;
  if (!taker.links.reads(linkType)) return unreadLinkType(linkType, taker.links);

  place.record = 1;
  place.offset = FILE_HEADER;
  for (const record = new Records(header, flavour); ; ) {
    place.length = RECORD_HEADER;
    const { bytes, view, at: begin, end } = yield RECORD_HEADER;
    let at = begin;
    // Records that are there whole are read without asking for each.
    while (at + RECORD_HEADER <= end) {
      const fault = record.read(view, at);
      if (fault !== undefined) return fault;
      place.length = RECORD_HEADER + record.captured;
      if (at + place.length > end) break;
      record.deliver(place, taker, bytes, view, at + RECORD_HEADER);
      at += place.length;
    }
    const passed = at - begin - RECORD_HEADER;
    if (passed > 0) yield -passed;
    if (passed >= 0) continue;
    const data = yield record.captured;
    record.deliver(place, taker, data.bytes, data.view, data.at);
  }
}

/** The packets of a file, one after the other: what stands before each, and what holds for all of them. */
class Records {
  /** Bytes of the packet that are in the file. */
  captured = 0;
  readonly #packet = new PacketInPlace();
  readonly #minor: number;
  readonly #littleEndian: boolean;
  readonly #perMicrosecond: number;

  constructor({ port, minor }: FileHeader, { littleEndian, fractions }: PcapFlavour) {
    this.#packet.interface = port;
    this.#minor = minor;
    this.#littleEndian = littleEndian;
    this.#perMicrosecond = fractions === "nanoseconds" ? 1000 : 1;
  }

  read(view: DataView, at: number): CaptureFault | undefined {
    const packet = this.#packet;
    const littleEndian = this.#littleEndian;
    const fraction = view.getUint32(at + 4, littleEndian);
    packet.time = view.getUint32(at, littleEndian) * 1e6 + Math.floor(fraction / this.#perMicrosecond);
    packet.nanoseconds = fraction % this.#perMicrosecond;
    const first = view.getUint32(at + 8, littleEndian);
    const second = view.getUint32(at + 12, littleEndian);
    const swapped = areSwapped(this.#minor, first, second);
    this.captured = swapped ? second : first;
    packet.originalLength = swapped ? first : second;
    return refuseLength(this.captured);
  }

  deliver(place: Place, { take }: Taker, buffer: Uint8Array, view: DataView, at: number): void {
    const packet = this.#packet;
    packet.lieIn(buffer, view, at, at + this.captured);
    packet.offset = place.offset;
    packet.record = place.record;
    take(packet);
    place.offset += place.length;
    place.record++;
  }
}

/**
 * Whether a record gives the length on the wire before the captured one. So did libpcap before version 2.3 of the format;
 * at 2.3 some did, and no packet has more captured bytes than it had on the wire (libpcap, sf-pcap.c).
 */
const areSwapped = (minor: number, first: number, second: number): boolean =>
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
