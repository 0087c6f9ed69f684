/** Random parts of packets, mostly right, sometimes wrong in one of many ways. */
import { ACK } from "../../../src/core/wire/tcp.ts";
import { fragments, type Ipv4Options, ipv4, type Payload, type Piece, type Sum, sctp, tcp, udp } from "../frames.ts";
import type { Random } from "./random.ts";

const hexBytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** NOPs, end of list, router alert, an unknown option; source routes, which are refused; mistakes, which are told. */
const OPTIONS = [
  "01010101",
  "00000000",
  "94040000",
  "8803000000000000",
  "8307040a02000200",
  "94030001",
  "07030301",
].map(hexBytes);

export function randomHeader(random: Random): Ipv4Options {
  return {
    ttl: random.chance(0.88) ? 64 : random.pick([0, 1, 1, 2, 2, 3, 255]),
    tos: random.chance(0.85) ? 0 : random.pick([0x10, 0xb8, 1, 2, 3, 0x1f, 0xff]),
    id: random.integer(0, 65535),
    dontFragment: random.chance(0.75),
    ...(random.chance(0.05) && { options: random.pick(OPTIONS) }),
    ...(random.chance(0.02) && { sum: "wrong" as const }),
  };
}

export const randomSum = (random: Random): Sum =>
  random.chance(0.94) ? "right" : random.pick(["wrong", "none"] as const);

const LENGTHS = [0, 1, 5, 8, 33, 100, 512, 960, 972, 1000, 1200, 1372, 1400, 1440, 1441, 1452, 1460, 1472] as const;

/** Data that fits one frame, of lengths where something changes. */
export const randomData = (random: Random): Uint8Array =>
  random.bytes(random.chance(0.7) ? random.integer(0, 60) : random.pick(LENGTHS));

/** Whose packet it is, and what it carries. */
interface Middle {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data?: Uint8Array;
  readonly sum?: Sum;
}

/** A packet as in the middle of a conversation: data, with `flags` by TCP. */
export function ordinary(protocol: "tcp" | "udp" | "sctp", packet: Middle, flags = ACK): Payload {
  if (protocol === "sctp") return sctp({ ...packet, chunks: [0] });
  return protocol === "udp" ? udp(packet) : tcp({ ...packet, flags });
}

/** Cut into pieces of random size: in order, reversed, shuffled, doubled, with a gap. */
export function randomFragments(random: Random, payload: Payload, header: Ipv4Options): Uint8Array[] {
  const cut = randomPieces(random, payload.bytes.length);
  const order = random.weighted<readonly Piece[]>([
    [5, cut],
    [2, cut.toReversed()],
    [2, random.shuffled(cut)],
    [1, [random.pick(cut), ...cut]],
    [0.5, cut.slice(1)],
    [0.5, [...cut, { offset: random.pick(cut).offset, length: 8 }]],
  ]);
  return fragments(payload, order, { ...header, dontFragment: random.chance(0.2) });
}

/** Equal pieces, or such as differ, of multiples of 8 bytes that fit a frame. */
function randomPieces(random: Random, length: number): Piece[] {
  const equal = random.pick([64, 256, 512, 1000, 1024, 1480, 0]);
  const pieces: Piece[] = [];
  for (let offset = 0; offset < length || pieces.length === 0; ) {
    const size = equal || 8 * random.integer(1, random.chance(0.5) ? 20 : 185);
    pieces.push({ offset, length: Math.min(size, 1480) });
    offset += Math.min(size, 1480);
  }
  return pieces.length > 40 ? [{ offset: 0, length: 1480 }, { offset: 1480 }] : pieces;
}

/** A packet that lies about itself, or ends too early. */
export function damaged(random: Random, payload: Payload, header: Ipv4Options): Uint8Array {
  const whole = ipv4(payload, header);
  return random.weighted<() => Uint8Array>([
    [2, () => whole.subarray(0, random.integer(0, whole.length - 1))],
    [3, () => shortened(random, payload, header)],
    [1, () => ipv4(payload, { ...header, version: random.pick([0, 3, 5, 6]) })],
    [1, () => ipv4(payload, { ...header, headerWords: random.integer(0, 15) })],
    [1, () => ipv4(payload, { ...header, length: random.integer(0, whole.length) })],
    [1, () => ipv4(payload, { ...header, length: whole.length + random.integer(1, 100) })],
    [1, () => ipv4(payload, { ...header, sum: random.integer(0, 65535) })],
  ])();
}

/** A packet whose own length says that its transport header is cut off. */
function shortened(random: Random, payload: Payload, header: Ipv4Options): Uint8Array {
  const bytes = payload.bytes.subarray(0, random.integer(0, Math.min(24, payload.bytes.length)));
  return ipv4({ ...payload, bytes }, header);
}
