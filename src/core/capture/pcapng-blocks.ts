/** The blocks of a pcapng file that a reader of frames needs (draft-ietf-opsawg-pcapng, sections 4.2 to 4.4 and appendix A). */
import type { CaptureFault, CaptureInterface, Direction } from "./packet.ts";
import { refuseLength } from "./pcap.ts";
import {
  badOptionLength,
  DIRECTION_IN,
  DIRECTION_OUT,
  EPB_FLAGS,
  IF_NAME,
  IF_TSOFFSET,
  IF_TSRESOL,
  padded,
  readOptions,
} from "./pcapng-options.ts";
import type { Section } from "./section.ts";
import { MICROSECONDS, timebase } from "./timebase.ts";
import { decodeUtf8 } from "./utf8.ts";

/** The body of a block, between its lengths: `at` to `end`. Long enough for the fields that its type always has. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
}

/** Longer names are cut: an interface of Linux has 15 bytes, a device path of Windows below 100. */
const LONGEST_NAME = 256;

/** Interface description: link type (16 bits), reserved, snap length, options. */
export function readInterface(section: Section, { bytes, view, at, end }: Block): CaptureFault | undefined {
  const { littleEndian } = section;
  let name: string | undefined;
  let resolution = MICROSECONDS;
  let offsetSeconds = 0n;
  let wrong: CaptureFault | undefined;
  const fault = readOptions(view, at + 8, end, littleEndian, (code, value, length) => {
    if (code === IF_NAME) name = nameFrom(bytes.subarray(value, value + Math.min(length, LONGEST_NAME)));
    if (code === IF_TSRESOL) {
      if (length === 1) resolution = view.getUint8(value);
      else wrong = badOptionLength("if_tsresol", "1", length);
    }
    if (code === IF_TSOFFSET) {
      if (length === 8) offsetSeconds = view.getBigInt64(value, littleEndian);
      else wrong = badOptionLength("if_tsoffset", "8", length);
    }
  });
  const linkType = view.getUint16(at, littleEndian);
  const port = { index: section.nextIndex, name, linkType, snapLength: view.getUint32(at + 4, littleEndian) };
  return fault ?? wrong ?? section.add({ port, timebase: timebase(resolution, offsetSeconds) });
}

/** Some writers count a closing zero byte. */
const nameFrom = (bytes: Uint8Array): string => decodeUtf8(bytes).replace(/\0+$/, "");

/** Enhanced packet: interface (32 bits), timestamp, lengths, packet, options. */
export const readEnhancedPacket = (section: Section, block: Block): CaptureFault | undefined =>
  readTimedPacket(section, block, block.view.getUint32(block.at, section.littleEndian));

/** Obsolete packet block: as the enhanced one, but 16 bits of interface and 16 bits of drop count. */
export const readObsoletePacket = (section: Section, block: Block): CaptureFault | undefined =>
  readTimedPacket(section, block, block.view.getUint16(block.at, section.littleEndian));

function readTimedPacket(section: Section, block: Block, interfaceNumber: number): CaptureFault | undefined {
  const { view, at, end } = block;
  const { littleEndian } = section;
  const from = section.interface(interfaceNumber);
  if ("kind" in from) return from;
  const captured = view.getUint32(at + 12, littleEndian);
  const start = at + 20;
  const fault = refuseLength(captured) ?? refuseOverrun(captured, end - start);
  if (fault !== undefined) return fault;

  const { packet } = section;
  packet.direction = undefined;
  const options = start + padded(captured);
  if (options < end) {
    const wrong = readDirection(packet, view, options, end, littleEndian);
    if (wrong !== undefined) return wrong;
  }
  from.timebase(view.getUint32(at + 4, littleEndian), view.getUint32(at + 8, littleEndian), packet);
  packet.timestamped = true;
  packet.originalLength = view.getUint32(at + 16, littleEndian);
  deliver(section, from.port, block, start, captured);
  return undefined;
}

function readDirection(
  packet: { direction: Direction },
  view: DataView,
  at: number,
  end: number,
  littleEndian: boolean,
): CaptureFault | undefined {
  return readOptions(view, at, end, littleEndian, (code, value, length) => {
    if (code === EPB_FLAGS && length === 4) packet.direction = directionOf(view.getUint32(value, littleEndian));
  });
}

/**
 * Simple packet: the length on the wire, and the packet, from the first interface. It has no time (it carries that of the packet
 * before) and no captured length: the snap length says where it was cut.
 */
export function readSimplePacket(section: Section, block: Block): CaptureFault | undefined {
  const { view, at, end } = block;
  const { packet } = section;
  const from = section.interface(0);
  if ("kind" in from) return from;
  const { snapLength } = from.port;
  const originalLength = view.getUint32(at, section.littleEndian);
  const captured = snapLength === 0 ? originalLength : Math.min(originalLength, snapLength);
  const start = at + 4;
  const fault = refuseLength(captured) ?? refuseOverrun(captured, end - start);
  if (fault !== undefined) return fault;
  packet.timestamped = false;
  packet.originalLength = originalLength;
  packet.direction = undefined;
  deliver(section, from.port, block, start, captured);
  return undefined;
}

/** The packet of the section has all its facts but these. */
function deliver(
  { packet, place, taker }: Section,
  port: CaptureInterface,
  { bytes, view }: Block,
  start: number,
  length: number,
): void {
  packet.interface = port;
  packet.offset = place.offset;
  packet.record = place.record;
  packet.lieIn(bytes, view, start, start + length);
  if (taker.links.reads(port.linkType)) taker.take(packet);
  else taker.passOver(port);
  place.record++;
}

function directionOf(flags: number): Direction {
  const direction = flags & 3;
  if (direction === DIRECTION_IN) return "in";
  return direction === DIRECTION_OUT ? "out" : undefined;
}

const refuseOverrun = (needed: number, there: number): CaptureFault | undefined =>
  needed > there
    ? { kind: "bad-block-length", message: `a packet of ${needed} bytes in a block with room for ${there}` }
    : undefined;
