/** Checksums that are as right or as wrong after a change as they were before. */
import { AF_INET } from "../../wire/address.ts";
import { fold, halves, sum } from "../../wire/checksum.ts";
import { IPV4_SOURCE, PROTOCOL_ICMP, PROTOCOL_IGMP, PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { IPV6_SOURCE, PROTOCOL_ICMPV6 } from "../../wire/ipv6.ts";
import { TCP_CHECKSUM } from "../../wire/tcp.ts";
import { UDP_CHECKSUM } from "../../wire/udp.ts";
import type { Piece } from "./fragments.ts";
import type { Layout } from "./layout.ts";

/** Offset of the checksum in the transport header; ICMP's is made over no pseudo header. */
function checksumOf({ protocol }: Layout): { readonly at: number; readonly pseudo: boolean } | undefined {
  if (protocol === PROTOCOL_TCP) return { at: TCP_CHECKSUM, pseudo: true };
  if (protocol === PROTOCOL_UDP) return { at: UDP_CHECKSUM, pseudo: true };
  if (protocol === PROTOCOL_ICMPV6) return { at: 2, pseudo: true };
  if (protocol === PROTOCOL_ICMP || protocol === PROTOCOL_IGMP) return { at: 2, pseudo: false };
  return undefined;
}

function pseudoSum(view: DataView, network: number, { family, protocol, length }: PseudoHeader): number {
  const addresses = family === AF_INET ? sum(view, network + IPV4_SOURCE, 8) : sum(view, network + IPV6_SOURCE, 32);
  return fold(addresses + protocol + halves(Math.max(0, length)));
}

type PseudoHeader = Pick<Layout, "family" | "protocol" | "length">;

/** A fragment whose packet has a checksum that is to be kept; `undefined` for what is none, or is not all here. */
export function pieceOf(view: DataView, network: number, layout: Layout): Piece | undefined {
  const { family, protocol, transport, end, length, offset } = layout;
  const check = checksumOf(layout);
  // Of UDP nothing needs to be known: unchecked is right (RFC 768), as far as IPv4 goes.
  const mayBeUnchecked = protocol === PROTOCOL_UDP && family === AF_INET;
  if (!layout.isFragment || check === undefined || mayBeUnchecked || end - transport !== length) return undefined;
  const ends = family === AF_INET ? [IPV4_SOURCE, 8] : [IPV6_SOURCE, 32];
  const addresses = new Uint8Array(view.buffer, view.byteOffset + network + (ends[0] ?? 0), ends[1]);
  const pseudo = check.pseudo && offset === 0 ? pseudoSum(view, network, { family, protocol, length: 0 }) : 0;
  return {
    packet: `${addresses} ${protocol} ${layout.identification}`,
    offset,
    length,
    isLast: !layout.moreFollow,
    sum: fold(sum(view, transport, length) + pseudo),
    countsLength: check.pseudo,
  };
}

/** What a transport checksum leaves over: ffff if it is right; `partial` if it is the pseudo header's sum alone. */
export type Residue = { readonly sum: number; readonly partial: boolean } | undefined;

export function transportResidue(view: DataView, network: number, layout: Layout): Residue {
  const check = checksumOf(layout);
  const { transport, end, isLaterFragment } = layout;
  if (check === undefined || isLaterFragment || transport + check.at + 2 > end) return undefined;
  const value = view.getUint16(transport + check.at);
  if (value === 0 && layout.protocol === PROTOCOL_UDP) return undefined;
  const pseudo = check.pseudo ? pseudoSum(view, network, layout) : 0;
  const all = fold(sum(view, transport, end - transport) + pseudo);
  return { sum: all, partial: check.pseudo && value === pseudo && all !== 0xffff };
}

export function finishTransport(view: DataView, network: number, layout: Layout, residue: Residue): void {
  const check = checksumOf(layout);
  if (check === undefined || residue === undefined) return;
  const { transport, end } = layout;
  const at = transport + check.at;
  const pseudo = check.pseudo ? pseudoSum(view, network, layout) : 0;
  if (layout.isFragment && layout.protocol === PROTOCOL_UDP && layout.family === AF_INET) view.setUint16(at, 0);
  else if (residue.partial) view.setUint16(at, pseudo);
  else {
    const made = checkFor(view, transport, end - transport, at, pseudo, residue.sum);
    view.setUint16(at, made === 0 && layout.protocol === PROTOCOL_UDP ? 0xffff : made);
  }
}

/** `wanted` is what FragmentSums says. */
export function finishFragment(view: DataView, network: number, layout: Layout, wanted: number): void {
  const { family, protocol, transport, end, offset } = layout;
  const check = checksumOf(layout);
  if (check === undefined) return;
  const at = transport + check.at;
  if (offset === 0 && at + 2 <= end) {
    const pseudo = check.pseudo ? pseudoSum(view, network, { family, protocol, length: 0 }) : 0;
    const made = checkFor(view, transport, end - transport, at, pseudo, wanted);
    view.setUint16(at, made === 0 && protocol === PROTOCOL_UDP ? 0xffff : made);
  }
  if (offset > 0 && transport + 2 <= end) view.setUint16(transport, wanted % 0xffff);
}

/** The checksum with which all words add up to what they did before: to ffff if it was right. */
export function checkFor(
  view: DataView,
  from: number,
  length: number,
  at: number,
  pseudo: number,
  before: number,
): number {
  view.setUint16(at, 0);
  const without = fold(sum(view, from, length) + pseudo);
  return fold((before === 0xffff ? 0 : before) + (~without & 0xffff)) % 0xffff;
}
