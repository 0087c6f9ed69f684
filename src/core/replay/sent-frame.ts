/** A frame that a director sent, and what of it may differ from a recording. */

import type { HostConfig } from "../host/config.ts";
import { AF_INET, firstWord } from "../wire/address.ts";
import { ARP_OPERATION, ARP_REQUEST, ARP_TARGET_IP } from "../wire/arp.ts";
import { BROADCAST, ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_ARP, ETHERTYPE_IPV4, macAt } from "../wire/ethernet.ts";
import {
  DONT_FRAGMENT,
  headerLength,
  IPV4_CHECKSUM,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  PROTOCOL_ICMP,
  PROTOCOL_IPIP,
} from "../wire/ipv4.ts";
import { blankTimesOfDay } from "./time-of-day.ts";

export interface SentFrame {
  /** Name of the port it left by. */
  readonly dev: string;
  readonly bytes: Uint8Array;
  /** The same with that put to 0 which may differ: see `masked`. */
  readonly masked: Uint8Array;
  /** When it was sent, in microseconds of the recording's clock. */
  readonly time: number;
  /** Where it stands: index of its own event in a transcript, number of its packet in a capture; -1 where it has no place. */
  readonly at: number;
  /** Index of the event that caused it, or number of the packet; -1 if there was none before it. */
  readonly cause: number;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The IPv4 addresses of all interfaces, 32-bit numbers in host order. */
export const ownAddresses = (config: HostConfig): ReadonlySet<number> =>
  new Set(
    config.interfaces.flatMap(({ addresses }) =>
      addresses.filter(({ address }) => address.family === AF_INET).map(({ address }) => firstWord(address)),
    ),
  );

/**
 * The frame without what nobody can foretell: the identification of an IPv4 packet that the director itself
 * originates (outer header of a tunnel, ICMP), and so its header checksum, unless it carries DF and identification 0.
 * Times of day, which a timestamp reply and timestamp options tell, neither.
 * The frame itself, where there is nothing of that kind.
 */
export function masked(bytes: Uint8Array, own: ReadonlySet<number>): Uint8Array {
  const originated = isOriginated(bytes, own);
  if (!originated && !mayTellTime(bytes)) return bytes;
  const copy = bytes.slice();
  const view = viewOf(copy);
  blankTimesOfDay(view);
  if (originated) {
    view.setUint16(ETHERNET_HEADER + IPV4_IDENTIFICATION, 0);
    view.setUint16(ETHERNET_HEADER + IPV4_CHECKSUM, 0);
  }
  return copy;
}

/** Has options, or carries another packet that may have some. */
function mayTellTime(bytes: Uint8Array): boolean {
  if (bytes.length < ETHERNET_HEADER + IPV4_HEADER) return false;
  const view = viewOf(bytes);
  if (view.getUint16(ETHERNET_TYPE) !== ETHERTYPE_IPV4) return false;
  const protocol = view.getUint8(ETHERNET_HEADER + IPV4_PROTOCOL);
  return headerLength(view, ETHERNET_HEADER) > IPV4_HEADER || protocol === PROTOCOL_ICMP || protocol === PROTOCOL_IPIP;
}

function isOriginated(bytes: Uint8Array, own: ReadonlySet<number>): boolean {
  if (bytes.length < ETHERNET_HEADER + IPV4_HEADER) return false;
  const view = viewOf(bytes);
  if (view.getUint16(ETHERNET_TYPE) !== ETHERTYPE_IPV4) return false;
  const protocol = view.getUint8(ETHERNET_HEADER + IPV4_PROTOCOL);
  if (protocol !== PROTOCOL_ICMP && protocol !== PROTOCOL_IPIP) return false;
  const dontFragment = (view.getUint16(ETHERNET_HEADER + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0;
  const fixed = view.getUint16(ETHERNET_HEADER + IPV4_IDENTIFICATION) === 0 && dontFragment;
  return !fixed && own.has(view.getUint32(ETHERNET_HEADER + IPV4_SOURCE));
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
};

/** Whether two frames left by the same port and are the same but for what may differ. */
export const sameFrame = (a: SentFrame, b: SentFrame): boolean => a.dev === b.dev && sameBytes(a.masked, b.masked);

/** Who an ARP request asks for, and whether it asks everybody; `undefined` for any other frame. */
export function arpRequestOf(bytes: Uint8Array): { readonly target: number; readonly broadcast: boolean } | undefined {
  const view = viewOf(bytes);
  if (bytes.length < ETHERNET_HEADER + ARP_TARGET_IP + 4 || view.getUint16(ETHERNET_TYPE) !== ETHERTYPE_ARP)
    return undefined;
  if (view.getUint16(ETHERNET_HEADER + ARP_OPERATION) !== ARP_REQUEST) return undefined;
  return { target: view.getUint32(ETHERNET_HEADER + ARP_TARGET_IP), broadcast: macAt(view, 0) === BROADCAST };
}

/** Leaves out ARP requests that were sent before, byte for byte, on the same port: Linux asks again every second. */
export class AskedOnce {
  readonly #asked = new Set<string>();

  /** Whether the frame counts: it is no ARP request, or a new one. */
  counts({ dev, bytes }: SentFrame): boolean {
    if (arpRequestOf(bytes) === undefined) return true;
    const key = `${dev} ${bytes.join()}`;
    if (this.#asked.has(key)) return false;
    this.#asked.add(key);
    return true;
  }
}
