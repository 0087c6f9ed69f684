import { expect } from "chai";
import fc from "fast-check";
import type { Packet } from "../../../src/core/capture/packet.ts";
import { TimeOrder } from "../../../src/core/capture/time-order.ts";

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

/** What comes out, with copies of the bytes. */
function ordered(packets: readonly Packet[], window?: { packets: number; bytes: number }) {
  const out: { record: number; bytes: number[] }[] = [];
  const order = new TimeOrder(({ record, bytes }) => out.push({ record, bytes: [...bytes] }), window);
  for (const each of packets) {
    const borrowed = each.bytes.slice();
    order.add({ ...each, bytes: borrowed });
    borrowed.fill(0xa5);
  }
  const held = packets.length - out.length;
  order.end();
  return { out, held, late: order.late };
}

describe("the order of time", () => {
  it("is to the nanosecond, and leaves packets of one time as they came", () => {
    const arrival = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 2 }), fc.uint8Array({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 60 }), (arrivals) => {
        const packets = arrivals.map(([at, rest, bytes], index) => packet(index + 1, at, rest, bytes));
        const expected = packets
          .toSorted((a, b) => a.time - b.time || a.nanoseconds - b.nanoseconds || a.record - b.record)
          .map(({ record, bytes }) => ({ record, bytes: [...bytes] }));
        expect(ordered(packets)).deep.includes({ out: expected, late: 0 });
      }),
    );
  });

  it("is found within the window, and what stands outside is handed on and counted", () => {
    const times = [10, 11, 12, 13, 1, 14, 15];
    const packets = times.map((time, index) => packet(index + 1, time, 0, Uint8Array.of(time)));
    const wide = ordered(packets, { packets: 4, bytes: 1000 });
    expect(wide.out.map(({ bytes }) => bytes[0])).deep.equals([1, 10, 11, 12, 13, 14, 15]);
    expect(wide.late).equals(0);
    const narrow = ordered(packets, { packets: 2, bytes: 1000 });
    expect(narrow.out.map(({ bytes }) => bytes[0])).deep.equals([10, 11, 1, 12, 13, 14, 15]);
    expect(narrow.late).equals(1);
  });

  it("holds no more bytes than the window allows, through more than one slab", () => {
    const packets = Array.from({ length: 40 }, (_, i) => packet(i + 1, i ^ 1, 0, new Uint8Array(250_001).fill(i)));
    const { out, held } = ordered(packets, { packets: 1000, bytes: 1_000_100 });
    expect(held).equals(4);
    expect(out.map(({ bytes }) => [bytes.length, bytes[0], bytes[250_000]])).deep.equals(
      packets.map((_, i) => [250_001, i ^ 1, i ^ 1]),
    );
  });
});
