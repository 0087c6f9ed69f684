/**
 * UDP headers in place (RFC 768). Offsets from the start of the header.
 *
 *   0               16                              32
 *   | source port   | destination port              |
 *   | length        | checksum (0: none)            |
 */
export const UDP_HEADER = 8;
export const UDP_LENGTH = 4;
export const UDP_CHECKSUM = 6;
