import { expect } from "chai";
import fc from "fast-check";
import { AddressMap } from "../../../src/core/host/address-map.ts";

/** Few enough to meet again, on both sides of 2^31, and some that share a slot. */
const address = fc.oneof(fc.nat(20), fc.nat(0xffffffff), fc.constantFrom(0, 0x7fffffff, 0x80000000, 0xffffffff));
const step = fc.record({ address, value: fc.nat(1000), what: fc.constantFrom("set", "set", "get", "delete") });

describe("address map", () => {
  it("keeps all that it holds as it grows, and counts it", () => {
    const map = new AddressMap<number>();
    for (let key = 0; key < 5000; key++) {
      map.set(key * 0x10001, key);
      expect(map.size).to.equal(key + 1);
      // Right after each set, so also right after each time that it grew.
      if ((key & (key - 1)) === 0 || key === 4999) {
        for (let held = 0; held <= key; held++) expect(map.get(held * 0x10001)).to.equal(held);
      }
    }
    map.set(0x10001, 7);
    expect(map.size, "an address that is there already").to.equal(5000);
    map.delete(0x10001);
    expect([map.size, map.get(0x10001)]).to.deep.equal([4999, undefined]);
  });

  it("does what a Map does, whether an address is signed or not", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const map = new AddressMap<number>();
        const model = new Map<number, number>();
        for (const { address: key, value, what } of steps) {
          if (what === "set") {
            map.set(value % 2 === 0 ? key : key | 0, value);
            model.set(key, value);
          } else if (what === "delete") {
            map.delete(value % 2 === 0 ? key : key | 0);
            model.delete(key);
          }
          expect(map.get(key)).to.equal(model.get(key));
          expect(map.get(key | 0)).to.equal(model.get(key));
        }
        expect(map.values()).to.have.members([...model.values()]);
        for (const [key, value] of model) expect(map.get(key)).to.equal(value);
      }),
    );
  });
});
