/** Packets as hosts send them: one by one with every checksum made, or as one frame that stands for them all. */
import { type Address, AF_INET, firstWord, writeAddress } from "../../../src/core/wire/address.ts";
import { checksum, fold, halves, pseudoHeaderSum, sum } from "../../../src/core/wire/checksum.ts";
import { writeMac } from "../../../src/core/wire/ethernet.ts";
import { Frame, SEGMENT_TCPV4, SEGMENT_TCPV6, SEGMENT_UDP_L4 } from "../../../src/core/wire/frame.ts";
import { DONT_FRAGMENT, PROTOCOL_TCP, PROTOCOL_UDP, writeIpv4 } from "../../../src/core/wire/ipv4.ts";
import { writeIpv6 } from "../../../src/core/wire/ipv6.ts";
import { SEGMENT_ECN } from "../../../src/core/wire/offload.ts";

const ETHERNET = 14;
const IPV4 = 20;
const IPV6 = 40;
export const FIN = 0x01;
export const SYN = 0x02;
export const PSH = 0x08;
export const ACK = 0x10;
export const CWR = 0x80;

/** One transport payload from one end to another, by the family of its addresses. MAC addresses are 48-bit numbers. */
export interface Sending {
  readonly macs: { readonly from: number; readonly to: number };
  readonly from: Address;
  readonly fromPort: number;
  readonly to: Address;
  readonly toPort: number;
  readonly protocol: typeof PROTOCOL_TCP | typeof PROTOCOL_UDP;
  /** IPv4. */
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

const networkLength = ({ from }: Sending): number => (from.family === AF_INET ? IPV4 : IPV6);

/** The network header before `length` bytes of the `number`th packet. */
function writeNetwork(view: DataView, at: number, sending: Sending, length: number, number: number): void {
  const { tos, ttl, protocol, from, to } = sending;
  if (from.family === AF_INET) {
    view.setUint16(at - 2, 0x0800);
    writeIpv4(view, at, {
      tos,
      length: IPV4 + length,
      identification: (sending.identification + number) & 0xffff,
      fragment: sending.dontFragment ? DONT_FRAGMENT : 0,
      ttl,
      protocol,
      source: firstWord(from),
      destination: firstWord(to),
    });
    return;
  }
  view.setUint16(at - 2, 0x86dd);
  writeIpv6(view, at, { trafficClass: tos, flowLabel: 0x54321, length, nextHeader: protocol, hopLimit: ttl });
  writeAddress(view, at + 8, from);
  writeAddress(view, at + 24, to);
}

/** Headers and a part of the payload; the checksum field is 0. */
function packet(sending: Sending, from: number, to: number, number: number, flags: number): Frame {
  const header = headerLength(sending);
  const frame = Frame.allocate(ETHERNET + networkLength(sending) + header + to - from);
  // What nobody writes shows up.
  frame.bytes.fill(0xa5);
  const { view, start, network } = frame;
  writeMac(view, start, sending.macs.to);
  writeMac(view, start + 6, sending.macs.from);
  writeNetwork(view, network, sending, header + to - from, number);
  const at = network + networkLength(sending);
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

const pseudo = ({ from, to, protocol }: Sending, length: number): number =>
  fold([...from.words, ...to.words].reduce((all, word) => fold(all + halves(word)), protocol + halves(length)));

/** Each packet of its own, as a host without any offload sends them. */
export function oneByOne(sending: Sending): Frame[] {
  const { payload, segmentSize, flags } = sending;
  const count = Math.max(1, Math.ceil(payload.length / segmentSize));
  return Array.from({ length: count }, (_, number) => {
    const from = number * segmentSize;
    const to = Math.min(from + segmentSize, payload.length);
    const kept = flags & ~(number === 0 ? 0 : CWR) & ~(number === count - 1 ? 0 : FIN | PSH);
    const frame = packet(sending, from, to, number, kept);
    const at = frame.network + networkLength(sending);
    const length = frame.end - at;
    const check = ~fold(sum(frame.view, at, length) + pseudo(sending, length)) & 0xffff;
    frame.view.setUint16(at + checksumOffset(sending), check === 0 ? 0xffff : check);
    return frame;
  });
}

/** All of them as one frame, its checksum left to be made, as a host with offloads hands it to its network card. */
export function asOne(sending: Sending): Frame {
  const frame = packet(sending, 0, sending.payload.length, 0, sending.flags);
  const at = frame.network + networkLength(sending);
  frame.checksumStart = at - frame.start;
  frame.checksumOffset = checksumOffset(sending);
  frame.view.setUint16(at + frame.checksumOffset, pseudo(sending, frame.end - at));
  if (sending.payload.length <= sending.segmentSize) return frame;
  frame.segmentSize = sending.segmentSize;
  const tcp = sending.from.family === AF_INET ? SEGMENT_TCPV4 : SEGMENT_TCPV6;
  frame.segmentType = sending.protocol === PROTOCOL_TCP ? tcp : SEGMENT_UDP_L4;
  if (sending.protocol === PROTOCOL_TCP && (sending.flags & CWR) !== 0) frame.segmentType |= SEGMENT_ECN;
  return frame;
}

const GRE = 47;
const GUE_PORT = 6080;

/** What follows a network header. */
interface Inside {
  readonly protocol: number;
  readonly at: number;
  readonly length: number;
  /** The sum of the pseudo header. */
  readonly pseudo: number;
}

/** Looks behind a network header; undefined if its checksum is wrong. */
function behind(view: DataView, at: number): Inside | undefined {
  if (view.getUint8(at) >> 4 === 6) {
    const length = view.getUint16(at + 4);
    const protocol = view.getUint8(at + 6);
    return { protocol, at: at + IPV6, length, pseudo: fold(sum(view, at + 8, 32) + protocol + halves(length)) };
  }
  const inside = at + (view.getUint8(at) & 15) * 4;
  if (checksum(view, at, inside - at) !== 0) return undefined;
  const protocol = view.getUint8(at + 9);
  const length = view.getUint16(at + 2) - (inside - at);
  const pseudo = pseudoHeaderSum(view.getUint32(at + 12), view.getUint32(at + 16), protocol, length);
  return { protocol, at: inside, length, pseudo };
}

/** Whether the sums of a packet and of what is inside it are right, tunnels of every kind looked through. */
export function areSumsRight(bytes: Uint8Array, at = ETHERNET): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const inside = behind(view, at);
  if (inside === undefined) return false;
  const { protocol, length } = inside;
  if (protocol === 4 || protocol === 41) return areSumsRight(bytes, inside.at);
  if (protocol === GRE) {
    const checked = (view.getUint16(inside.at) & 0x8000) !== 0;
    return (!checked || checksum(view, inside.at, length) === 0) && areSumsRight(bytes, inside.at + (checked ? 8 : 4));
  }
  const gue = protocol === PROTOCOL_UDP && view.getUint16(inside.at + 2) === GUE_PORT;
  if (gue && !areSumsRight(bytes, inside.at + 12)) return false;
  if (gue && view.getUint16(inside.at + 6) === 0) return true;
  return fold(sum(view, inside.at, length) + inside.pseudo) === 0xffff;
}
