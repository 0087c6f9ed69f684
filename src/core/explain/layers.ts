/** What decoding a frame comes to: layers of named fields. */

/** A field by name with its value as people write it: addresses dotted, bits and checksums in hexadecimal. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

export type LayerName =
  | "Ethernet"
  | "ARP"
  | "IPv4"
  | "outer IPv4"
  | "TCP"
  | "UDP"
  | "SCTP"
  | "ICMP"
  | "GRE"
  | "GUE"
  | "quoted SCTP"
  | "quoted outer IPv4"
  | "quoted IPv4"
  | "quoted TCP"
  | "quoted UDP"
  | "data";

/** A header, or the data behind all headers. */
export interface Layer {
  readonly name: LayerName;
  readonly fields: readonly Field[];
}

/** A number in hexadecimal behind 0x, at least `digits` long. */
export const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, "0")}`;

/** A checksum, with a word behind it if it is wrong. */
export const sumText = (value: number, sound: boolean): string => `${hex(value, 4)}${sound ? "" : " (wrong)"}`;

/** What no header is left for. */
export const data = (length: number): Layer[] =>
  length <= 0 ? [] : [{ name: "data", fields: [{ name: "length", value: `${length} bytes` }] }];
