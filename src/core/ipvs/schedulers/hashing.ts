/** The hash functions of the schedulers, on 32-bit halves. Nothing here allocates. */
import { type Address, AF_INET, type Family } from "../../wire/address.ts";

/**
 * An address as the one number that schedulers hash, unsigned: IPv4 as it is, IPv6 the exclusive or of its words
 * (ip_vs_sh.c: ip_vs_sh_hashkey). `family` is the service's: an IPv6 server of an IPv4 service is its first word.
 */
export function addressFold(address: Address, family: Family): number {
  const [first, second, third, fourth] = address.words;
  return family === AF_INET ? first : (first ^ second ^ third ^ fourth) >>> 0;
}

/** The upper `bits` bits (1..32) of a 32-bit number times the golden ratio: hash_32, include/linux/hash.h. */
export const hash32 = (value: number, bits: number): number => Math.imul(value, 0x61c88647) >>> (32 - bits);

/** 1 when the sum of two 32-bit numbers needs a 33rd bit. */
const carry = (a: number, b: number): number => ((a & b) | ((a | b) & ~(a + b))) >>> 31;

/** What SipHash appends to a message: its length, 4 bytes, in the top byte of the last word. */
const LENGTH = 4 << 24;

/**
 * The lower 32 bits of SipHash-1-3 over one 32-bit number, as 64-bit kernels compute it (lib/siphash.c: hsiphash_1u32).
 * Both halves of the 128-bit key are `key`, a 32-bit number. The result is signed, because JavaScript engines allocate
 * memory for unsigned ones above 2^31; `>>> 0` makes it the kernel's.
 */
export function hsiphash(value: number, key: number): number {
  // Four lanes of 64 bits; the message word (length, value) enters the last one first.
  let aHigh = 0x736f6d65;
  let aLow = 0x70736575 ^ key;
  let bHigh = 0x646f7261;
  let bLow = 0x6e646f6d ^ key;
  let cHigh = 0x6c796765;
  let cLow = 0x6e657261 ^ key;
  let dHigh = 0x74656462 ^ LENGTH;
  let dLow = 0x79746573 ^ key ^ value;
  for (let round = 0; round < 4; round++) {
    if (round === 1) {
      aHigh ^= LENGTH;
      aLow ^= value;
      cLow ^= 0xff;
    }
    // a += b; b = (b <<< 13) ^ a; the halves of a trade places.
    let high = (aHigh + bHigh + carry(aLow, bLow)) | 0;
    aHigh = (aLow + bLow) | 0;
    aLow = high;
    high = ((bHigh << 13) | (bLow >>> 19)) ^ aLow;
    bLow = ((bLow << 13) | (bHigh >>> 19)) ^ aHigh;
    bHigh = high;
    // c += d; d = (d <<< 16) ^ c.
    cHigh = (cHigh + dHigh + carry(cLow, dLow)) | 0;
    cLow = (cLow + dLow) | 0;
    high = ((dHigh << 16) | (dLow >>> 16)) ^ cHigh;
    dLow = ((dLow << 16) | (dHigh >>> 16)) ^ cLow;
    dHigh = high;
    // a += d; d = (d <<< 21) ^ a.
    aHigh = (aHigh + dHigh + carry(aLow, dLow)) | 0;
    aLow = (aLow + dLow) | 0;
    high = ((dHigh << 21) | (dLow >>> 11)) ^ aHigh;
    dLow = ((dLow << 21) | (dHigh >>> 11)) ^ aLow;
    dHigh = high;
    // c += b; b = (b <<< 17) ^ c; the halves of c trade places.
    high = (cHigh + bHigh + carry(cLow, bLow)) | 0;
    cHigh = (cLow + bLow) | 0;
    cLow = high;
    high = ((bHigh << 17) | (bLow >>> 15)) ^ cLow;
    bLow = ((bLow << 17) | (bHigh >>> 15)) ^ cHigh;
    bHigh = high;
  }
  return aLow ^ bLow ^ cLow ^ dLow;
}
