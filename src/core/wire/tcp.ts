/**
 * TCP headers in place (RFC 9293, section 3.1). Offsets from the start of the header.
 *
 *   0               16                              32
 *   | source port   | destination port              |
 *   | sequence number                               |
 *   | acknowledgement number                        |
 *   | offset | flags| window                        |
 *   | checksum      | urgent pointer                |
 *   | options ...                                   |
 */
import type { Frame } from "./frame.ts";

export const TCP_HEADER = 20;
export const TCP_SOURCE_PORT = 0;
export const TCP_DESTINATION_PORT = 2;
export const TCP_SEQUENCE = 4;
export const TCP_ACKNOWLEDGEMENT = 8;
export const TCP_OFFSET = 12;
export const TCP_FLAGS = 13;
export const TCP_WINDOW = 14;
export const TCP_CHECKSUM = 16;
export const TCP_URGENT = 18;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

export const OPTION_END = 0;
export const OPTION_NOP = 1;
export const OPTION_MSS = 2;
export const OPTION_SACK = 5;
export const OPTION_TIMESTAMP = 8;

/** The byte of flags of the frame's segment. */
export const tcpFlags = (frame: Frame): number => frame.view.getUint8(frame.transport + TCP_FLAGS);

/** Header length in bytes as the data offset says: 0 to 60, not checked. */
export const tcpHeaderLength = (view: DataView, at: number): number => (view.getUint8(at + TCP_OFFSET) >> 4) * 4;

const FLAG_LETTERS: readonly [number, string][] = [
  [SYN, "S"],
  [FIN, "F"],
  [RST, "R"],
  [PSH, "P"],
  [0x20, "U"],
  [0x40, "E"],
  [0x80, "W"],
];

/** Flags as tcpdump writes them: `S`, `S.`, `P.`, `.`; `none` for no flag. */
export function flagsText(flags: number): string {
  const letters = FLAG_LETTERS.filter(([bit]) => (flags & bit) !== 0).map(([, letter]) => letter);
  return `${letters.join("")}${(flags & ACK) === 0 ? "" : "."}` || "none";
}
