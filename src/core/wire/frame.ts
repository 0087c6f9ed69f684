/**
 * A frame on its way through the director: its bytes, the facts that offloads left beside them, and what the walk has
 * learnt of it so far. The kernel's struct sk_buff, as far as IPVS needs it.
 *
 * Whoever calls the director owns the frame; the director only borrows it until it returns, changes it in place, and
 * copies what it must keep (frames parked for ARP, fragments).
 */
import type { Flavoured } from "../flavoured.ts";
import type { Family } from "./address.ts";
import { type AddressHandle, NO_ADDRESS } from "./address-table.ts";
import { ETHERNET_HEADER } from "./ethernet.ts";
import type { Ipv4Options } from "./ipv4-options.ts";

/** Room kept free before a frame: an outer header, and a TCP option that moves the headers forward. */
export const HEADROOM = 64;

/** The number of an interface of the host, from 0; below 0 it is none of them. */
export type InterfaceIndex = Flavoured<"interface">;

/** How the frame was addressed on the wire (skb->pkt_type). */
export const TO_HOST = 0;
export const TO_BROADCAST = 1;
export const TO_MULTICAST = 2;
export const TO_OTHER = 3;

/** Segmentation types of struct virtio_net_hdr, include/uapi/linux/virtio_net.h. */
export const SEGMENT_NONE = 0;
export const SEGMENT_TCPV4 = 1;
export const SEGMENT_TCPV6 = 4;
export const SEGMENT_UDP_L4 = 5;

export class Frame {
  bytes: Uint8Array;
  view: DataView;
  /** Offset of the Ethernet header. */
  start = 0;
  /** One past the last byte. */
  end = 0;

  // --- facts beside the bytes (struct virtio_net_hdr)
  /**
   * Where a checksum still has to be made, from `start`; 0 if none. Then the field holds the folded pseudo-header sum
   * only, not complemented (CHECKSUM_PARTIAL).
   */
  checksumStart = 0;
  /** Offset of that checksum's field from `checksumStart`. */
  checksumOffset = 0;
  /** Payload bytes per segment of a frame that stands for many; 0 for a plain frame. */
  segmentSize = 0;
  segmentType = SEGMENT_NONE;
  /** The segments lie behind an outer header that a tunnel put on. */
  tunnelled = false;

  // --- what the network header says: readIpv4 and readIpv6 set it, whoever moves headers keeps it right
  /** 0 before the header was read. */
  family: Family | 0 = 0;
  /** Of the transport header; of IPv6 what the last extension header names. */
  protocol = 0;
  /** Offset of the transport header. */
  transport = 0;
  /** Offset in bytes of a fragment's payload in its datagram's. */
  fragmentOffset = 0;
  moreFragments = false;
  /** Offset of the first IPv6 fragment header; 0 if there is none. */
  fragmentHeader = 0;
  /** Borrowed as the frame is: to be read anew from a frame that was kept. */
  source: AddressHandle = NO_ADDRESS;
  destination: AddressHandle = NO_ADDRESS;
  /** The options of a packet that came from the wire, if it has any. */
  options: Ipv4Options | undefined = undefined;

