/** The capture file of blocks (draft-ietf-opsawg-pcapng): sections, interfaces, and packets in three kinds of block. */

import { type CaptureFault, LARGEST_BLOCK } from "./packet.ts";
import type { Parser, Part, Piece, Place, Taker } from "./parser.ts";
import {
  type Block,
  readEnhancedPacket,
  readInterface,
  readObsoletePacket,
  readSimplePacket,
} from "./pcapng-blocks.ts";
import { Section } from "./section.ts";

/** The same number in both byte orders, so that a section can say which is its own. */
export const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER = 0x1a2b3c4d;
const BYTE_ORDER_SWAPPED = 0x4d3c2b1a;

/** Type, total length, and the total length once more at the end. */
const FRAMING = 12;
/** Bytes of a block's type. */
const TYPE = 4;
const ENHANCED_PACKET = 6;
/** What an enhanced packet has before its packet: interface, time, two lengths. */
const ENHANCED_FIXED = 20;
/** What a section header has before its options: byte order, version, length of the section. */
const SECTION_FIXED = 16;

/** The blocks that are read: how many bytes stand before their packet or options at least, and what reads them. */
const READERS: ReadonlyMap<number, readonly [number, (section: Section, block: Block) => CaptureFault | undefined]> =
  new Map([
    [1, [8, readInterface]],
    [2, [20, readObsoletePacket]],
    [3, [4, readSimplePacket]],
    [ENHANCED_PACKET, [ENHANCED_FIXED, readEnhancedPacket]],
  ]);

/** Reads a pcapng file from behind its first four bytes, the type of its first section header. */
export function* pcapng(place: Place, taker: Taker): Parser {
  const section = new Section(place, taker);
  for (let type = SECTION_HEADER; ; ) {
    const fault = type === SECTION_HEADER ? yield* sectionHeader(section) : yield* block(section, type);
    if (fault !== undefined) return fault;
    place.offset += place.length;
    place.length = FRAMING;
    let piece = yield TYPE;
    const read = readWhole(section, piece);
    if (typeof read === "object") return read;
    if (read > 0) {
      yield TYPE - read;
      piece = yield TYPE;
    }
    type = piece.view.getUint32(piece.at, section.littleEndian);
  }
}

/** Reads packets without asking for each, as long as they are there whole and sound; how many bytes they were. */
function readWhole(section: Section, { bytes, view, at: begin, end }: Piece): number | CaptureFault {
  const { littleEndian, place } = section;
  let at = begin;
  while (at + FRAMING + ENHANCED_FIXED <= end && view.getUint32(at, littleEndian) === ENHANCED_PACKET) {
    const length = view.getUint32(at + TYPE, littleEndian);
    const next = at + length;
    if (length % 4 !== 0 || length < FRAMING + ENHANCED_FIXED || length > LARGEST_BLOCK || next > end) break;
    if (view.getUint32(next - 4, littleEndian) !== length) break;
    place.length = length;
    const fault = readEnhancedPacket(section, { bytes, view, at: at + 8, end: next - 4 });
    if (fault !== undefined) return fault;
    place.offset += length;
    place.length = FRAMING;
    at = next;
  }
  return at - begin;
}

/** A section header sets the byte order, and forgets the interfaces of the section before. Its length of the section is not needed. */
function* sectionHeader(section: Section): Part {
  const { place } = section;
  place.length = FRAMING + SECTION_FIXED;
  const head = yield 8;
  const order = head.view.getUint32(head.at + 4);
  if (order !== BYTE_ORDER && order !== BYTE_ORDER_SWAPPED) {
    const text = order.toString(16).padStart(8, "0");
    return { kind: "bad-byte-order", message: `the byte-order magic of the section header is 0x${text}` };
  }
  section.begin(order === BYTE_ORDER_SWAPPED);
  const length = head.view.getUint32(head.at, section.littleEndian);
  const fault = refuseBlockLength(length, FRAMING + SECTION_FIXED, LARGEST_BLOCK);
  if (fault !== undefined) return fault;
  place.length = length;

  const { view, at } = yield length - 12;
  const major = view.getUint16(at, section.littleEndian);
  const minor = view.getUint16(at + 2, section.littleEndian);
  if (major !== 1) {
    return { kind: "unsupported-version", message: `pcapng version ${major}.${minor}: only 1.x can be read` };
  }
  place.record ||= 1;
  return refuseTrailer(length, view.getUint32(at + length - 16, section.littleEndian));
}

/** Any other block. One of a type that is not known is passed over unseen, whatever its length. */
function* block(section: Section, type: number): Part {
  const { littleEndian, place } = section;
  const head = yield 4;
  const length = head.view.getUint32(head.at, littleEndian);
  const reader = READERS.get(type);
  const fault =
    reader === undefined
      ? refuseBlockLength(length, FRAMING, Number.POSITIVE_INFINITY)
      : refuseBlockLength(length, FRAMING + reader[0], LARGEST_BLOCK);
  if (fault !== undefined) return fault;
  place.length = length;

  if (reader === undefined) {
    yield FRAMING - length;
    const trailer = yield 4;
    return refuseTrailer(length, trailer.view.getUint32(trailer.at, littleEndian));
  }
  const { bytes, view, at } = yield length - 8;
  const end = at + length - FRAMING;
  const body = { bytes, view, at, end };
  return refuseTrailer(length, view.getUint32(end, littleEndian)) ?? reader[1](section, body);
}

function refuseBlockLength(length: number, least: number, most: number): CaptureFault | undefined {
  if (length % 4 !== 0) return { kind: "bad-block-length", message: `block length ${length} is not a multiple of 4` };
  if (length < least) return { kind: "bad-block-length", message: `block length ${length} is below ${least}` };
  return length > most
    ? { kind: "record-too-long", message: `a block of ${length} bytes: ${most} can be read` }
    : undefined;
}

const refuseTrailer = (length: number, trailer: number): CaptureFault | undefined =>
  length === trailer
    ? undefined
    : { kind: "bad-block-length", message: `block length ${length} at its start, ${trailer} at its end` };
