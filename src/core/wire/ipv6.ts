/**
 * IPv6 headers in place (RFC 8200, section 3). Offsets from the start of the header; accessors check nothing.
 *
 *   0      4              12                            32
 *   | ver  | traffic class | flow label                 |
 *   | payload length       | next header | hop limit    |
 *   | source address (16 bytes)                         |
 *   | destination address (16 bytes)                    |
 */
export const IPV6_HEADER = 40;
export const IPV6_LENGTH = 4;
export const IPV6_SOURCE = 8;
export const IPV6_DESTINATION = 24;
