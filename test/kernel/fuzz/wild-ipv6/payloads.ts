/** Random transport headers with data, and random chains of extension headers; mostly right, sometimes wrong in one of many ways. */
import { ACK, FIN, PSH, RST, SYN } from "../../../../src/core/wire/tcp.ts";
import { concat, sctp as sctpOf } from "../../frames.ts";
import type { Random } from "../random.ts";
import { type Ends, type Extension, type HeaderFields, summed, viewOf } from "./bytes.ts";

const LENGTHS = [0, 1, 4, 8, 33, 100, 512, 1180, 1200, 1220, 1232, 1240, 1300, 1352, 1400, 1420, 1432, 1440] as const;

const dataOf = (random: Random): Uint8Array =>
  random.bytes(random.chance(0.75) ? random.integer(0, 60) : random.pick(LENGTHS));

const CLIENT_FLAGS = [SYN, SYN, ACK, PSH | ACK, FIN | ACK, RST] as const;
const SERVER_FLAGS = [SYN | ACK, SYN | ACK, ACK, PSH | ACK, FIN | ACK, RST, RST | ACK] as const;
/** INIT, DATA, SACK, HEARTBEAT, ABORT, SHUTDOWN, COOKIE-ECHO, COOKIE-ACK, and what there is not. */
const CHUNKS = [1, 1, 0, 3, 4, 6, 7, 10, 11, 14, 2, 77] as const;
const OPENING_CHUNK = 1;

/** Who speaks: a client that begins, a client that goes on, a real server that answers. */
export type Speaker = "opener" | "client" | "server";

/** The bytes of a protocol between two ends. */
export function payloadOf(random: Random, protocol: number, ends: Ends, speaker: Speaker): Uint8Array {
  const data = dataOf(random);
  const made = bytesOf(random, protocol, ends, speaker, data);
  const right = summed(ends, protocol, made);
  return random.chance(0.04) ? damaged(random, protocol, right) : right;
}

function bytesOf(random: Random, protocol: number, ends: Ends, speaker: Speaker, data: Uint8Array): Uint8Array {
  const ports = new Uint8Array(4);
  viewOf(ports).setUint16(0, ends.sourcePort);
  viewOf(ports).setUint16(2, ends.destinationPort);
  if (protocol === 6) {
    const flags = speaker === "opener" ? SYN : random.pick(speaker === "client" ? CLIENT_FLAGS : SERVER_FLAGS);
    const options = random.chance(0.2) ? [2, 4, 5, 180] : [];
    const words = 5 + options.length / 4;
    return concat(
      ports,
      Uint8Array.of(0, 0, 3, 233, 0, 0, 19, 137, words << 4, flags, 250, 240, 0, 0, 0, 0, ...options),
      data,
    );
  }
  if (protocol === 17 || protocol === 136) {
    const length = protocol === 136 && random.chance(0.5) ? 0 : 8 + data.length;
    return concat(ports, Uint8Array.of(length >> 8, length & 255, 0, 0), data);
  }
  if (protocol === 132) {
    const first = speaker === "opener" ? OPENING_CHUNK : random.pick(CHUNKS);
    const chunks = random.chance(0.2) ? [first, random.pick(CHUNKS)] : [first];
    return sctpOf({ ...ends, source: 0, destination: 0, chunks, data }).bytes;
  }
  if (protocol === 58)
    return concat(Uint8Array.of(random.pick([128, 128, 129, 130, 135, 200]), 0, 0, 0, 0, 7, 0, 1), data);
  return concat(Uint8Array.of(0, 0, 1, random.integer(0, 3), 0, 0, 0, random.integer(0, 255)), data);
}

