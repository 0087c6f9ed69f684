/**
 * SCTP packets in place (RFC 9260). Offsets from the start of the header.
 *
 *   0               16                              32
 *   | source port   | destination port              |
 *   | verification tag                              |
 *   | checksum (CRC32c, least significant byte first)|
 *   | chunk: type | flags | length | value ...      |
 */
export const SCTP_HEADER = 12;
export const SCTP_CHECKSUM = 8;
export const SCTP_CHUNK_HEADER = 4;

export const CHUNK_INIT = 1;
export const CHUNK_ABORT = 6;
export const CHUNK_COOKIE_ECHO = 10;
export const CHUNK_COOKIE_ACK = 11;

/** CRC32c (Castagnoli), reflected polynomial. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
  return value;
});

/** Writes the checksum of the packet from `at` to `end` anew (RFC 9260, section 6.8 and appendix A). */
export function finishSctp(view: DataView, at: number, end: number): void {
  view.setUint32(at + SCTP_CHECKSUM, 0);
  let crc = -1;
  for (let position = at; position < end; position++) {
    crc = (TABLE[(crc ^ view.getUint8(position)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  view.setInt32(at + SCTP_CHECKSUM, ~crc, true);
}

/** The type of the first chunk; -1 if it is truncated. */
export const firstChunk = (view: DataView, at: number, end: number): number =>
  end - at < SCTP_HEADER + SCTP_CHUNK_HEADER ? -1 : view.getUint8(at + SCTP_HEADER);
