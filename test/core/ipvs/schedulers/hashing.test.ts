import { expect } from "chai";
import fc from "fast-check";
import { addressFold, hash32, hsiphash } from "../../../../src/core/ipvs/schedulers/hashing.ts";
import { AF_INET, AF_INET6, ipv4, parseAddress } from "../../../../src/core/wire/address.ts";

const K1 = 0x9e3779b1;
const K2 = 0x9e37a52c;

/** Address, fold, hash32 to 8 and to 10 bits, hsiphash under both keys, Maglev slot: as Linux 6.1 computes them. */
const VALUES = [
  ["0.0.0.0", 0x00000000, 0, 0, 0x1d5a77c2, 0xf882433f, 2495],
  ["10.0.0.100", 0x0a000064, 248, 993, 0xe2c60d2d, 0xb1d6cc97, 2632],
  ["172.16.5.3", 0xac100503, 40, 161, 0xeac21776, 0xabfc210e, 1052],
  ["192.168.1.11", 0xc0a8010b, 90, 362, 0x928bf928, 0x8fd4d808, 2189],
  ["255.255.255.255", 0xffffffff, 158, 632, 0x22c5d719, 0xf75a0f5d, 3432],
  ["2001:db8::100", 0x20010cb8, 20, 82, 0xa3c234ed, 0x88f5b539, 3863],
  ["fd00::1:2", 0xfd010002, 116, 467, 0xfe509558, 0xba408def, 3428],
] as const;

/** SipHash-1-3 in 64-bit integers, straight from the paper (Aumasson, Bernstein: SipHash, 2012). */
function siphash(value: number, key: number): number {
  const mask = (1n << 64n) - 1n;
  const rotate = (lane: bigint, bits: bigint): bigint => ((lane << bits) | (lane >> (64n - bits))) & mask;
  const k = BigInt(key);
  const message = (4n << 56n) | BigInt(value);
  let a = 0x736f6d6570736575n ^ k;
  let b = 0x646f72616e646f6dn ^ k;
  let c = 0x6c7967656e657261n ^ k;
  let d = 0x7465646279746573n ^ k ^ message;
  const round = (): void => {
    a = (a + b) & mask;
    c = (c + d) & mask;
    b = rotate(b, 13n) ^ a;
    d = rotate(d, 16n) ^ c;
    a = (rotate(a, 32n) + d) & mask;
    c = (c + b) & mask;
    d = rotate(d, 21n) ^ a;
    b = rotate(b, 17n) ^ c;
    c = rotate(c, 32n);
  };
  round();
  a ^= message;
  c ^= 0xffn;
  for (let finish = 0; finish < 3; finish++) round();
  return Number((a ^ b ^ c ^ d) & 0xffffffffn);
}

describe("hash functions of the schedulers", () => {
  for (const [text, folded, eight, ten, first, second, slot] of VALUES) {
    it(`${text}: as the kernel`, () => {
      const address = parseAddress(text) ?? ipv4(1);
      const value = addressFold(address, address.family);
      expect(value).to.equal(folded);
      expect([hash32(value, 8), hash32(value, 10)]).to.deep.equal([eight, ten]);
      expect([hsiphash(value, K1) >>> 0, hsiphash(value, K2) >>> 0]).to.deep.equal([first, second]);
      expect((hsiphash(value, K1) >>> 0) % 4093).to.equal(slot);
    });
  }

  it("hsiphash is SipHash-1-3 for every number and key", () => {
    const word = fc.nat(0xffffffff);
    fc.assert(
      fc.property(word, word, (value, key) => {
        expect(hsiphash(value, key) >>> 0).to.equal(siphash(value, key));
      }),
    );
  });

  it("hash32 is the upper part of the product modulo 2^32", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.integer({ min: 1, max: 32 }), (value, bits) => {
        const product = (BigInt(value) * 0x61c88647n) % (1n << 32n);
        expect(hash32(value, bits)).to.equal(Number(product >> BigInt(32 - bits)));
      }),
    );
  });

  it("folds an IPv6 server of an IPv4 service as its first word", () => {
    expect(addressFold(parseAddress("2001:db8:1::a") ?? ipv4(0), AF_INET)).to.equal(0x20010db8);
    expect(addressFold(parseAddress("2001:db8:1::a") ?? ipv4(0), AF_INET6)).to.equal(0x20010db8 ^ 0x10000 ^ 0xa);
  });
});
