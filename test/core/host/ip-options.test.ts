import { expect } from "chai";
import fc from "fast-check";
import { blankUncopiedOptions, obeyOptions, SOURCE_ROUTED } from "../../../src/core/host/ip-options.ts";
import { CLIENT, DIRECTOR, VIP } from "../../support/lab.ts";
import { counting, ip, ipv4 } from "../../support/packet.ts";

describe("IPv4 options", () => {
  /** A header with these options, between bytes that are not to be touched. */
  const header = (options: readonly number[]): Uint8Array => {
    const padded = [...options, ...new Array<number>(-options.length & 3).fill(0)].slice(0, 40);
    const bytes = ipv4(`${CLIENT} > ${VIP}`, 253, counting(4), { options: padded }).bytes;
    return Uint8Array.from([0xa5, 0xa5, ...bytes]);
  };
  const obey = (bytes: Uint8Array, address?: number): number => obeyOptions(new DataView(bytes.buffer), 2, address);

  it("are sound if they follow each other to the end, or to an end of options", () => {
    for (const options of [[], [1, 1, 1, 1], [0, 0, 0, 0], [0x94, 4, 0, 0], [1, 0x94, 4, 0, 0, 1, 1, 0]]) {
      expect(obey(header(options)), `${options}`).to.equal(0);
    }
  });

  it("that are cut off, or shorter than an option can be, are told by their place", () => {
    for (const [options, place] of [
      [[1, 1, 1, 0x94], 23],
      [[0x94, 1, 0, 0], 20],
      [[1, 0x94, 5, 0], 21],
      [[0x94, 0, 0, 0], 20],
      [[0x94, 4, 0, 0, 30, 9, 0, 0], 24],
    ] as const) {
      expect(obey(header(options)), `${options}`).to.equal(place);
    }
  });

  it("a record route gets the director's address, a source route none", () => {
    const route = header([7, 7, 4, 0, 0, 0, 0, 0]);
    expect(obey(route, ip(DIRECTOR))).to.equal(0);
    expect([...route.subarray(22, 29)]).to.deep.equal([7, 7, 8, 198, 51, 100, 254]);
    const passing = header([7, 7, 4, 0, 0, 0, 0, 0]);
    obey(passing);
    expect([...passing.subarray(22, 29)]).to.deep.equal([7, 7, 4, 0, 0, 0, 0]);
    for (const type of [131, 137]) expect(obey(header([type, 7, 4, 192, 0, 2, 1, 0]))).to.equal(SOURCE_ROUTED);
  });

  it("of any bytes: the walk ends, stays inside, and says what is wrong within the header", () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 4, 7, 68, 131, 137, 148));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), fc.boolean(), (options, forUs) => {
        const bytes = header(options);
        const size = ((bytes[2] ?? 0) & 15) * 4;
        const around = [...bytes.subarray(0, 22), ...bytes.subarray(2 + size)];
        const result = obey(bytes, forUs ? ip(DIRECTOR) : undefined);
        expect([...bytes.subarray(0, 22), ...bytes.subarray(2 + size)]).to.deep.equal(around);
        if (result !== SOURCE_ROUTED && result !== 0) expect(result).to.be.within(20, size - 1);
      }),
      { numRuns: 1000 },
    );
  });

  it("what only the first fragment carries is blanked in others, once and for all", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 4, 0x94, 0x83))), (bytes) => {
        const after = Uint8Array.from([0xa5, ...bytes, 0xa5]);
        const inside = new DataView(after.buffer);
        blankUncopiedOptions(inside, 1, 1 + bytes.length);
        expect([after[0], after.at(-1)]).to.deep.equal([0xa5, 0xa5]);
        const once = after.slice();
        blankUncopiedOptions(inside, 1, 1 + bytes.length);
        expect(after, "a second time").to.deep.equal(once);
      }),
      { numRuns: 1000 },
    );
  });
});
