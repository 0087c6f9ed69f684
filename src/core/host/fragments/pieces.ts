/**
 * What putting datagrams together has in common for both families: pieces in order, what they count, what ECN allows.
 * Mirrors net/ipv4/inet_fragment.c: inet_frag_queue_insert.
 */
import { ETHERNET_HEADER } from "../../wire/ethernet.ts";
import type { Frame } from "../../wire/frame.ts";

/** What a datagram of which anything is here counts, beside its fragments: struct ipq. */
export const DATAGRAM_SIZE = 200;
/** What the kernel keeps of each buffer: struct sk_buff. */
const BUFFER_SIZE = 256;
const NOT_ECT = 0;
export const CE = 3;

/** What all fragments of a host may take together, in bytes as the kernel counts them (net.ipv4.ipfrag_high_thresh). */
export interface FragmentMemory {
  used: number;
  high: number;
}

export interface Piece {
  readonly offset: number;
  readonly end: number;
  readonly frame: Frame;
}

/** Where among the pieces, which lie apart and in order, the first is that ends after `offset`. */
export function placeOf(pieces: readonly Piece[], offset: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pieces[middle]?.end ?? 0) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether adjoining pieces already hold all of offset..end. */
export function covers(pieces: readonly Piece[], offset: number, end: number): boolean {
  let reached = offset;
  for (const piece of pieces) if (piece.offset <= reached && piece.end > reached) reached = piece.end;
  return reached >= end;
}

/** Fragments that know nothing of ECN may not be mixed with such that do (ip_frag_ecn_table, RFC 3168, section 5.3). */
export const isEcnMixed = (seen: number): boolean => (seen & (1 << NOT_ECT)) !== 0 && (seen & ~(1 << NOT_ECT)) !== 0;

/**
 * The spare room behind a frame of `length` bytes that was injected through a packet socket into a veth pair, as all
 * recordings of single frames were: what the kernel's allocator rounds up to, less its own bookkeeping. Headroom is asked
 * for, but then the frame is moved into it by the length of its Ethernet header (net/packet/af_packet.c: packet_snd).
 */
export const injectedTailroom = (length: number): number =>
  bufferSize(length) - BOOKKEEPING - (HEADROOM - ETHERNET_HEADER) - length;

const HEADROOM = 16;
const BOOKKEEPING = 320;

/** What the allocator gives for a frame of `length` bytes, a power of two. */
function bufferSize(length: number): number {
  const needed = ((HEADROOM + length + 63) & ~63) + BOOKKEEPING;
  return needed <= 512 ? 512 : 1 << (32 - Math.clz32(needed - 1));
}

/** What a fragment counts (skb->truesize). */
export const truesize = (frame: Frame): number => bufferSize(frame.length) + BUFFER_SIZE;
