/**
 * FTP commands and replies that name an address and a port (RFC 959, section 4.1.2: PORT and 227; RFC 2428: EPRT and 229).
 * Mirrors ip_vs_ftp_get_addrport of net/netfilter/ipvs/ip_vs_ftp.c, with what it is lenient and strict about.
 */
import { type Address, AF_INET, AF_INET6, type Family, ipv4, parseIpv6 } from "../../wire/address.ts";

/** Where a data connection is to go. `start` and `end` are the text's offsets, `end` one past it. */
export interface Endpoint {
  /** `undefined` if the text leaves it out, as 229 does: then it is the sender's own. */
  readonly address: Address | undefined;
  readonly port: number;
  readonly start: number;
  readonly end: number;
}

/** How a command or reply begins, and what comes before the endpoint. */
export interface Form {
  readonly prefix: string;
  readonly skip: string;
  /** `h1,h2,h3,h4,p1,p2`, or `|family|address|port|` in which a reply may leave out family and address. */
  readonly extended: boolean;
  readonly mayLeaveOutAddress: boolean;
}

export const PORT: Form = { prefix: "PORT", skip: " ", extended: false, mayLeaveOutAddress: false };
export const EPRT: Form = { prefix: "EPRT", skip: " ", extended: true, mayLeaveOutAddress: false };
export const PASSIVE_REPLY: Form = { prefix: "227 ", skip: "(", extended: false, mayLeaveOutAddress: false };
export const EXTENDED_REPLY: Form = { prefix: "229 ", skip: "(", extended: true, mayLeaveOutAddress: true };

const code = (character: string): number => character.charCodeAt(0);
const COMMA = code(",");
const FIRST_DIGIT = code("0");
const LAST_DIGIT = code("9");
const isDigit = (byte: number): boolean => byte >= FIRST_DIGIT && byte <= LAST_DIGIT;

/** The text at `at` in capital letters; what lies beyond `limit` is left out. */
export const capitals = (bytes: Uint8Array, at: number, length: number, limit: number): string =>
  text(bytes, at, Math.min(at + length, limit)).toUpperCase();

const text = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, Math.max(from, to)));

/** The endpoint in a text of this form from `at` up to `limit`; `undefined` if there is none, or not all of it. */
export function readEndpoint(
  bytes: Uint8Array,
  at: number,
  limit: number,
  form: Form,
  family: Family,
): Endpoint | undefined {
  if (capitals(bytes, at, form.prefix.length, limit) !== form.prefix) return undefined;
  const start = skipTo(bytes, at + form.prefix.length, limit, form);
  if (start >= limit) return undefined;
  return form.extended
    ? readExtended(bytes, start, limit, form.mayLeaveOutAddress, family)
    : readNumbers(bytes, start, limit);
}

/** Past the first run of `skip`; the six numbers may also begin at a digit before it. */
function skipTo(bytes: Uint8Array, from: number, limit: number, { skip, extended }: Form): number {
  let found = false;
  for (let at = from; at < limit; at++) {
    const byte = bytes[at] ?? 0;
    const isSkip = byte === code(skip);
    if (found ? !isSkip : !extended && isDigit(byte)) return at;
    found ||= isSkip;
  }
  return limit;
}

/** Six numbers with commas between them, each mod 256; something else must follow. */
function readNumbers(bytes: Uint8Array, start: number, limit: number): Endpoint | undefined {
  const numbers = [0];
  let at = start;
  for (; at < limit; at++) {
    const byte = bytes[at] ?? 0;
    const last = numbers.length - 1;
    if (isDigit(byte)) numbers[last] = ((numbers[last] ?? 0) * 10 + byte - FIRST_DIGIT) & 0xff;
    else if (byte === COMMA && last < 5) numbers.push(0);
    else break;
  }
  if (at === limit || numbers.length !== 6) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, high = 0, low = 0] = numbers;
  return { address: ipv4((a << 24) | (b << 16) | (c << 8) | d), port: (high << 8) | low, start, end: at };
}

/** RFC 2428: the first byte delimits all fields. A port of 0 is none; more than 16 bits of it are truncated. */
function readExtended(
  bytes: Uint8Array,
  start: number,
  limit: number,
  mayLeaveOutAddress: boolean,
  family: Family,
): Endpoint | undefined {
  const delimiter = bytes[start] ?? 0;
  if (delimiter < 33 || delimiter > 126) return undefined;
  const [protocol, host, digits] = fields(bytes, start + 1, limit, delimiter);
  if (protocol === undefined || host === undefined || digits === undefined) return undefined;
  const port = portNumber(digits);
  if (port === 0) return undefined;
  const end = start + 4 + protocol.length + host.length + digits.length;
  if (protocol === "") return mayLeaveOutAddress && host === "" ? { address: undefined, port, start, end } : undefined;
  if (protocol !== (family === AF_INET6 ? "2" : "1")) return undefined;
  const address = family === AF_INET ? quad(host) : parseIpv6(host);
  return address && { address, port, start, end };
}

/** The texts of three fields, each closed by the delimiter; fewer if the rest is not there. */
function fields(bytes: Uint8Array, from: number, limit: number, delimiter: number): string[] {
  const found: string[] = [];
  for (let at = from; found.length < 3; ) {
    const end = bytes.subarray(0, limit).indexOf(delimiter, at);
    if (end < 0) return found;
    found.push(text(bytes, at, end));
    at = end + 1;
  }
  return found;
}

/** 0 unless all are digits. */
function portNumber(digits: string): number {
  if (!/^\d+$/.test(digits)) return 0;
  let port = 0;
  for (const digit of digits) port = (port * 10 + Number(digit)) & 0xffff;
  return port;
}

/** Four numbers of at most 255; unlike inet_pton, leading zeros do no harm (net/core/utils.c: in4_pton). */
function quad(host: string): Address | undefined {
  const parts = host.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d+$/.test(part) || Number(part) > 255)) return undefined;
  const [a, b, c, d] = parts.map(Number);
  return ipv4(((a ?? 0) << 24) | ((b ?? 0) << 16) | ((c ?? 0) << 8) | (d ?? 0));
}
