import { expect } from "chai";
import fc from "fast-check";
import { blankUncopiedOptions, readOptions, SOURCE_ROUTED } from "../../../src/core/host/ip-options.ts";
import { noOptions } from "../../../src/core/wire/ipv4-options.ts";
import { CLIENT, DIRECTOR, VIP } from "../../support/lab.ts";
import { counting, ip, ipv4 } from "../../support/packet.ts";

describe("IPv4 options", () => {
  /** A header with these options, between bytes that are not to be touched. */
  const header = (options: readonly number[]): Uint8Array => {
    const padded = [...options, ...new Array<number>(-options.length & 3).fill(0)].slice(0, 40);
    const bytes = ipv4(`${CLIENT} > ${VIP}`, 253, counting(4), { options: padded }).bytes;
    return Uint8Array.from([0xa5, 0xa5, ...bytes]);
  };
  const TIME = 0x01020304;
  const obey = (bytes: Uint8Array, address = 0): number =>
    readOptions(new DataView(bytes.buffer), 2, noOptions(), {
      address,
      time: TIME,
      isForeign: (other) => other !== address,
    });

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
    for (const type of [131, 137]) expect(obey(header([type, 7, 4, 192, 0, 2, 1, 0]))).to.equal(SOURCE_ROUTED);
  });

  it("a timestamp gets the time of day, with the address where it wants that, or if that is ours", () => {
    const us = [198, 51, 100, 254];
    const empty = [0, 0, 0, 0];
    for (const [asked, filled] of [
      [
        [68, 8, 5, 0, ...empty],
        [68, 8, 9, 0, 1, 2, 3, 4],
      ],
      [
        [68, 12, 5, 1, ...empty, ...empty],
        [68, 12, 13, 1, ...us, 1, 2, 3, 4],
      ],
      [
        [68, 12, 5, 3, ...us, ...empty],
        [68, 12, 13, 3, ...us, 1, 2, 3, 4],
      ],
      [
        [68, 12, 5, 3, 9, 9, 9, 9, ...empty],
        [68, 12, 5, 3, 9, 9, 9, 9, ...empty],
      ],
      [
        [68, 4, 5, 0x30],
        [68, 4, 5, 0x40],
      ],
    ] as const) {
      const bytes = header(asked);
      expect(obey(bytes, ip(DIRECTOR))).to.equal(0);
      expect([...bytes.subarray(22, 22 + filled.length)]).to.deep.equal(filled);
    }
  });

  it("CIPSO is of a domain that nobody knows", () => {
    expect(obey(header([134, 10, 0, 0, 0, 1, 1, 4, 0, 0, 0, 0]))).to.equal(22);
    expect(obey(header([134, 6, 0, 0, 0, 1, 0, 0]))).to.equal(21);
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

  it("what only the first fragment carries is blanked in others, whatever stands before it, and the rest stays", () => {
    const routerAlert = [0x94, 4, 0, 0];
    const bytes = Uint8Array.from([1, 7, 7, 4, 9, 9, 9, 9, ...routerAlert, 68, 4, 5, 0, 0, 7, 7, 4]);
    blankUncopiedOptions(new DataView(bytes.buffer), 0, bytes.length);
    expect([...bytes]).to.deep.equal([1, 1, 1, 1, 1, 1, 1, 1, ...routerAlert, 1, 1, 1, 1, 0, 7, 7, 4]);
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
