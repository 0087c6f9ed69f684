import { expect } from "chai";
import fc from "fast-check";
import type { Packet } from "../../../src/core/capture/packet.ts";
import { CaptureReader } from "../../../src/core/capture/reader.ts";
import { TimeOrder } from "../../../src/core/capture/time-order.ts";
import { HEADROOM } from "../../../src/core/wire/frame.ts";
import { file, LITTLE, pcapHeader, pcapRecord } from "./generator.ts";
import { storedPacket } from "./stored-packet.ts";

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
        const packets = arrivals.map(([at, rest, bytes], index) => storedPacket(index + 1, at, rest, bytes));
        const expected = packets
          .toSorted((a, b) => a.time - b.time || a.nanoseconds - b.nanoseconds || a.record - b.record)
          .map(({ record, bytes }) => ({ record, bytes: [...bytes] }));
        expect(ordered(packets)).deep.includes({ out: expected, late: 0 });
      }),
    );
  });

  it("is found within the window, and what stands outside is handed on and counted", () => {
    const times = [10, 11, 12, 13, 1, 14, 15];
    const packets = times.map((time, index) => storedPacket(index + 1, time, 0, Uint8Array.of(time)));
    const wide = ordered(packets, { packets: 4, bytes: 1000 });
    expect(wide.out.map(({ bytes }) => bytes[0])).deep.equals([1, 10, 11, 12, 13, 14, 15]);
    expect(wide.late).equals(0);
    const narrow = ordered(packets, { packets: 2, bytes: 1000 });
    expect(narrow.out.map(({ bytes }) => bytes[0])).deep.equals([10, 11, 1, 12, 13, 14, 15]);
    expect(narrow.late).equals(1);
  });

  it("holds no more bytes than the window allows, through more than one slab", () => {
    const packets = Array.from({ length: 40 }, (_, i) =>
      storedPacket(i + 1, i ^ 1, 0, new Uint8Array(250_001).fill(i)),
    );
    const { out, held } = ordered(packets, { packets: 1000, bytes: 1_000_100 });
    expect(held).equals(4);
    expect(out.map(({ bytes }) => [bytes.length, bytes[0], bytes[250_000]])).deep.equals(
      packets.map((_, i) => [250_001, i ^ 1, i ^ 1]),
    );
  });

  it("is the same for packets that are held where they lie, and whoever has a spent one may write to it and to what is before it", () => {
    const arrival = fc.record({ late: fc.nat({ max: 40 }), bytes: fc.uint8Array({ maxLength: 90 }) });
    const chunks = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 80 }), chunks, fc.boolean(), (arrivals, lengths, inOrder) => {
        const times = arrivals.map(({ late }, index) => 1000 + index - (inOrder ? 0 : late));
        const records = arrivals.map(({ bytes }, index) => pcapRecord(LITTLE, 0, times[index] ?? 0, [...bytes]));
        const whole = file(pcapHeader(LITTLE), ...records);
        const out: { record: number; bytes: number[] }[] = [];
        const order = new TimeOrder((packet) => {
          out.push({ record: packet.record, bytes: [...packet.bytes] });
          if (inOrder) expect(packet.isSpent).equals(true);
          if (packet.isSpent) packet.buffer.fill(0xa5, packet.start - HEADROOM, packet.end);
        });
        const reader = new CaptureReader((packet) => order.hold(packet));
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const piece = whole.slice(at, at + (lengths[turn % lengths.length] ?? 1));
          at += piece.length;
          const { bytes, start, end } = order.lay(piece);
          piece.fill(0x5a);
          expect(reader.push(bytes, start, end)).equals(undefined);
          order.settle();
        }
        order.end();
        const expected = arrivals
          .map(({ bytes }, index) => ({ record: index + 1, bytes: [...bytes] }))
          .toSorted((a, b) => (times[a.record - 1] ?? 0) - (times[b.record - 1] ?? 0) || a.record - b.record);
        expect(out).deep.equals(expected);
      }),
    );
  });
});
