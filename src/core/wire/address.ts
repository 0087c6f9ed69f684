/** IPv4, IPv6 and Ethernet addresses: text to numbers and back, as `inet_pton` and `inet_ntop` (RFC 4291, RFC 5952) do. */

export const AF_INET = 2;
export const AF_INET6 = 10;
export type Family = typeof AF_INET | typeof AF_INET6;

/**
 * An address of either family as four 32-bit words in host order, as the kernel's `union nf_inet_addr`.
 * An IPv4 address stands in the first word; the rest is 0.
 */
export interface Address {
  readonly family: Family;
  readonly words: readonly [number, number, number, number];
}

export const ANY: Address = { family: AF_INET, words: [0, 0, 0, 0] };
export const ANY_IPV6: Address = { family: AF_INET6, words: [0, 0, 0, 0] };

/** The IPv4 address of a 32-bit number in host order. */
export const ipv4 = (value: number): Address => ({ family: AF_INET, words: [value >>> 0, 0, 0, 0] });

/** The address of a family that stands at `at`, in network order. */
export const addressAt = (view: DataView, at: number, family: Family): Address =>
  family === AF_INET
    ? ipv4(view.getUint32(at))
    : {
        family,
        words: [view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12)],
      };

/** Writes it there, in network order. */
export function writeAddress(view: DataView, at: number, { family, words }: Address): void {
  for (const [index, word] of words.entries()) {
    if (index === 0 || family === AF_INET6) view.setUint32(at + index * 4, word);
  }
}

/** The first word, unsigned: for IPv4 the whole address. */
export const firstWord = (address: Address): number => address.words[0];

export const sameAddress = (a: Address, b: Address): boolean =>
  a.family === b.family && a.words.every((word, index) => word === b.words[index]);

/** What the kernel's hashes make of an address: the exclusive or of its words, signed. IPv4 as it is. */
export const xorOfWords = ({ words: [first, second, third, last] }: Address): number => first ^ second ^ third ^ last;

/** A dotted quad as a 32-bit number in host order; `undefined` for anything else. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** A 32-bit number in host order as a dotted quad. */
export const formatIpv4 = (value: number): string =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;

/** An IPv6 address in any form that `inet_pton` takes (no zone); `undefined` for anything else. */
export function parseIpv6(text: string): Address | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = ipv6Groups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? ipv6Groups(halves[1] ?? "", true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (index: number): number => (((groups[index * 2] ?? 0) << 16) | (groups[index * 2 + 1] ?? 0)) >>> 0;
  return { family: AF_INET6, words: [word(0), word(1), word(2), word(3)] };
}

function ipv6Groups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const quad = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (quad === undefined) return undefined;
    groups.push(quad >>> 16, quad & 0xffff);
  }
  return groups;
}

/** Text as `inet_ntop` prints it: the longest run of two or more zero groups (the first of equals) becomes `::`. */
export function formatAddress(address: Address): string {
  return address.family === AF_INET ? formatIpv4(address.words[0]) : formatIpv6(address);
}

function formatIpv6(address: Address): string {
  const groups = address.words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let runStart = -1;
  let runLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > runLength) {
      runStart = start;
      runLength = length;
    }
  }
  // glibc prints IPv4-mapped and IPv4-compatible addresses with a dotted quad at the end.
  const [first, second, third, last] = address.words;
  const embedsIpv4 = first === 0 && second === 0 && (third === 0xffff || (third === 0 && last > 0xffff));
  const hex = groups.map((group) => group.toString(16));
  if (embedsIpv4) return `${third === 0xffff ? "::ffff:" : "::"}${formatIpv4(last)}`;
  if (runStart < 0) return hex.join(":");
  return `${hex.slice(0, runStart).join(":")}::${hex.slice(runStart + runLength).join(":")}`;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`: as ipvsadm takes and prints them. */
export const formatEndpoint = (address: Address, port: number): string =>
  `${address.family === AF_INET ? formatIpv4(address.words[0]) : `[${formatIpv6(address)}]`}:${port}`;

/** Either family, dotted quad or IPv6 text; `undefined` for anything else. */
export function parseAddress(text: string): Address | undefined {
  const quad = parseIpv4(text);
  return quad === undefined ? parseIpv6(text) : ipv4(quad);
}

/** Six bytes from `02:00:00:00:01:64`; `undefined` for anything else. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(":"), (pair) => Number.parseInt(pair, 16));
}

/** The six bytes at `at` as `02:00:00:00:01:64`. */
export function formatMac(bytes: Uint8Array, at = 0): string {
  return Array.from(bytes.subarray(at, at + 6), (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Bits of an address, and so the length of a host's prefix. */
export const longestPrefix = (family: Family): number => (family === AF_INET ? 32 : 128);

/** Whether no bit is set beyond the first `prefix` ones. */
export const isNetwork = ({ family, words }: Address, prefix: number): boolean =>
  words.every((word, index) => (family === AF_INET && index > 0 ? true : (word & ~prefixMask(prefix, index)) === 0));

/** The bits of a prefix in one of the four words of an address, signed. */
export function prefixMask(prefix: number, index: number): number {
  const bits = Math.min(32, Math.max(0, prefix - index * 32));
  return bits === 0 ? 0 : -1 << (32 - bits);
}

/** fe80::/10. */
export const isLinkLocal = ({ family, words }: Address): boolean => family === AF_INET6 && words[0] >>> 22 === 0x3fa;

/** 224.0.0.0/4 and ff00::/8. */
export const isMulticast = ({ family, words: [first] }: Address): boolean =>
  family === AF_INET ? first >>> 28 === 0xe : first >>> 24 === 0xff;

/** The netmask of a prefix length 0..32, in host order. */
export const netmask = (prefix: number): number => (prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0);
