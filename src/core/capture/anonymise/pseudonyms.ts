/**
 * Addresses in the place of others: two that share their first n bits are replaced by two that share their first n bits, and by
 * no more (Crypto-PAn: Xu, Fan, Ammar, Moon, "Prefix-preserving IP address anonymization", 2002). MAC addresses are made up.
 */
import { type Address, AF_INET, type Family } from "../../wire/address.ts";

/** Enciphers blocks of 16 bytes, one by one, with a key. */
export type Encipher = (blocks: Uint8Array) => Uint8Array;

const BLOCK = 16;
/** Addresses that are remembered; more are worked out again. */
const MOST_KNOWN = 100_000;

/** Blocks of addresses that mean something to every host and stay in their place: their first bits, written as text. */
const KEPT: Readonly<Record<Family, readonly string[]>> = {
  // 0/8, 127/8, 224/4 with the groups of the own link 224.0.0/24, and broadcast.
  [AF_INET]: ["00000000", "01111111", `1110${"0".repeat(20)}`, "1".repeat(32)],
  // ::/127, fe80::/10, ff00::/16 with the groups of each scope whose number is below 256.
  10: ["0".repeat(127), "1111111010", "11111111", ...[1, 2, 5, 8, 14].map(wellKnownGroups)],
};

function wellKnownGroups(scope: number): string {
  return `11111111${scope.toString(2).padStart(8, "0")}${"0".repeat(104)}`;
}

/** In these nothing changes at all. */
const FIXED: Readonly<Record<Family, readonly string[]>> = {
  [AF_INET]: ["00000000", "01111111", `1110${"0".repeat(20)}`, "1".repeat(32)],
  10: ["0".repeat(127), ...[1, 2, 5, 8, 14].map(wellKnownGroups)],
};

export class Pseudonyms {
  readonly #encipher: Encipher;
  readonly #pad: Uint8Array;
  readonly #addresses = new Map<string, Address>();
  readonly #macs = new Map<number, number>();

  /** `pad` are 16 bytes of the key that fill up what an address leaves of a block. */
  constructor(encipher: Encipher, pad: Uint8Array) {
    this.#encipher = encipher;
    this.#pad = encipher(pad);
  }

  address(address: Address): Address {
    const key = `${address.family} ${address.words.join()}`;
    const known = this.#addresses.get(key);
    if (known !== undefined) return known;
    const made = this.#permute(address);
    if (this.#addresses.size >= MOST_KNOWN) this.#addresses.clear();
    this.#addresses.set(key, made);
    return made;
  }

  /** One that is administered locally, of one station; those of groups stay, and so does one of zeros. */
  mac(mac: number): number {
    if (mac === 0 || Math.floor(mac / 0x100_0000_0000) % 2 === 1) return mac;
    const known = this.#macs.get(mac);
    if (known !== undefined) return known;
    const block = this.#pad.slice();
    new DataView(block.buffer).setUint16(0, Math.floor(mac / 0x1_0000_0000));
    new DataView(block.buffer).setUint32(2, mac % 0x1_0000_0000);
    const made = new DataView(this.#encipher(block).buffer);
    const value = 0x02 * 0x100_0000_0000 + made.getUint8(1) * 0x1_0000_0000 + made.getUint32(4);
    if (this.#macs.size >= MOST_KNOWN) this.#macs.clear();
    this.#macs.set(mac, value);
    return value;
  }

  #permute(address: Address): Address {
    const { family } = address;
    const bits = family === AF_INET ? 32 : 128;
    const text = address.words.slice(0, bits / 32).map((word) => (word >>> 0).toString(2).padStart(32, "0"));
    const original = text.join("");
    if (FIXED[family].some((prefix) => original.startsWith(prefix))) return address;
    const flips = this.#flips(original);
    const words = [0, 0, 0, 0];
    for (let bit = 0; bit < bits; bit++) {
      const flip = isKept(family, original.slice(0, bit)) ? 0 : (flips[bit] ?? 0);
      const made = Number(original[bit]) ^ flip;
      const word = bit >> 5;
      words[word] = (((words[word] ?? 0) << 1) | made) >>> 0;
    }
    const [first = 0, second = 0, third = 0, last = 0] = words;
    return { family, words: [first, second, third, last] };
  }

  /** For each bit, the first bit of what the bits before it are enciphered to, filled up by the pad. */
  #flips(original: string): number[] {
    const blocks = new Uint8Array(original.length * BLOCK);
    for (let bit = 0; bit < original.length; bit++) {
      const block = blocks.subarray(bit * BLOCK, (bit + 1) * BLOCK);
      block.set(this.#pad);
      for (let at = 0; at < bit; at++) {
        const mask = 0x80 >> (at & 7);
        const byte = block[at >> 3] ?? 0;
        block[at >> 3] = original[at] === "1" ? byte | mask : byte & ~mask;
      }
    }
    const enciphered = this.#encipher(blocks);
    return Array.from(original, (_, bit) => (enciphered[bit * BLOCK] ?? 0) >> 7);
  }
}

/** Whether a bit behind this prefix decides whether an address lies in one of the blocks that keep their place. */
const isKept = (family: Family, prefix: string): boolean =>
  KEPT[family].some((block) => block.length > prefix.length && block.startsWith(prefix));
