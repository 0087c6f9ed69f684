/** Addresses as ipvsadm takes them: of services, servers, netmasks, multicast groups (ipvsadm.c: parse_service). */
import { type Address, ipv4, isMulticast, parseIpv4, parseIpv6 } from "../wire/address.ts";
import type { Names } from "./names.ts";
import { parseNumber } from "./numbers.ts";

/** The largest value of the last part, by how many parts there are (inet_aton). */
const LAST_PART: readonly number[] = [0, 0xffffffff, 0xffffff, 0xffff, 0xff];

/**
 * An IPv4 address in any form of inet_aton(3): one to four parts, decimal, octal or hexadecimal; text after a blank is
 * not looked at. The address in host order.
 */
export function inetAton(text: string): number | undefined {
  const parts = text.split(/[ \t\n\v\f\r]/, 1)[0]?.split(".") ?? [];
  if (parts.length > 4) return undefined;
  let address = 0;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const value = cNumber(part);
    if (value === undefined || value > (isLast ? (LAST_PART[parts.length] ?? 0) : 255)) return undefined;
    address += isLast ? value : value * 256 ** (3 - index);
  }
  return address;
}

/** Digits with C's prefixes 0 and 0x. */
function cNumber(text: string): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}

const ipv4OrHost = (text: string, names: Names): number | undefined => inetAton(text) ?? names.addressOf(text);

export interface Endpoint {
  readonly address: Address;
  /** `undefined` if none was given. */
  readonly port: number | undefined;
}

/**
 * `host[:port]` or `[ipv6]:port`; an IPv6 address without brackets has no port. `protocol` is where names of ports are
 * looked up. `undefined` if it is refused.
 * @ipvs #Y control "Addresses: inet_aton forms, IPv6 in brackets or without port, host and port names"
 */
export function parseEndpoint(text: string, protocol: number, names: Names): Endpoint | undefined {
  if (/^\d*$/.test(text)) return undefined;
  const bracketed = /^\[([^\]]*)\]:(.*)$/s.exec(text);
  if (bracketed === null && text.startsWith("[")) return undefined;
  const host = bracketed?.[1] ?? text;
  const ipv6 = parseIpv6(host);
  if (ipv6 !== undefined) return withPort(ipv6, bracketed?.[2], protocol, names);
  // A port after the bracket is lost unless the address is an IPv6 one: the program looks for a colon in between.
  const colon = host.lastIndexOf(":");
  const address = ipv4OrHost(colon < 0 ? host : host.slice(0, colon), names);
  if (address === undefined) return undefined;
  return withPort(ipv4(address), colon < 0 ? undefined : host.slice(colon + 1), protocol, names);
}

function withPort(address: Address, text: string | undefined, protocol: number, names: Names): Endpoint | undefined {
  if (text === undefined) return { address, port: undefined };
  const port = parseNumber(text, 0, 65535) ?? names.portOf(text, protocol);
  return port === undefined ? undefined : { address, port };
}

/** A netmask in host order: any address, contiguous or not (ipvsadm.c: parse_netmask). */
export const parseNetmask = (text: string, names: Names): number | undefined => ipv4OrHost(text, names);

/** A multicast group of either family; `undefined` if it is none. */
export function parseMulticastGroup(text: string): Address | undefined {
  const quad = parseIpv4(text);
  const address = quad === undefined ? parseIpv6(text) : ipv4(quad);
  if (address === undefined) return undefined;
  return isMulticast(address) ? address : undefined;
}
