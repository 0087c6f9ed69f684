/** Packets as hosts send them: one by one with every checksum made, or as one frame that stands for them all. */
import { checksum, fold, pseudoHeaderSum, sum } from "../../../src/core/wire/checksum.ts";
import { writeMac } from "../../../src/core/wire/ethernet.ts";
import { Frame, SEGMENT_TCPV4, SEGMENT_UDP_L4 } from "../../../src/core/wire/frame.ts";
import { DONT_FRAGMENT, PROTOCOL_TCP, PROTOCOL_UDP, writeIpv4 } from "../../../src/core/wire/ipv4.ts";
import { SEGMENT_ECN } from "../../../src/core/wire/offload.ts";

const ETHERNET = 14;
const IPV4 = 20;
export const FIN = 0x01;
export const SYN = 0x02;
export const PSH = 0x08;
export const ACK = 0x10;
export const CWR = 0x80;

/** One transport payload from one end to another. Addresses are numbers, MAC addresses 48-bit numbers. */
export interface Sending {
  readonly macs: { readonly from: number; readonly to: number };
  readonly from: number;
  readonly fromPort: number;
  readonly to: number;
  readonly toPort: number;
  readonly protocol: typeof PROTOCOL_TCP | typeof PROTOCOL_UDP;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly ttl: number;
  readonly tos: number;
  /** TCP. */
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  /** A multiple of four bytes. */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
  /** Bytes of payload in each packet. */
  readonly segmentSize: number;
}

const headerLength = ({ protocol, options }: Sending): number => (protocol === PROTOCOL_TCP ? 20 + options.length : 8);

/** Headers and a part of the payload; the checksum field is 0. */
function packet(sending: Sending, from: number, to: number, number: number, flags: number): Frame {
  const header = headerLength(sending);
  const frame = Frame.allocate(ETHERNET + IPV4 + header + to - from);
  // What nobody writes shows up.
  frame.bytes.fill(0xa5);
  const { view, start, network } = frame;
  writeMac(view, start, sending.macs.to);
  writeMac(view, start + 6, sending.macs.from);
  view.setUint16(start + 12, 0x0800);
  writeIpv4(view, network, {
    tos: sending.tos,
    length: IPV4 + header + to - from,
    identification: (sending.identification + number) & 0xffff,
    fragment: sending.dontFragment ? DONT_FRAGMENT : 0,
    ttl: sending.ttl,
    protocol: sending.protocol,
    source: sending.from,
    destination: sending.to,
  });
  const at = network + IPV4;
  view.setUint16(at, sending.fromPort);
  view.setUint16(at + 2, sending.toPort);
  if (sending.protocol === PROTOCOL_TCP) {
    view.setUint32(at + 4, (sending.sequence + from) >>> 0);
    view.setUint32(at + 8, sending.acknowledgement);
    view.setUint8(at + 12, (header / 4) << 4);
    view.setUint8(at + 13, flags);
    view.setUint16(at + 14, 512);
    view.setUint32(at + 16, 0);
    frame.bytes.set(sending.options, at + 20);
  } else {
    view.setUint16(at + 4, 8 + to - from);
    view.setUint16(at + 6, 0);
  }
  frame.bytes.set(sending.payload.subarray(from, to), at + header);
  return frame;
}

const checksumOffset = ({ protocol }: Sending): number => (protocol === PROTOCOL_TCP ? 16 : 6);

const pseudo = ({ from, to, protocol }: Sending, length: number): number => pseudoHeaderSum(from, to, protocol, length);

/** Each packet of its own, as a host without any offload sends them. */
export function oneByOne(sending: Sending): Frame[] {
  const { payload, segmentSize, flags } = sending;
  const count = Math.max(1, Math.ceil(payload.length / segmentSize));
  return Array.from({ length: count }, (_, number) => {
    const from = number * segmentSize;
    const to = Math.min(from + segmentSize, payload.length);
    const kept = flags & ~(number === 0 ? 0 : CWR) & ~(number === count - 1 ? 0 : FIN | PSH);
    const frame = packet(sending, from, to, number, kept);
    const at = frame.network + IPV4;
    const length = frame.end - at;
    const check = ~fold(sum(frame.view, at, length) + pseudo(sending, length)) & 0xffff;
    frame.view.setUint16(at + checksumOffset(sending), check === 0 ? 0xffff : check);
    return frame;
  });
}

/** All of them as one frame, its checksum left to be made, as a host with offloads hands it to its network card. */
export function asOne(sending: Sending): Frame {
  const frame = packet(sending, 0, sending.payload.length, 0, sending.flags);
  const at = frame.network + IPV4;
  frame.checksumStart = at - frame.start;
  frame.checksumOffset = checksumOffset(sending);
  frame.view.setUint16(at + frame.checksumOffset, pseudo(sending, frame.end - at));
  if (sending.payload.length <= sending.segmentSize) return frame;
  frame.segmentSize = sending.segmentSize;
  frame.segmentType = sending.protocol === PROTOCOL_TCP ? SEGMENT_TCPV4 : SEGMENT_UDP_L4;
  if (sending.protocol === PROTOCOL_TCP && (sending.flags & CWR) !== 0) frame.segmentType |= SEGMENT_ECN;
  return frame;
}

const GRE = 47;
const GUE_PORT = 6080;

/** Whether the sums of an IPv4 packet and of what is inside it are right, tunnels of every kind looked through. */
export function areSumsRight(bytes: Uint8Array, at = ETHERNET): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const inside = at + (view.getUint8(at) & 15) * 4;
  if (checksum(view, at, inside - at) !== 0) return false;
  const protocol = view.getUint8(at + 9);
  const length = view.getUint16(at + 2) - (inside - at);
  if (protocol === 4) return areSumsRight(bytes, inside);
  if (protocol === GRE) {
    const checked = (view.getUint16(inside) & 0x8000) !== 0;
    return (!checked || checksum(view, inside, length) === 0) && areSumsRight(bytes, inside + (checked ? 8 : 4));
  }
  const gue = protocol === PROTOCOL_UDP && view.getUint16(inside + 2) === GUE_PORT;
  if (gue && !areSumsRight(bytes, inside + 12)) return false;
  if (gue && view.getUint16(inside + 6) === 0) return true;
  const pseudoSum = pseudoHeaderSum(view.getUint32(at + 12), view.getUint32(at + 16), protocol, length);
  return fold(sum(view, inside, length) + pseudoSum) === 0xffff;
}
