/** What decoding a frame comes to: layers of named fields. */

/** A field by name with its value as people write it: addresses dotted, bits and checksums in hexadecimal. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

type HeaderName =
  | "IPv4"
  | "outer IPv4"
  | "IPv6"
  | "outer IPv6"
  | ExtensionName
  | "TCP"
  | "UDP"
  | "SCTP"
  | "VRRP"
  | "ICMP"
  | "ICMPv6"
  | "GRE"
  | "GUE";

/** Of IPv6. */
export type ExtensionName =
  | "hop-by-hop options"
  | "routing header"
  | "fragment header"
  | "authentication header"
  | "destination options";

/** What an ICMP error quotes is called so. */
export type Quoted = "" | "quoted ";

export type LayerName = "Ethernet" | "ARP" | `${Quoted}${HeaderName}` | "IPVS sync" | "sync record" | "data";

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
