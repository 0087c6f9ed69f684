import { readFileSync } from "node:fs";
import { expect } from "chai";
import { discard } from "../../../src/io/system/discard.ts";

const SIZE = 64 * 1024 * 1024;

/** Bytes of memory that this process has. */
const resident = (): number => Number(readFileSync("/proc/self/statm", "utf8").split(" ")[1]) * 4096;

describe("discarded memory", () => {
  it("is the system's again, and zeros; what lies beside it stays", () => {
    const memory = new Uint8Array(SIZE).fill(7);
    const before = resident();
    discard(memory.subarray(1_000_001, SIZE - 1_000_001));
    expect(before - resident()).to.be.above(SIZE / 2);
    const seven = (at: number): boolean => memory[at] === 7;
    expect([0, 1_000_000, SIZE - 1_000_001, SIZE - 1].every(seven)).to.equal(true);
    expect([2_000_000, SIZE / 2, SIZE - 2_000_000].map((at) => memory[at])).to.deep.equal([0, 0, 0]);
    memory[SIZE / 2] = 9;
    expect(memory[SIZE / 2]).to.equal(9);
  });
});
