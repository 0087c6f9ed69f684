/** The Internet checksum: worked examples of the RFCs, then the tests' own slow arithmetic as judge. */
import { expect } from "chai";
import fc from "fast-check";
import {
  checksum,
  difference16,
  difference32,
  fold,
  pseudoHeaderSum,
  sum,
  updated,
} from "../../../src/core/wire/checksum.ts";
import { internetChecksum, onesComplementSum } from "../../support/ones-complement.ts";

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const word = fc.nat(0xffff);
/** Words with the values where one's complement is delicate drawn often. */
const delicate = fc.oneof(word, fc.constantFrom(0, 1, 0xfffe, 0xffff));
const packet = fc.oneof(
  fc.uint8Array({ minLength: 0, maxLength: 80 }),
  fc.array(fc.constantFrom(0, 255), { maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
);

describe("RFC 1071", () => {
  it("section 3: the worked example", () => {
    const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(fold(0x2ddf0)).to.equal(0xddf2);
    expect(sum(viewOf(bytes), 0, 8)).to.equal(0xddf2);
    expect(checksum(viewOf(bytes), 0, 8)).to.equal(0x220d);
  });

  it("any bytes, at any offset and of any length, sum up as section 1 says", () => {
    fc.assert(
      fc.property(packet, fc.nat(7), (bytes, at) => {
        const shifted = new Uint8Array(at + bytes.length).fill(0xa5);
        shifted.set(bytes, at);
        expect(sum(viewOf(shifted), at, bytes.length) % 0xffff).to.equal(onesComplementSum(bytes) % 0xffff);
      }),
    );
  });

  it("the longest packets of the largest words do not overflow", () => {
    for (const length of [32767, 32768, 32769, 65535, 65536, 131071]) {
      const bytes = new Uint8Array(length).fill(0xff);
      expect(sum(viewOf(bytes), 0, length), `${length} bytes`).to.equal(length % 2 === 0 ? 0xffff : 0xff00);
    }
  });

  it("a packet with its checksum in it sums up to ffff", () => {
    fc.assert(
      fc.property(packet, (bytes) => {
        const even = bytes.subarray(0, bytes.length & ~1);
        const check = checksum(viewOf(even), 0, even.length);
        const whole = Uint8Array.from([...even, check >> 8, check & 255]);
        expect(sum(viewOf(whole), 0, whole.length)).to.equal(0xffff);
      }),
    );
  });

  it("the pseudo header's sum is that of its twelve bytes", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), fc.nat(255), fc.nat(0xffff), (from, to, protocol, length) => {
        const bytes = new Uint8Array(12);
        const view = viewOf(bytes);
        view.setUint32(0, from);
        view.setUint32(4, to);
        view.setUint8(9, protocol);
        view.setUint16(10, length);
        const expected = onesComplementSum(bytes) % 0xffff;
        expect(pseudoHeaderSum(from, to, protocol, length) % 0xffff).to.equal(expected);
        expect(pseudoHeaderSum(from | 0, to | 0, protocol, length) % 0xffff, "signed addresses").to.equal(expected);
      }),
    );
  });
});

describe("RFC 1624", () => {
  it("section 4: the example that RFC 1141's equation gets wrong", () => {
    expect(updated(0xdd2f, difference16(0x5555, 0x3285))).to.equal(0x0000);
  });

  it("a right checksum, updated word by word, is the one made anew", () => {
    fc.assert(
      fc.property(fc.array(delicate, { minLength: 1, maxLength: 12 }), fc.nat(), delicate, (words, choice, after) => {
        const at = choice % words.length;
        const before = words[at] ?? 0;
        const bytesOf = (list: readonly number[]): Uint8Array =>
          Uint8Array.from(list.flatMap((w) => [w >> 8, w & 255]));
        // A packet of zeros only has two right checksums; every IPv4 packet has a word that is not 0.
        const old = internetChecksum(bytesOf([...words, 0x4500]));
        const made = internetChecksum(bytesOf([...words.with(at, after), 0x4500]));
        expect(updated(old, difference16(before, after))).to.equal(made);
      }),
      { numRuns: 1000 },
    );
  });

  it("a 32-bit word's difference is that of its halves", () => {
    fc.assert(
      fc.property(word, fc.nat(0xffffffff), fc.nat(0xffffffff), (check, before, after) => {
        const halves = difference16(before >>> 16, after >>> 16) + difference16(before & 0xffff, after & 0xffff);
        expect(updated(check, difference32(before, after))).to.equal(updated(check, halves));
        expect(updated(check, difference32(before | 0, after | 0)), "signed").to.equal(updated(check, halves));
      }),
    );
  });

  it("a wrong checksum stays wrong by the same amount", () => {
    fc.assert(
      fc.property(word, fc.integer({ min: 1, max: 0xfffe }), word, word, (right, error, before, after) => {
        const wrong = (right + error) % 0xffff;
        const difference = difference16(before, after);
        const now = (updated(wrong, difference) - updated(right, difference) + 2 * 0xffff) % 0xffff;
        expect(now).to.equal(error % 0xffff);
      }),
    );
  });

  it("is never ffff, what TCP would be right with but never sends, if it was not ffff before", () => {
    fc.assert(
      fc.property(delicate, delicate, delicate, (drawn, before, after) => {
        const check = drawn % 0xffff;
        expect(updated(check, difference16(before, after))).to.not.equal(0xffff);
        expect(updated(check, difference32(before << 16, after))).to.not.equal(0xffff);
      }),
      { numRuns: 2000 },
    );
  });
});
