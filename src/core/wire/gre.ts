/**
 * GRE headers in place (RFC 2784). Offsets from the start of the header; the second line is there if C is set.
 *
 *   0 1             13    16                              32
 *   |C| reserved 0  | ver | protocol (an Ethernet type)    |
 *   | checksum            | reserved                       |
 */
export const GRE_HEADER = 4;
/** Bytes of the second line. */
export const GRE_CHECKSUM_LENGTH = 4;
/** The bit C. */
export const GRE_CHECKSUM_PRESENT = 0x8000;

/** Bytes of the header at `at`. */
export const greHeaderLength = (view: DataView, at: number): number =>
  GRE_HEADER + ((view.getUint16(at) & GRE_CHECKSUM_PRESENT) === 0 ? 0 : GRE_CHECKSUM_LENGTH);
