import { expect } from "chai";
import { CaptureReader } from "../../../src/core/capture/reader.ts";
import {
  BIG,
  block,
  description,
  enhancedPacket,
  file,
  frame,
  ifName,
  LITTLE,
  ORDERS,
  obsoletePacket,
  option,
  sectionHeader,
  simplePacket,
} from "./generator.ts";
import { read } from "./reading.ts";

const EPOCH = 1_790_000_000;

describe("pcapng files", () => {
  for (const order of ORDERS) {
    describe(`in ${order.name} order`, () => {
      const start = sectionHeader(order, {
        options: [...option(order, 4, [...Buffer.from("test")]), ...option(order, 0, [])],
      });

      it("give packets their interface, time, direction and place", () => {
        const eth1 = [...ifName(order, "eth1"), ...option(order, 9, [9]), ...option(order, 0, [])];
        const flags = (value: number) => option(order, 2, order.u32(value));
        const bytes = file(
          start,
          description(order, { options: ifName(order, "eth0"), snapLength: 0 }),
          description(order, { options: eth1 }),
          enhancedPacket(order, frame(61), { ticks: BigInt(EPOCH) * 1_000_000n + 5n, options: flags(0x101) }),
          enhancedPacket(order, frame(42, 9), {
            port: 1,
            ticks: BigInt(EPOCH) * 1_000_000_000n + 123_456_789n,
            original: 1514,
            options: flags(2),
          }),
          enhancedPacket(order, frame(44), { options: [...option(order, 1, [...Buffer.from("why")]), ...flags(0)] }),
        );
        const { packets, error } = read(bytes);
        expect(error).equals(undefined);
        expect(packets).deep.equals([
          {
            interface: { index: 0, name: "eth0", linkType: 1, snapLength: 0 },
            time: EPOCH * 1e6 + 5,
            nanoseconds: 0,
            timestamped: true,
            bytes: frame(61),
            originalLength: 61,
            direction: "in",
            offset: start.length + 28 + 40,
            record: 1,
          },
          {
            interface: { index: 1, name: "eth1", linkType: 1, snapLength: 262144 },
            time: EPOCH * 1e6 + 123_456,
            nanoseconds: 789,
            timestamped: true,
            bytes: frame(42, 9),
            originalLength: 1514,
            direction: "out",
            offset: start.length + 28 + 40 + 104,
            record: 2,
          },
          {
            interface: { index: 0, name: "eth0", linkType: 1, snapLength: 0 },
            time: 0,
            nanoseconds: 0,
            timestamped: true,
            bytes: frame(44),
            originalLength: 44,
            direction: undefined,
            offset: start.length + 28 + 40 + 104 + 84,
            record: 3,
          },
        ]);
      });

      const i64 = (value: bigint) => {
        const words = [...order.u32(Number(value & 0xffffffffn)), ...order.u32(Number((value >> 32n) & 0xffffffffn))];
        return order === LITTLE ? words : [...words.slice(4), ...words.slice(0, 4)];
      };
      const clocks = [
        {
          title: "no option: microseconds",
          options: [],
          ticks: 1_790_000_000_000_001n,
          time: EPOCH * 1e6 + 1,
          nanoseconds: 0,
        },
        {
          title: "10^-3",
          options: option(order, 9, [3]),
          ticks: 1_790_000_000_001n,
          time: EPOCH * 1e6 + 1000,
          nanoseconds: 0,
        },
        { title: "10^0", options: option(order, 9, [0]), ticks: 1_790_000_000n, time: EPOCH * 1e6, nanoseconds: 0 },
        {
          title: "10^-9",
          options: option(order, 9, [9]),
          ticks: 1_790_000_000_999_999_999n,
          time: EPOCH * 1e6 + 999_999,
          nanoseconds: 999,
        },
        {
          title: "10^-12, rounded down",
          options: option(order, 9, [12]),
          ticks: 1_000_001_999n,
          time: 1000,
          nanoseconds: 1,
        },
        {
          title: "2^-10",
          options: option(order, 9, [0x8a]),
          ticks: 1024n * 1_790_000_000n + 512n,
          time: EPOCH * 1e6 + 500_000,
          nanoseconds: 0,
        },
        { title: "2^-32", options: option(order, 9, [0xa0]), ticks: (3n << 32n) + 1n, time: 3e6, nanoseconds: 0 },
        { title: "2^-30, rounded down", options: option(order, 9, [0x9e]), ticks: 3n, time: 0, nanoseconds: 2 },
        {
          title: "an offset",
          options: option(order, 14, i64(1_790_000_000n)),
          ticks: 7n,
          time: EPOCH * 1e6 + 7,
          nanoseconds: 0,
        },
        {
          title: "a negative offset and nanoseconds",
          options: [...option(order, 9, [9]), ...option(order, 14, i64(-2n))],
          ticks: 500_000_001n,
          time: -1_500_000,
          nanoseconds: 1,
        },
      ];
      for (const { title, options, ticks, time, nanoseconds } of clocks) {
        it(`have clocks with ${title}`, () => {
          const { packets, error } = read(
            file(start, description(order, { options }), enhancedPacket(order, frame(20), { ticks })),
          );
          expect(error).equals(undefined);
          expect(packets.map((packet) => [packet.time, packet.nanoseconds])).deep.equals([[time, nanoseconds]]);
        });
      }

      it("have simple packets: from the first interface, cut at its snap length, at the time of the packet before", () => {
        const bytes = file(
          start,
          description(order, { snapLength: 50, options: ifName(order, "a") }),
          description(order, { options: ifName(order, "b") }),
          simplePacket(order, frame(30)),
          enhancedPacket(order, frame(20), { port: 1, ticks: 77n }),
          simplePacket(order, frame(50), 1514),
        );
        const { packets, error } = read(bytes);
        expect(error).equals(undefined);
        expect(
          packets.map((p) => [p.interface.name, p.time, p.timestamped, p.bytes.length, p.originalLength]),
        ).deep.equals([
          ["a", 0, false, 30, 30],
          ["b", 77, true, 20, 20],
          ["a", 77, false, 50, 1514],
        ]);
        expect(packets[2]?.bytes).deep.equals(frame(50));
      });

      it("have simple packets as long as the wire says, where the snap length is 0", () => {
        const bytes = file(start, description(order, { snapLength: 0 }), simplePacket(order, frame(70)));
        const { packets, error } = read(bytes);
        expect(error).equals(undefined);
        expect(packets.map((p) => [p.time, p.timestamped, p.bytes])).deep.equals([[0, false, frame(70)]]);
      });

      it("have obsolete packet blocks", () => {
        const bytes = file(
          start,
          description(order),
          description(order, { options: ifName(order, "b") }),
          obsoletePacket(order, frame(33, 3), 1, 99n),
        );
        const { packets, error } = read(bytes);
        expect(error).equals(undefined);
        expect(packets.map((p) => [p.interface.name, p.time, p.bytes])).deep.equals([["b", 99, frame(33, 3)]]);
      });

      it("have blocks that need not be known, of any length", () => {
        const statistics = block(order, 5, [...order.u32(0), ...order.u32(0), ...order.u32(1)]);
        const vast = block(order, 0x80000001, frame(600_000));
        const bytes = file(
          start,
          statistics,
          description(order),
          vast,
          block(order, 4, []),
          enhancedPacket(order, frame(20)),
        );
        const { packets, error, mostBuffered } = read(bytes, [1000]);
        expect(error).equals(undefined);
        expect(packets.map(({ record, offset }) => [record, offset])).deep.equals([[1, bytes.length - 52]]);
        expect(mostBuffered).most(4096);
      });

      it("stop to read options at opt_endofopt, and need none", () => {
        const options = [...option(order, 0, []), ...option(order, 2, [...Buffer.from("late")])];
        const { packets, error } = read(file(start, description(order, { options }), enhancedPacket(order, frame(20))));
        expect(error).equals(undefined);
        expect(packets[0]?.interface.name).equals(undefined);
      });
    });
  }

  it("may have sections of both byte orders, each with interfaces of its own", () => {
    const bytes = file(
      sectionHeader(LITTLE),
      description(LITTLE, { options: ifName(LITTLE, "eth0") }),
      enhancedPacket(LITTLE, frame(20), { ticks: 1n }),
      sectionHeader(BIG),
      description(BIG, { options: [...ifName(BIG, "eth0"), ...option(BIG, 9, [3])] }),
      enhancedPacket(BIG, frame(21), { ticks: 2n }),
      sectionHeader(LITTLE),
      enhancedPacket(LITTLE, frame(22)),
    );
    const { packets, error } = read(bytes);
    expect(packets.map((p) => [p.interface.index, p.time, p.bytes.length, p.record])).deep.equals([
      [0, 1, 20, 1],
      [1, 2000, 21, 2],
    ]);
    expect(error).deep.equals({
      kind: "unknown-interface",
      message: "interface 0, but the section has described 0 so far",
      offset: bytes.length - 56,
      record: 3,
    });
  });

  it("have names in UTF-8, with or without a closing zero", () => {
    const named = (...name: number[]) => description(LITTLE, { options: option(LITTLE, 2, name) });
    const names = [[...Buffer.from("Brücke-✓-🌉")], [...Buffer.from("eth0\0")], [0x61, 0xff, 0xc3]];
    const bytes = file(
      sectionHeader(LITTLE),
      ...names.map((name) => named(...name)),
      ...names.map((_, port) => enhancedPacket(LITTLE, frame(20), { port })),
    );
    expect(read(bytes).packets.map((p) => p.interface.name)).deep.equals(["Brücke-✓-🌉", "eth0", "a\ufffd\ufffd"]);
  });

  it("may have interfaces of other link types: their packets are passed over and counted", () => {
    const bytes = file(
      sectionHeader(LITTLE),
      description(LITTLE, { linkType: 0, options: ifName(LITTLE, "lo") }),
      description(LITTLE),
      enhancedPacket(LITTLE, frame(30), { port: 0 }),
      enhancedPacket(LITTLE, frame(60), { port: 1 }),
    );
    const packets: number[] = [];
    const reader = new CaptureReader(({ bytes: { length } }) => packets.push(length));
    reader.push(bytes);
    expect(reader.end()).equals(undefined);
    expect(packets).deep.equals([60]);
    expect([...reader.passedOver].map(([{ name }, count]) => [name, count])).deep.equals([["lo", 1]]);
  });

  it("without any packet of Ethernet say which link type they have", () => {
    const bytes = file(
      sectionHeader(LITTLE),
      description(LITTLE, { linkType: 276 }),
      enhancedPacket(LITTLE, frame(30)),
    );
    expect(read(bytes).error?.message).equals(
      "link type 276 (LINUX_SLL2): only Ethernet (1) can be read; capture on each interface by name, not on any, or let tapvs adopt make a case of it",
    );
  });
});