  // --- what the walk has learnt
  /** Number of the interface it arrived on; -1 for a packet of the director's own. */
  ifindex: InterfaceIndex = -1;
  packetType = TO_HOST;
  /** Its route leads to the host itself: errors about it come from the address it was sent to (RTCF_LOCAL). */
  routedLocally = false;
  /** Firewall mark. */
  mark = 0;
  /** Its transport checksum was made by the director, and nobody verifies it any more (CHECKSUM_UNNECESSARY). */
  checksumTrusted = false;
  /** Of a reassembled datagram: the length of its largest fragment's IP packet; 0 for others (IPCB frag_max_size). */
  largestFragment = 0;
  /** Of a reassembled datagram: payload bytes of each fragment in order, if the pieces were kept apart. */
  fragmentLengths: readonly number[] | undefined = undefined;
  /** The packet may be fragmented although it carries DF (skb->ignore_df). */
  ignoreDontFragment = false;
  /** Fragments cut from it carry its DF: it came in fragments that had it (IPSKB_FRAG_PMTU). */
  copiesDontFragment = false;
  /** What a receiving link left as spare room behind the bytes; decides whether fragments merge (see reassembly.ts). */
  tailroom = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.start = start;
    this.end = end;
  }

  /** An empty frame with room for `length` bytes behind HEADROOM. */
  static allocate(length: number): Frame {
    return new Frame(new Uint8Array(HEADROOM + length), HEADROOM, HEADROOM + length);
  }

  /** A frame holding a copy of `bytes`, with headroom. */
  static of(bytes: Uint8Array): Frame {
    const frame = Frame.allocate(bytes.length);
    frame.bytes.set(bytes, HEADROOM);
    return frame;
  }

  /** Offset of the network header. */
  get network(): number {
    return this.start + ETHERNET_HEADER;
  }

  /** Part of a datagram that was cut. */
  get isFragment(): boolean {
    return this.moreFragments || this.fragmentOffset !== 0;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Points the frame at other bytes of its own buffer, as fresh from the wire. */
  reset(start: number, end: number): void {
    this.start = start;
    this.end = end;
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentSize = 0;
    this.segmentType = SEGMENT_NONE;
    this.tunnelled = false;
    this.family = 0;
    this.options = undefined;
    this.ifindex = -1;
    this.packetType = TO_HOST;
    this.routedLocally = false;
    this.mark = 0;
    this.checksumTrusted = false;
    this.largestFragment = 0;
    this.fragmentLengths = undefined;
    this.ignoreDontFragment = false;
    this.copiesDontFragment = false;
    this.tailroom = 0;
  }

  /** A copy that outlives the call: same bytes, same facts; its addresses are borrowed still. */
  copy(): Frame {
    const copy = Frame.of(this.bytes.subarray(this.start, this.end));
    copy.checksumStart = this.checksumStart;
    copy.checksumOffset = this.checksumOffset;
    copy.segmentSize = this.segmentSize;
    copy.segmentType = this.segmentType;
    copy.tunnelled = this.tunnelled;
    copy.knowHeadersOf(this);
    copy.ifindex = this.ifindex;
    copy.packetType = this.packetType;
    copy.routedLocally = this.routedLocally;
    copy.mark = this.mark;
    copy.checksumTrusted = this.checksumTrusted;
    copy.largestFragment = this.largestFragment;
    copy.fragmentLengths = this.fragmentLengths;
    copy.ignoreDontFragment = this.ignoreDontFragment;
    copy.copiesDontFragment = this.copiesDontFragment;
    copy.tailroom = this.tailroom;
    return copy;
  }

  /** What another frame's network header says, of which this one has a copy at the same place. */
  knowHeadersOf(other: Frame): void {
    this.family = other.family;
    this.protocol = other.protocol;
    this.transport = other.transport - other.start + this.start;
    this.fragmentOffset = other.fragmentOffset;
    this.moreFragments = other.moreFragments;
    this.fragmentHeader = other.fragmentHeader === 0 ? 0 : other.fragmentHeader - other.start + this.start;
    this.source = other.source;
    this.destination = other.destination;
    this.options = other.options;
  }

  /** The frame's bytes as they are now: a view, borrowed. */
  contents(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  /** The same as a copy. */
  copyOfContents(): Uint8Array {
    return this.bytes.slice(this.start, this.end);
  }

  /**
   * Of a datagram that was put together: the first `length` bytes behind the IPv4 header become one piece, because
   * somebody is to write there (net/core/skbuff.c: __pskb_pull_tail).
   */
  pull(length: number): void {
    const pieces = this.fragmentLengths;
    if (pieces === undefined || length <= (pieces[0] ?? 0)) return;
    const pulled = [length];
    let eaten = length;
    for (const piece of pieces) {
      if (piece > eaten) pulled.push(piece - eaten);
      eaten = Math.max(0, eaten - piece);
    }
    this.fragmentLengths = pulled;
  }

  /** Makes room for `length` bytes between the Ethernet header and what follows; both headers must be written and read anew. */
  prepend(length: number): void {
    this.ensureHeadroom(length);
    this.start -= length;
    if (this.checksumStart !== 0) this.checksumStart += length;
  }

  /** The headers lie `by` bytes further back than they did; what follows them, where it lay. */
  moveHeaders(by: number): void {
    this.start += by;
    this.transport += by;
    if (this.fragmentHeader !== 0) this.fragmentHeader += by;
  }

  /** Makes at least `room` bytes of headroom, by moving to a larger buffer if need be. */
  ensureHeadroom(room: number): void {
    if (this.start >= room) return;
    const length = this.length;
    const bytes = new Uint8Array(HEADROOM + room + length);
    bytes.set(this.contents(), HEADROOM + room);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.moveHeaders(HEADROOM + room - this.start);
    this.end = this.start + length;
  }
}
