/** The values of a host's configuration: what each text may be, and what is said of one that may not. */
import {
  type Address,
  AF_INET,
  ANY,
  ANY_IPV6,
  type Family,
  isNetwork,
  longestPrefix,
  parseAddress,
  parseMac,
} from "../../wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import type { MarkConfig, Prefixed } from "./config.ts";
import type { PlainValue } from "./plain-value.ts";

/** What `read` makes of a value that is there. */
export const optional = <T>(field: PlainValue, read: (field: PlainValue) => T | undefined): T | undefined =>
  field.present ? read(field) : undefined;

/** A time such as `5s` or `100ms`, in milliseconds. */
export function milliseconds(field: PlainValue, what: string, fits: (time: number) => boolean): number | undefined {
  return field.parsed(what, (text) => {
    const [, digits, unit] = /^(\d{1,7})(ms|s)$/.exec(text) ?? [];
    const time = Number(digits) * (unit === "s" ? 1000 : 1);
    return digits !== undefined && fits(time) ? time : undefined;
  });
}

export const protocolNumber = (text: string): MarkConfig["protocol"] | undefined =>
  text === "tcp" ? PROTOCOL_TCP : text === "udp" ? PROTOCOL_UDP : undefined;

export const address = (field: PlainValue): Address | undefined =>
  field.parsed("an address such as 10.1.0.1 or 2001:db8::1", parseAddress);

/** Of an interface. In IPv6 the kernel refuses multicast addresses, `::` and `::1` (net/ipv6/addrconf.c: ipv6_add_addr). */
export function addressWithPrefix(field: PlainValue): Prefixed | undefined {
  const parsed = field.parsed(
    "an address with the length of its prefix, such as 10.1.0.254/24 or 2001:db8::1/64",
    (text) => (text.includes("/") ? parsePrefixed(text) : undefined),
  );
  if (parsed === undefined || isAssignable(parsed.address)) return parsed;
  return field.expected("an address that an interface can have: not multicast, :: or ::1");
}

const isAssignable = ({ family, words: [first, second, third, last] }: Address): boolean =>
  family === AF_INET || (first >>> 24 !== 0xff && (first !== 0 || second !== 0 || third !== 0 || last > 1));

/** An address with a prefix, or a host's address, which has all bits; `undefined` for anything else. */
export function parsePrefixed(text: string): Prefixed | undefined {
  const [, host = "", length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const parsed = parseAddress(host);
  if (parsed === undefined) return undefined;
  const longest = longestPrefix(parsed.family);
  const prefix = length === undefined ? longest : Number(length);
  return prefix > longest ? undefined : { address: parsed, prefix };
}

/** A network without bits beyond its prefix: what Linux refuses as an invalid prefix. */
export function network(field: PlainValue, what = "an address or network"): Prefixed | undefined {
  const parsed = field.parsed(what, parsePrefixed);
  if (parsed === undefined || isNetwork(parsed.address, parsed.prefix)) return parsed;
  return field.expected(`an address with no bits set beyond its prefix of ${parsed.prefix}`);
}

/** `default` is of the family of the gateway. */
export const routeTarget = (field: PlainValue, family: Family): Prefixed | undefined =>
  field.value === "default"
    ? { address: family === AF_INET ? ANY : ANY_IPV6, prefix: 0 }
    : network(field, 'a network such as 10.9.0.0/16 or 2001:db8::/32, or "default"');

/** Of one station: neither a group address nor all zeros (Linux: is_valid_ether_addr). */
export const macAddress = (field: PlainValue): Uint8Array | undefined =>
  field.parsed("the MAC address of one station, such as 02:00:00:00:01:64", (text) => {
    const mac = parseMac(text);
    return mac !== undefined && ((mac[0] ?? 1) & 1) === 0 && mac.some((byte) => byte !== 0) ? mac : undefined;
  });

/** As Linux: dev_valid_name in net/core/dev.c. */
export const deviceName = (field: PlainValue): string | undefined =>
  field.parsed("the name of a network device, 1 to 15 characters", (text) =>
    /^[^\s/:]{1,15}$/.test(text) && text !== "." && text !== ".." ? text : undefined,
  );

export const knownDevice = (field: PlainValue, names: ReadonlySet<unknown>): string | undefined =>
  field.parsed("the name of one of the interfaces", (text) => (names.has(text) ? text : undefined));

/** A port or `first:last`, as iptables takes them; a single port may be a number. */
export function portRange(field: PlainValue): readonly [number, number] | undefined {
  const what = 'a port such as "80", or a range such as "8000:8010"';
  if (typeof field.value === "number") {
    const port = field.integer(0, 65535);
    return port === undefined ? undefined : [port, port];
  }
  return field.parsed(what, (text) => {
    const [, from, to = from] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
    const first = Number(from);
    const last = Number(to);
    return from !== undefined && first <= last && last <= 65535 ? [first, last] : undefined;
  });
}
