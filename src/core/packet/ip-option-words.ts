/** Options of an IPv4 header (RFC 791) in words: those that packets in words are made with, and any for people to read. */
import { type Address, AF_INET, addressAt, formatAddress, parseAddress, writeAddress } from "../wire/address.ts";
import {
  END,
  LENGTH,
  LOOSE_SOURCE_ROUTE,
  NO_OPERATION,
  POINTER,
  RECORD_ROUTE,
  ROUTER_ALERT,
  STRICT_SOURCE_ROUTE,
  TIMESTAMP,
} from "../wire/ipv4-options.ts";

const MOST_IP_OPTIONS = 40;
const ADDRESS = 4;
/** Type, length and pointer; a timestamp has flags besides. */
const ROUTE_HEADER = 3;
const TIMESTAMP_HEADER = 4;

/** What an option is called, and what stands behind its name: so many free places, or addresses. */
const OPTIONS: Readonly<Record<string, { readonly type: number; readonly argument: "places" | "addresses" | "none" }>> =
  {
    "record-route": { type: RECORD_ROUTE, argument: "places" },
    timestamp: { type: TIMESTAMP, argument: "places" },
    loose: { type: LOOSE_SOURCE_ROUTE, argument: "addresses" },
    strict: { type: STRICT_SOURCE_ROUTE, argument: "addresses" },
    "router-alert": { type: ROUTER_ALERT, argument: "none" },
  };

export const IP_OPTION_NAMES: readonly string[] = Object.keys(OPTIONS);

/** What has to stand behind the name of an option; `undefined` for nothing. */
export const ipOptionArgument = (name: string): string | undefined =>
  ({ places: "how many places it has, 1 to 9", addresses: "addresses with commas between them", none: undefined })[
    OPTIONS[name]?.argument ?? "none"
  ];

/** The option as a host sends it off, with what fills it up to words of four bytes; `undefined` for an argument that is none. */
export function ipOptionBytes(name: string, argument: string): Uint8Array | undefined {
  const { type = END, argument: what = "none" } = OPTIONS[name] ?? {};
  if (what === "none") return Uint8Array.of(type, ADDRESS, 0, 0);
  if (what === "addresses") return routeBytes(type, argument.split(",").map(parseAddress));
  const places = /^[1-9]$/.test(argument) ? Number(argument) : 0;
  const header = type === TIMESTAMP ? TIMESTAMP_HEADER : ROUTE_HEADER;
  if (places === 0) return undefined;
  const bytes = new Uint8Array(Math.ceil((header + places * ADDRESS) / 4) * 4);
  bytes.set([type, header + places * ADDRESS, header + 1]);
  return bytes.length > MOST_IP_OPTIONS ? undefined : bytes;
}

function routeBytes(type: number, addresses: readonly (Address | undefined)[]): Uint8Array | undefined {
  const known = addresses.filter((address) => address?.family === AF_INET);
  const length = ROUTE_HEADER + known.length * ADDRESS;
  if (known.length < addresses.length || length > MOST_IP_OPTIONS) return undefined;
  const bytes = new Uint8Array(Math.ceil(length / 4) * 4);
  bytes.set([type, length, ROUTE_HEADER + 1]);
  const view = new DataView(bytes.buffer);
  for (const [index, address] of known.entries())
    if (address !== undefined) writeAddress(view, ROUTE_HEADER + index * ADDRESS, address);
  return bytes;
}

/** The words that make these bytes; `undefined` where no name does, or there is more than one option. */
export function ipOptionWords(bytes: Uint8Array): readonly string[] | undefined {
  const [first] = listed(bytes);
  const name = IP_OPTION_NAMES.find((word) => OPTIONS[word]?.type === first?.type);
  if (first === undefined || name === undefined) return undefined;
  const { argument } = OPTIONS[name] ?? {};
  const header = first.type === TIMESTAMP ? TIMESTAMP_HEADER : ROUTE_HEADER;
  const places = (first.length - header) / ADDRESS;
  const words =
    argument === "none" ? [name] : [name, argument === "places" ? String(places) : addressesIn(bytes, first).join(",")];
  const made = ipOptionBytes(name, words[1] ?? "");
  return String(made) === String(bytes) ? words : undefined;
}

interface ListedOption {
  readonly type: number;
  readonly at: number;
  readonly length: number;
}

/** The options up to the end of their list, or to one that is broken. */
function listed(bytes: Uint8Array): ListedOption[] {
  const found: ListedOption[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at] ?? END;
    if (type === END) break;
    const length = type === NO_OPERATION ? 1 : (bytes[at + LENGTH] ?? 0);
    if (length === 0 || at + length > bytes.length) break;
    found.push({ type, at, length });
    at += length;
  }
  return found;
}

function addressesIn(bytes: Uint8Array, { at, length }: ListedOption, end = at + length): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const addresses: string[] = [];
  for (let place = at + ROUTE_HEADER; place + ADDRESS <= end; place += ADDRESS)
    addresses.push(formatAddress(addressAt(view, place, AF_INET)));
  return addresses;
}

/** For people: `record route 10.1.0.254, 2 free`. */
export const ipOptionText = (bytes: Uint8Array): string =>
  listed(bytes)
    .filter(({ type }) => type !== NO_OPERATION)
    .map((option) => optionText(bytes, option))
    .join("; ");

function optionText(bytes: Uint8Array, option: ListedOption): string {
  const { type, at, length } = option;
  const pointer = bytes[at + POINTER] ?? 0;
  const reached = at + Math.max(0, pointer - 1);
  const free = Math.max(0, Math.floor((at + length - reached) / ADDRESS));
  switch (type) {
    case RECORD_ROUTE:
      return ["record route", [...addressesIn(bytes, option, reached), `${free} free`].join(", ")].join(" ");
    case TIMESTAMP:
      return `timestamp, ${free} free`;
    case LOOSE_SOURCE_ROUTE:
      return `loose source route ${addressesIn(bytes, option).join(", ")}`;
    case STRICT_SOURCE_ROUTE:
      return `strict source route ${addressesIn(bytes, option).join(", ")}`;
    case ROUTER_ALERT:
      return "router alert";
    default:
      return `option ${type} of ${length} bytes`;
  }
}
