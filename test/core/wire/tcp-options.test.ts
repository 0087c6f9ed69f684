/** The walk over TCP options: through every layout that is right, and through garbage without a step outside. */
import { expect } from "chai";
import fc from "fast-check";
import { OPTION_MSS, OPTION_SACK, OPTION_TIMESTAMP } from "../../../src/core/wire/tcp.ts";
import { findOption } from "../../../src/core/wire/tcp-options.ts";

/** A header with these option bytes, `spare` bytes of the buffer before it, and nothing behind it. */
function header(options: readonly number[], spare = 0, words = 5 + Math.ceil(options.length / 4)): DataView {
  const bytes = new Uint8Array(spare + 20 + Math.ceil(options.length / 4) * 4);
  bytes[spare + 12] = words << 4;
  bytes.set(options, spare + 20);
  return new DataView(bytes.buffer);
}

const mss = [OPTION_MSS, 4, 0x05, 0xb4];
const timestamp = [OPTION_TIMESTAMP, 10, 1, 2, 3, 4, 5, 6, 7, 8];

describe("findOption", () => {
  it("finds an option wherever it stands", () => {
    expect(findOption(header(mss), 0, OPTION_MSS)).to.equal(20);
    expect(findOption(header([1, 1, ...timestamp]), 0, OPTION_TIMESTAMP)).to.equal(22);
    expect(findOption(header([...mss, 4, 2, ...timestamp, 1, 3, 3, 9]), 0, OPTION_TIMESTAMP)).to.equal(26);
    expect(findOption(header([1, ...mss], 14), 14, OPTION_MSS)).to.equal(14 + 21);
  });

  it("finds the first of several", () => {
    expect(findOption(header([...mss, ...mss]), 0, OPTION_MSS)).to.equal(20);
  });

  it("finds nothing behind the end of options, nor in a header without any", () => {
    expect(findOption(header([0, ...mss]), 0, OPTION_MSS)).to.equal(-1);
    expect(findOption(header([]), 0, OPTION_MSS)).to.equal(-1);
    expect(findOption(header(timestamp), 0, OPTION_MSS)).to.equal(-1);
  });

  it("gives up at an option whose length is impossible", () => {
    for (const options of [
      [5, 0, ...mss],
      [5, 1, ...mss],
      [5],
      [1, 1, 1, 5],
      [5, 41, ...mss],
      [OPTION_SACK, 10, 1, 2, 3, 4],
    ]) {
      expect(findOption(header(options), 0, OPTION_MSS), `${options}`).to.equal(-1);
      expect(findOption(header(options), 0, OPTION_SACK), `${options}`).to.equal(-1);
    }
  });

  it("finds nothing in a header that claims to be longer than the segment", () => {
    const view = header([1, 1, 1, 1, ...mss, 1, 1, 1, 1]);
    expect(findOption(view, 0, OPTION_MSS, 32)).to.equal(24);
    expect(findOption(view, 0, OPTION_MSS, 28)).to.equal(-1);
    expect(findOption(header([], 0, 15), 0, OPTION_MSS)).to.equal(-1);
  });

  it("through garbage: never outside the header, and what it finds is whole", () => {
    const garbage = fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 10)), { maxLength: 40 });
    fc.assert(
      fc.property(garbage, fc.nat(15), fc.nat(255), (options, words, kind) => {
        const view = header(options, 3, words);
        const found = findOption(view, 3, kind);
        if (found < 0) return;
        expect(found).to.be.at.least(23);
        expect(view.getUint8(found)).to.equal(kind);
        expect(found + view.getUint8(found + 1)).to.be.at.most(Math.min(3 + words * 4, view.byteLength));
      }),
      { numRuns: 3000 },
    );
  });
});
