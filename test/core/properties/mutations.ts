/** Frames as they come out of broken cards, hostile hands and bad luck: valid ones, spoilt in one way or several. */
import { repairHeader } from "../../support/packet.ts";
import { type Dice, pick } from "./random.ts";
import type { Arrival } from "./town.ts";

type Mutation = (bytes: Uint8Array, dice: Dice, pool: readonly Arrival[]) => Uint8Array;

const ETHERNET = 14;
/** Where the fields are that decide most: lengths, fragment bits, TTL, protocol, addresses, ports, data offset, flags. */
const INTERESTING = [14, 15, 16, 17, 20, 21, 22, 23, 26, 29, 30, 33, 34, 35, 36, 37, 46, 47, 54, 55] as const;
const VALUES = [0, 1, 2, 4, 6, 8, 17, 0x3f, 0x45, 0x4f, 0x40, 0x7f, 0x80, 0xe0, 0xff] as const;

const flip: Mutation = (bytes, dice) => {
  const at = dice(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << dice(8));
  return bytes;
};
const poke: Mutation = (bytes, dice) => {
  const at = pick(dice, INTERESTING);
  if (at < bytes.length) bytes[at] = pick(dice, VALUES);
  return bytes;
};
const truncate: Mutation = (bytes, dice) => bytes.subarray(0, dice(bytes.length + 1));
const pad: Mutation = (bytes, dice) => {
  const longer = new Uint8Array(bytes.length + dice(30));
  longer.set(bytes);
  return longer;
};
/** The beginning of one frame, the end of another. */
const splice: Mutation = (bytes, dice, pool) => {
  const other = pick(dice, pool).bytes;
  const at = dice(Math.min(bytes.length, other.length) + 1);
  const made = other.slice();
  made.set(bytes.subarray(0, at));
  return made;
};
const fragment: Mutation = (bytes, dice) => {
  if (bytes.length > 22) {
    const field = (dice(3) === 0 ? 0x4000 : 0) | (dice(2) === 0 ? 0x2000 : 0) | dice(dice(2) === 0 ? 8 : 0x2000);
    bytes.set([field >> 8, field & 255], 20);
  }
  return bytes;
};
/** The total length becomes that of the bytes there are. */
const measure: Mutation = (bytes) => {
  const length = bytes.length - ETHERNET;
  if (length >= 4) bytes.set([(length >> 8) & 255, length & 255], 16);
  return bytes;
};
const repair: Mutation = (bytes) => {
  if (bytes.length >= ETHERNET + 20) repairHeader(bytes.subarray(ETHERNET));
  return bytes;
};

const SPOILING: readonly Mutation[] = [flip, flip, poke, poke, truncate, pad, splice, fragment];

/** A frame of the pool, most often spoilt; then often with a header checksum that hides it. Never one of the pool itself. */
export function mutated(dice: Dice, pool: readonly Arrival[]): Arrival {
  const { port, bytes: valid } = pick(dice, pool);
  let bytes: Uint8Array = valid.slice();
  if (dice(4) === 0) return { port, bytes };
  for (let times = 1 + dice(3); times > 0; times--) {
    if (bytes.length > 0) bytes = pick(dice, SPOILING)(bytes, dice, pool);
  }
  if (dice(2) === 0) bytes = measure(bytes, dice, pool);
  if (dice(5) !== 0) bytes = repair(bytes, dice, pool);
  return { port: dice(50) === 0 ? 1 - port : port, bytes };
}
