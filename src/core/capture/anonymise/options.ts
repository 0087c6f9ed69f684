/** Options and extension headers, which may name addresses: known ones lose them, unknown ones all they say. */
import { AF_INET, AF_INET6, type Family } from "../../wire/address.ts";
import {
  LOOSE_SOURCE_ROUTE,
  PRESCRIBED,
  RECORD_ROUTE,
  ROUTER_ALERT,
  STRICT_SOURCE_ROUTE,
  TIMES_AND_ADDRESSES,
  TIMESTAMP,
  TIMESTAMP_FLAGS,
} from "../../wire/ipv4-options.ts";
import { AUTHENTICATION, FRAGMENT, ROUTING } from "../../wire/ipv6.ts";
import { readChain } from "../../wire/ipv6-chain.ts";

/** Replaces the address that stands in a packet at a place. */
export interface Renaming {
  rename(view: DataView, at: number, family: Family): void;
}

const fill = (view: DataView, from: number, to: number): void =>
  void new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(0, Math.min(from, to), to);

/** Hands over each option of kind, length and data that lies whole before `end`; what is broken is zeroed. */
function eachOption(
  view: DataView,
  from: number,
  end: number,
  take: (kind: number, at: number, end: number) => void,
): void {
  let at = from;
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > end) break;
    take(kind, at, at + length);
    at += length;
  }
  // Behind the end of the list there is padding, or what nobody can read.
  fill(view, at + (at < end && view.getUint8(at) > 1 ? 2 : 0), end);
}

/** Record route and source routes are addresses; a timestamp may have some (RFC 791, section 3.1). */
export function ipv4OptionsWithout(renaming: Renaming, view: DataView, from: number, end: number): void {
  eachOption(view, from, end, (kind, at, last) => {
    if (kind === RECORD_ROUTE || kind === LOOSE_SOURCE_ROUTE || kind === STRICT_SOURCE_ROUTE) {
      for (let hop = at + 3; hop + 4 <= last; hop += 4) renaming.rename(view, hop, AF_INET);
    } else if (kind === TIMESTAMP) {
      const flags = at + TIMESTAMP_FLAGS < last ? view.getUint8(at + TIMESTAMP_FLAGS) & 0x0f : 0;
      if (flags === TIMES_AND_ADDRESSES || flags === PRESCRIBED)
        for (let hop = at + 4; hop + 8 <= last; hop += 8) renaming.rename(view, hop, AF_INET);
    } else if (kind !== ROUTER_ALERT) fill(view, at + 2, last);
  });
}

/** MSS, window scale, SACK permitted, SACK, timestamps: numbers that no address is in. */
const TCP_NUMBERS: readonly number[] = [2, 3, 4, 5, 8];
/** TOA, by the numbers that alibaba/LVS and DPVS have for it: a port and an address. */
const TOA: readonly number[] = [200, 253, 254];
const TOA_ADDRESS = 4;

export function tcpOptionsWithout(renaming: Renaming, view: DataView, from: number, end: number): void {
  eachOption(view, from, end, (kind, at, last) => {
    if (TCP_NUMBERS.includes(kind)) return;
    const address = last - at - TOA_ADDRESS;
    if (TOA.includes(kind) && address === 4) renaming.rename(view, at + TOA_ADDRESS, AF_INET);
    else if (TOA.includes(kind) && address === 16) renaming.rename(view, at + TOA_ADDRESS, AF_INET6);
    else fill(view, at + 2, last);
  });
}

/** Of options for hops and for the destination: padding, router alert, jumbo payload stay (RFC 8200, RFC 2711, RFC 2675). */
const IPV6_NUMBERS: readonly number[] = [0x05, 0xc2];

export function extensionsWithout(renaming: Renaming, view: DataView, network: number, transport: number): void {
  for (const { type, at, length } of readChain(view, network, transport).extensions) {
    const end = Math.min(at + length, transport);
    if (type === FRAGMENT) continue;
    if (type === ROUTING) {
      const addresses = at + 8;
      for (let hop = addresses; hop + 16 <= end; hop += 16) renaming.rename(view, hop, AF_INET6);
    } else if (type === AUTHENTICATION) fill(view, at + 12, end);
    else ipv6OptionsWithout(view, at + 2, end);
  }
}

/** Padding of one byte has no length; the number 1 is padding with one. */
function ipv6OptionsWithout(view: DataView, from: number, end: number): void {
  for (let at = from; at < end; ) {
    const kind = view.getUint8(at);
    const length = kind === 0 ? 1 : at + 1 < end ? 2 + view.getUint8(at + 1) : end - at;
    const last = Math.min(at + length, end);
    if (kind !== 0 && !IPV6_NUMBERS.includes(kind)) fill(view, at + 2, last);
    at = last;
  }
}
