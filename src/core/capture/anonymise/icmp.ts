/** Messages of ICMP and ICMPv6: numbers stay, addresses are replaced, quoted packets are treated as packets, data is zeroed. */
import { AF_INET, AF_INET6, type Family } from "../../wire/address.ts";
import { macAt, writeMac } from "../../wire/ethernet.ts";
import {
  ICMP_HEADER,
  ICMP_REST,
  ICMP_TYPE,
  isIcmpError,
  REDIRECT,
  TIMESTAMP_REPLY,
  TIMESTAMP_REQUEST,
} from "../../wire/icmp.ts";
import {
  ICMPV6_REDIRECT,
  isIcmpv6Error,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
} from "../../wire/icmpv6.ts";
import { SOURCE_LINK_LAYER, TARGET, TARGET_LINK_LAYER } from "../../wire/neighbor-discovery.ts";

/** Replaces addresses in place. */
export interface Renaming {
  rename(view: DataView, at: number, family: Family): void;
  mac(mac: number): number;
}

/** Treats what begins there as a packet, up to the message's end. */
type Quote = (at: number) => void;

const fill = (view: DataView, from: number, to: number): void =>
  void new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(0, Math.min(from, to), to);

export function icmpRest(renaming: Renaming, view: DataView, at: number, end: number, quote: Quote): void {
  const data = at + ICMP_HEADER;
  if (data > end) {
    fill(view, at, end);
    return;
  }
  const type = view.getUint8(at + ICMP_TYPE);
  if (type === REDIRECT) renaming.rename(view, at + ICMP_REST, AF_INET);
  if (isIcmpError(type)) quote(data);
  else if (type !== TIMESTAMP_REQUEST && type !== TIMESTAMP_REPLY) fill(view, data, end);
}

/** Where the options of a discovery message begin, and how many addresses stand before them (RFC 4861, section 4). */
const DISCOVERY: ReadonlyMap<number, readonly [number, number]> = new Map([
  [ROUTER_SOLICITATION, [8, 0]],
  [ROUTER_ADVERTISEMENT, [16, 0]],
  [NEIGHBOR_SOLICITATION, [TARGET + 16, 1]],
  [NEIGHBOR_ADVERTISEMENT, [TARGET + 16, 1]],
  [ICMPV6_REDIRECT, [TARGET + 32, 2]],
]);
/** Multicast listener discovery (RFC 2710), version 2 of its reports (RFC 3810, section 5.2). */
const MLD: readonly number[] = [130, 131, 132];
const MLD_REPORT = 143;
const RECORD_ADDRESS = 4;
const RECORD = 20;

export function icmpv6Rest(renaming: Renaming, view: DataView, at: number, end: number, quote: Quote): void {
  const data = at + ICMP_HEADER;
  if (data > end) {
    fill(view, at, end);
    return;
  }
  const type = view.getUint8(at + ICMP_TYPE);
  const discovery = DISCOVERY.get(type);
  if (isIcmpv6Error(type)) quote(data);
  else if (MLD.includes(type) && data + 16 <= end) {
    renaming.rename(view, data, AF_INET6);
    fill(view, data + 16, end);
  } else if (type === MLD_REPORT) reports(renaming, view, data, end);
  else if (discovery !== undefined && at + discovery[0] <= end) {
    for (let number = 0; number < discovery[1]; number++) renaming.rename(view, at + TARGET + number * 16, AF_INET6);
    options(renaming, view, at + discovery[0], end, quote);
  } else fill(view, data, end);
}

function reports(renaming: Renaming, view: DataView, from: number, end: number): void {
  let at = from;
  while (at + RECORD <= end) {
    const sources = view.getUint16(at + 2);
    const words = view.getUint8(at + 1);
    const last = at + RECORD + sources * 16 + words * 4;
    if (last > end) break;
    for (let address = at + RECORD_ADDRESS; address <= at + RECORD + (sources - 1) * 16; address += 16)
      renaming.rename(view, address, AF_INET6);
    fill(view, last - words * 4, last);
    at = last;
  }
  fill(view, at, end);
}

const PREFIX_INFORMATION = 3;
const REDIRECTED_HEADER = 4;
const MTU = 5;

/** Options of eight bytes and more: addresses of the link, prefixes, the quoted packet, the MTU; all else says nothing any more. */
function options(renaming: Renaming, view: DataView, from: number, end: number, quote: Quote): void {
  let at = from;
  while (at + 8 <= end) {
    const kind = view.getUint8(at);
    const last = at + view.getUint8(at + 1) * 8;
    if (last === at || last > end) break;
    if (kind === SOURCE_LINK_LAYER || kind === TARGET_LINK_LAYER)
      writeMac(view, at + 2, renaming.mac(macAt(view, at + 2)));
    else if (kind === PREFIX_INFORMATION && last - at === 32) renaming.rename(view, at + 16, AF_INET6);
    // The quoted packet takes the rest: what follows it is not kept.
    else if (kind === REDIRECTED_HEADER) {
      quote(at + 8);
      return;
    } else if (kind !== MTU) fill(view, at + 2, last);
    at = last;
  }
  fill(view, at, end);
}
