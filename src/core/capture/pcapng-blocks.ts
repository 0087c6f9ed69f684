/** The blocks of a pcapng file that a reader of frames needs (draft-ietf-opsawg-pcapng, sections 4.2 to 4.4 and appendix A). */
import type { CaptureFault, CaptureInterface, Direction, Instant } from "./packet.ts";
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

  let flags = 0;
  const wrong = readOptions(view, start + padded(captured), end, littleEndian, (code, value, length) => {
    if (code === EPB_FLAGS && length === 4) flags = view.getUint32(value, littleEndian);
  });
  if (wrong !== undefined) return wrong;
  section.last = from.timebase(view.getUint32(at + 4, littleEndian), view.getUint32(at + 8, littleEndian));
  deliver(section, from.port, section.last, true, block.bytes.subarray(start, start + captured), {
    originalLength: view.getUint32(at + 16, littleEndian),
    direction: directionOf(flags),
  });
  return undefined;
}

/**
 * Simple packet: the length on the wire, and the packet, from the first interface. It has no time (it carries that of the packet
 * before) and no captured length: the snap length says where it was cut.
 */
export function readSimplePacket(section: Section, { bytes, view, at, end }: Block): CaptureFault | undefined {
  const from = section.interface(0);
  if ("kind" in from) return from;
  const { snapLength } = from.port;
  const originalLength = view.getUint32(at, section.littleEndian);
  const captured = snapLength === 0 ? originalLength : Math.min(originalLength, snapLength);
  const start = at + 4;
  const fault = refuseLength(captured) ?? refuseOverrun(captured, end - start);
  if (fault !== undefined) return fault;
  const packet = bytes.subarray(start, start + captured);
  deliver(section, from.port, section.last, false, packet, { originalLength, direction: undefined });
  return undefined;
}

function deliver(
  section: Section,
  port: CaptureInterface,
  { time, nanoseconds }: Instant,
  timestamped: boolean,
  bytes: Uint8Array,
  rest: { readonly originalLength: number; readonly direction: Direction },
): void {
  const { offset, record } = section.place;
  const { take, links, passOver } = section.taker;
  if (links.reads(port.linkType))
    take({ interface: port, time, nanoseconds, timestamped, bytes, ...rest, offset, record });
  else passOver(port);
  section.place.record++;
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
