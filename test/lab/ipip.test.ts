import { expect } from "chai";
import fc from "fast-check";
import { innerPacket } from "../../src/lab/ipip.ts";

/** An IPv4 header of `words` 32-bit words and `length` bytes in all, then the rest. */
function packet(words: number, length: number, protocol: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(words * 4 + rest.length).fill(0xa5, 0, words * 4);
  bytes[0] = 0x40 | words;
  bytes[2] = length >> 8;
  bytes[3] = length & 0xff;
  bytes[9] = protocol;
  bytes.set(rest, words * 4);
  return bytes;
}

describe("unpacking IPIP", () => {
  it("finds the inner packet behind any outer header, without what pads it", () => {
    const words = fc.integer({ min: 5, max: 15 });
    fc.assert(
      fc.property(
        words,
        words,
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(20),
        (outerWords, innerWords, payload, padding) => {
          const length = innerWords * 4 + payload.length;
          const inner = packet(innerWords, length, 6, payload);
          const outer = packet(outerWords, 0, 4, new Uint8Array([...inner, ...new Uint8Array(padding)]));
          expect(innerPacket(outer, outer.length)).to.deep.equal({ start: outerWords * 4, length });
        },
      ),
    );
  });

  it("takes nothing for a packet that is cut off or none", () => {
    const inner = packet(5, 40, 6, new Uint8Array(20));
    const outer = packet(5, 60, 4, inner);
    expect(innerPacket(outer, outer.length)).to.deep.equal({ start: 20, length: 40 });
    for (let length = 0; length < outer.length; length++) expect(innerPacket(outer, length)).to.equal(undefined);
    outer[20] = 0x65;
    expect(innerPacket(outer, outer.length)).to.equal(undefined);
  });

  it("never reads beyond what came", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const found = innerPacket(bytes, bytes.length);
        if (found !== undefined) expect(found.start + found.length).to.be.at.most(bytes.length);
      }),
    );
  });
});
