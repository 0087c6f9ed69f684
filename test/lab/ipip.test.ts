import { expect } from "chai";
import fc from "fast-check";
import { checksum, fold, pseudoHeaderSum, sum } from "../../src/core/wire/checksum.ts";
import { finishChecksum, innerPacket } from "../../src/lab/ipip.ts";

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

/** TCP or UDP from 10.0.0.10 to 10.1.0.100, its checksum as `fill` gives it from the pseudo header's sum. */
function transportPacket(
  protocol: 6 | 17,
  data: Uint8Array,
  fill: (view: DataView, length: number, pseudo: number) => number,
) {
  const length = (protocol === 6 ? 20 : 8) + data.length;
  const body = new Uint8Array(length);
  body.set(data, length - data.length);
  const bytes = packet(5, 20 + length, protocol, body);
  const view = new DataView(bytes.buffer);
  view.setUint16(6, 0);
  view.setUint32(12, 0x0a00000a);
  view.setUint32(16, 0x0a010064);
  const pseudo = pseudoHeaderSum(0x0a00000a, 0x0a010064, protocol, length);
  const field = 20 + (protocol === 6 ? 16 : 6);
  view.setUint16(field, fill(view, length, pseudo));
  return { bytes, view, field, isRight: () => fold(sum(view, 20, length) + pseudo) === 0xffff };
}

describe("checksums of packets out of a tunnel", () => {
  const data = fc.uint8Array({ maxLength: 64 });
  const protocol = fc.constantFrom<6 | 17>(6, 17);

  it("are made where only the pseudo header's sum is there", () => {
    fc.assert(
      fc.property(protocol, data, (number, payload) => {
        const { bytes, view, isRight } = transportPacket(number, payload, (_view, _length, pseudo) => pseudo);
        finishChecksum(view, { start: 0, length: bytes.length });
        expect(isRight()).to.equal(true);
      }),
    );
  });

  it("stay as they are where they are right, or wrong in another way", () => {
    fc.assert(
      fc.property(protocol, data, fc.integer({ min: 0, max: 0xffff }), (number, payload, error) => {
        const made = (view: DataView, length: number, pseudo: number): number =>
          ~fold((~checksum(view, 20, length) & 0xffff) + pseudo) & 0xffff;
        const { bytes, view, field } = transportPacket(number, payload, (...all) => (made(...all) + error) & 0xffff);
        const before = view.getUint16(field);
        fc.pre(before !== pseudoHeaderSum(0x0a00000a, 0x0a010064, number, bytes.length - 20));
        finishChecksum(view, { start: 0, length: bytes.length });
        expect(view.getUint16(field)).to.equal(before);
      }),
    );
  });

  it("are not looked for in fragments and in other protocols", () => {
    const { bytes, view } = transportPacket(6, new Uint8Array(40), (_view, _length, pseudo) => pseudo);
    const untouched = (): void => {
      const before = bytes.slice();
      finishChecksum(view, { start: 0, length: bytes.length });
      expect(bytes).to.deep.equal(before);
    };
    for (const fragment of [0x2000, 0x0001]) {
      view.setUint16(6, fragment);
      untouched();
    }
    view.setUint16(6, 0);
    view.setUint8(9, 1);
    untouched();
  });
});
