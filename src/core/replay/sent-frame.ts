/** A frame that a director sent, and what of it may differ from a recording. */

import { ARP_OPERATION, ARP_REQUEST, ARP_TARGET_IP } from "../wire/arp.ts";
import {
  BROADCAST,
  ETHERNET_HEADER,
  ETHERNET_TYPE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  macAt,
} from "../wire/ethernet.ts";
import { NEIGHBOR_SOLICITATION } from "../wire/icmpv6.ts";
import { IPV4_HEADER, IPV4_PROTOCOL, PROTOCOL_IGMP } from "../wire/ipv4.ts";
import { HOP_BY_HOP, IPV6_HEADER, IPV6_NEXT_HEADER, PROTOCOL_ICMPV6 } from "../wire/ipv6.ts";
import type { Likeness } from "./alignment.ts";
import { areAlike } from "./resemblance.ts";

export interface SentFrame {
  /** Name of the port it left by. */
  readonly dev: string;
  readonly bytes: Uint8Array;
  /** The same with that put to 0 which may differ: see unforetold.ts. */
  readonly masked: Uint8Array;
  /** When it was sent, in microseconds of the recording's clock. */
  readonly time: number;
  /** Where it stands: index of its own event in a transcript, number of its packet in a capture; -1 where it has no place. */
  readonly at: number;
  /** Index of the event that caused it, or number of the packet; -1 if there was none before it. */
  readonly cause: number;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
};

/** Whether two frames left by the same port and are the same but for what may differ. */
export const sameFrame = (a: SentFrame, b: SentFrame): boolean => a.dev === b.dev && sameBytes(a.masked, b.masked);

/** How the frames of two directors are told apart. */
export const FRAMES: Likeness<SentFrame> = {
  same: sameFrame,
  alike: (a, b) => a.dev === b.dev && areAlike(a.bytes, b.bytes),
};

/** Who an ARP request asks for, and whether it asks everybody; `undefined` for any other frame. */
export function arpRequestOf(bytes: Uint8Array): { readonly target: number; readonly broadcast: boolean } | undefined {
  if (bytes.length < ETHERNET_HEADER + ARP_TARGET_IP + 4 || typeOf(bytes) !== ETHERTYPE_ARP) return undefined;
  const view = viewOf(bytes);
  if (view.getUint16(ETHERNET_HEADER + ARP_OPERATION) !== ARP_REQUEST) return undefined;
  return { target: view.getUint32(ETHERNET_HEADER + ARP_TARGET_IP), broadcast: macAt(view, 0) === BROADCAST };
}

/**
 * Leaves out what may be sent more or less often than recorded: ARP requests and neighbor solicitations that were sent
 * before, byte for byte, on the same port (Linux asks again every second), and a host's reports of the multicast groups
 * that it listens to (IGMP, MLD).
 */
export class AskedOnce {
  readonly #asked = new Set<string>();

  /** Whether the frame counts. */
  counts({ dev, bytes }: SentFrame): boolean {
    if (isGroupReport(bytes)) return false;
    if (arpRequestOf(bytes) === undefined && !isSolicitation(bytes)) return true;
    const key = `${dev} ${bytes.join()}`;
    if (this.#asked.has(key)) return false;
    this.#asked.add(key);
    return true;
  }
}

const IPV6_MESSAGE = ETHERNET_HEADER + IPV6_HEADER;
/** A hop-by-hop header with a router alert stands before an MLD message (RFC 3810, section 5). */
const ROUTER_ALERT = 8;
const MLD_TYPES: readonly number[] = [130, 131, 132, 143];

const typeOf = (bytes: Uint8Array): number => ((bytes[ETHERNET_TYPE] ?? 0) << 8) | (bytes[ETHERNET_TYPE + 1] ?? 0);

const isOfType = (bytes: Uint8Array, type: number, shortest: number): boolean =>
  bytes.length > shortest && typeOf(bytes) === type;

/** Whether it is an IPv6 packet that asks who has an address. */
export const isSolicitation = (bytes: Uint8Array): boolean =>
  isOfType(bytes, ETHERTYPE_IPV6, IPV6_MESSAGE) &&
  bytes[ETHERNET_HEADER + IPV6_NEXT_HEADER] === PROTOCOL_ICMPV6 &&
  bytes[IPV6_MESSAGE] === NEIGHBOR_SOLICITATION;

function isGroupReport(bytes: Uint8Array): boolean {
  if (isOfType(bytes, ETHERTYPE_IPV4, ETHERNET_HEADER + IPV4_HEADER))
    return bytes[ETHERNET_HEADER + IPV4_PROTOCOL] === PROTOCOL_IGMP;
  return (
    isOfType(bytes, ETHERTYPE_IPV6, IPV6_MESSAGE + ROUTER_ALERT) &&
    bytes[ETHERNET_HEADER + IPV6_NEXT_HEADER] === HOP_BY_HOP &&
    bytes[IPV6_MESSAGE] === PROTOCOL_ICMPV6 &&
    MLD_TYPES.includes(bytes[IPV6_MESSAGE + ROUTER_ALERT] ?? 0)
  );
}
