import { expect } from "chai";
import fc from "fast-check";
import { PacketStore } from "../../../src/core/capture/packet-store.ts";
import { storedPacket } from "./stored-packet.ts";

describe("the packet store", () => {
  it("sorts by time to the nanosecond, and leaves packets of one time as they came", () => {
    const time = fc.constantFrom(1_790_000_000_000_000, 1_790_000_000_000_001, 1_790_000_000_000_002);
    const arrival = fc.tuple(time, fc.nat({ max: 2 }), fc.uint8Array({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 40 }), (arrivals) => {
        const packets = arrivals.map(([at, rest, bytes], index) => storedPacket(index + 1, at, rest, bytes));
        const store = new PacketStore();
        for (const each of packets) store.add(each);
        store.sortByTime();
        const expected = packets.toSorted(
          (a, b) => a.time - b.time || a.nanoseconds - b.nanoseconds || a.record - b.record,
        );
        expect([...store]).deep.equals(expected);
      }),
    );
  });

  it("copies bytes, which are borrowed", () => {
    const store = new PacketStore();
    const borrowed = Uint8Array.of(1, 2, 3);
    store.add(storedPacket(1, 5, 0, borrowed));
    borrowed.fill(0xa5);
    expect([...store].map(({ bytes }) => [...bytes])).deep.equals([[1, 2, 3]]);
  });

  it("keeps packets apart when they fill more than one slab", () => {
    const store = new PacketStore();
    const count = 40;
    for (let i = 0; i < count; i++) store.add(storedPacket(i + 1, count - i, 0, new Uint8Array(250_001).fill(i)));
    store.sortByTime();
    expect(store.count).equals(count);
    let expected = count;
    for (const { bytes } of store) {
      expected--;
      expect([bytes.length, bytes[0], bytes[250_000]]).deep.equals([250_001, expected, expected]);
    }
    expect(expected).equals(0);
  });
});