/** A wrong checksum, none, a length that lies, a header that is cut off. */
function damaged(random: Random, protocol: number, bytes: Uint8Array): Uint8Array {
  const at = protocol === 17 ? 6 : protocol === 132 ? 8 : 16;
  const view = viewOf(bytes);
  const has = bytes.length >= at + 2;
  random.weighted<() => void>([
    [2, () => has && view.setUint16(at, view.getUint16(at) ^ 0x1234)],
    [1, () => has && view.setUint16(at, 0)],
    [1, () => protocol === 17 && view.setUint16(4, random.integer(0, bytes.length + 20))],
    [1, () => protocol === 6 && view.setUint8(12, random.integer(0, 15) << 4)],
  ])();
  return random.chance(0.3) ? bytes.subarray(0, random.integer(0, Math.min(24, bytes.length))) : bytes;
}

/** Options of hop-by-hop and destination headers: padding, router alert, jumbo, limit, address, unknown ones of each kind, mistakes. */
const OPTIONS = [
  [1, 0],
  [0, 0, 0],
  [1, 4, 0, 0, 0, 0],
  [5, 2, 0, 0],
  [0xc2, 4, 0, 1, 0, 0],
  [4, 1, 3],
  [4, 1, 0],
  [0x1e, 2, 0, 0],
  [0x5e, 1, 0],
  [0x9e, 0],
  [0xde, 2, 0, 0],
  [0xc9, 16, 0xfd, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  [0x31, 2, 0, 0],
  [7, 8, 0, 0, 0, 0, 0, 0, 0, 0],
  [1, 200, 0],
  [1, 4, 0, 0, 9, 0],
] as const;

const PLAIN_OPTIONS = 3;

function optionsHeader(random: Random, isPlain: boolean): number[] {
  const options: number[] = [];
  for (let count = random.integer(0, 2); count > 0; count--)
    options.push(...random.pick(isPlain ? OPTIONS.slice(0, PLAIN_OPTIONS) : OPTIONS));
  const left = -(options.length + 2) & 7;
  if (left === 1) options.push(0);
  else if (left > 1) options.push(1, left - 2, ...Array.from({ length: left - 2 }, () => 0));
  const words = (options.length + 2) / 8 - 1;
  return [!isPlain && random.chance(0.05) ? random.integer(0, 9) : words, ...options];
}

function extension(random: Random, header: number, isPlain: boolean): Extension {
  if (header === 0 || header === 60) return [header, optionsHeader(random, isPlain)];
  if (header === 43) {
    const words = random.pick([0, 2, 2, 4]);
    const left = isPlain ? 0 : random.pick([0, 0, 1, 3]);
    return [header, [words, random.pick([0, 2, 3, 4, 253]), left, 0, 0, 0, 0, ...random.bytes(words * 8)]];
  }
  // A fragment header of a packet in one piece; else a reserved byte or bits that are set.
  if (header === 44)
    return [header, [isPlain ? 0 : random.pick([0, 7]), 0, isPlain ? 0 : random.pick([0, 0, 6]), ...random.bytes(4)]];
  const words = random.pick([1, 4, 4, 2]);
  return [header, [words, 0, 0, 0, 0, 1, random.integer(0, 3), ...random.bytes(4 + (words - 1) * 4)]];
}

/** Extension headers in any order: with `isPlain` such as nobody minds. */
export function chainOf(random: Random, isPlain: boolean): Extension[] {
  const headers = random.chance(0.3)
    ? [random.pick([0, 43, 44, 51, 60])]
    : random.sample([0, 60, 43, 44, 51, 60], random.integer(1, 4));
  const ordered = random.chance(0.7) ? headers.toSorted((a, b) => Number(b === 0) - Number(a === 0)) : headers;
  return ordered.map((header) => extension(random, header, isPlain));
}

/** A header as hosts make it, mostly. */
export function fieldsOf(random: Random): HeaderFields {
  return {
    hops: random.pick([64, 64, 64, 64, 64, 64, 255, 7, 2, 1, 0]),
    trafficClass: random.pick([0, 0, 0, 1, 2, 3, 0x2e << 2, 255]),
    flowLabel: random.pick([0, 0, random.integer(0, 0xfffff)]),
    extensions: random.chance(0.2) ? chainOf(random, random.chance(0.7)) : [],
    ...(random.chance(0.01) && { payloadLength: random.integer(0, 100) }),
  };
}
