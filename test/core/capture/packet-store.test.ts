import { expect } from "chai";
import fc from "fast-check";
import type { Packet } from "../../../src/core/capture/packet.ts";
import { PacketStore } from "../../../src/core/capture/packet-store.ts";

const eth0 = { index: 0, name: "eth0", linkType: 1, snapLength: 0 };

const packet = (record: number, time: number, nanoseconds: number, bytes: Uint8Array): Packet => ({
  interface: eth0,
  time,
  nanoseconds,
  timestamped: true,
  bytes,
  originalLength: bytes.length,
  direction: undefined,
  offset: record * 100,
  record,
});

describe("the packet store", () => {
  it("sorts by time to the nanosecond, and leaves packets of one time as they came", () => {
    const time = fc.constantFrom(1_790_000_000_000_000, 1_790_000_000_000_001, 1_790_000_000_000_002);
    const arrival = fc.tuple(time, fc.nat({ max: 2 }), fc.uint8Array({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 40 }), (arrivals) => {
        const packets = arrivals.map(([at, rest, bytes], index) => packet(index + 1, at, rest, bytes));
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
    store.add(packet(1, 5, 0, borrowed));
    borrowed.fill(0xa5);
    expect([...store].map(({ bytes }) => [...bytes])).deep.equals([[1, 2, 3]]);
  });

  it("keeps packets apart when they fill more than one slab", () => {
    const store = new PacketStore();
    const count = 40;
    for (let i = 0; i < count; i++) store.add(packet(i + 1, count - i, 0, new Uint8Array(250_001).fill(i)));
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
