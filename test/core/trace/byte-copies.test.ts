import { expect } from "chai";
import { ByteCopies } from "../../../src/core/trace/byte-copies.ts";
import { Frame } from "../../../src/core/wire/frame.ts";

const bytesOf = (length: number, first: number): Uint8Array =>
  Uint8Array.from({ length }, (_, place) => (first + place) & 0xff);

describe("copies of frames", () => {
  it("are as the frame was, whatever its length, and stay so when it changes", () => {
    const copies = new ByteCopies();
    for (const length of [0, 1, 14, 59, 60, 61, 62, 63, 159, 160, 161, 1514, 4095, 4096, 4097, 9014, 65_549]) {
      const frame = Frame.of(bytesOf(length, length));
      const copy = copies.of(frame);
      frame.bytes.fill(0);
      expect(copy, `${length} bytes`).deep.equals(bytesOf(length, length));
    }
  });

  it("do not overwrite one another, in one block and from block to block", () => {
    const copies = new ByteCopies();
    const all = Array.from({ length: 3000 }, (_, index) => copies.of(Frame.of(bytesOf(60 + (index % 40), index))));
    expect(new Set(all.map(({ buffer }) => buffer)).size).greaterThan(1);
    for (const [index, copy] of all.entries()) expect(copy).deep.equals(bytesOf(60 + (index % 40), index));
  });
});
