import { expect } from "chai";
import { describeCaptureError } from "../../../src/core/capture/packet.ts";
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
      const start = sectionHeader(order, { options: [...option(order, 4, [...Buffer.from("test")]), ...option(order, 0, [])] });

      it("give packets their interface, time, direction and place", () => {
        const eth1 = [...ifName(order, "eth1"), ...option(order, 9, [9]), ...option(order, 0, [])];
        const flags = (value: number) => option(order, 2, order.u32(value));
        const bytes = file(
          start,
          description(order, { options: ifName(order, "eth0"), snapLength: 0 }),
          description(order, { options: eth1 }),
          enhancedPacket(order, frame(61), { ticks: BigInt(EPOCH) * 1_000_000n + 5n, options: flags(0x101) }),
          enhancedPacket(order, frame(42, 9), { port: 1, ticks: BigInt(EPOCH) * 1_000_000_000n + 123_456_789n, original: 1514, options: flags(2) }),
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
        { title: "no option: microseconds", options: [], ticks: 1_790_000_000_000_001n, time: EPOCH * 1e6 + 1, nanoseconds: 0 },
        { title: "10^-3", options: option(order, 9, [3]), ticks: 1_790_000_000_001n, time: EPOCH * 1e6 + 1000, nanoseconds: 0 },
        { title: "10^0", options: option(order, 9, [0]), ticks: 1_790_000_000n, time: EPOCH * 1e6, nanoseconds: 0 },
        { title: "10^-9", options: option(order, 9, [9]), ticks: 1_790_000_000_999_999_999n, time: EPOCH * 1e6 + 999_999, nanoseconds: 999 },
        { title: "10^-12, rounded down", options: option(order, 9, [12]), ticks: 1_000_001_999n, time: 1000, nanoseconds: 1 },
        { title: "2^-10", options: option(order, 9, [0x8a]), ticks: 1024n * 1_790_000_000n + 512n, time: EPOCH * 1e6 + 500_000, nanoseconds: 0 },
        { title: "2^-32", options: option(order, 9, [0xa0]), ticks: (3n << 32n) + 1n, time: 3e6, nanoseconds: 0 },
        { title: "2^-30, rounded down", options: option(order, 9, [0x9e]), ticks: 3n, time: 0, nanoseconds: 2 },
        { title: "an offset", options: option(order, 14, i64(1_790_000_000n)), ticks: 7n, time: EPOCH * 1e6 + 7, nanoseconds: 0 },
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
          const { packets, error } = read(file(start, description(order, { options }), enhancedPacket(order, frame(20), { ticks })));
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
        expect(packets.map((p) => [p.interface.name, p.time, p.timestamped, p.bytes.length, p.originalLength])).deep.equals([
          ["a", 0, false, 30, 30],
          ["b", 77, true, 20, 20],
          ["a", 77, false, 50, 1514],
        ]);
        expect(packets[2]?.bytes).deep.equals(frame(50));
      });

      it("have obsolete packet blocks", () => {
        const bytes = file(start, description(order), description(order, { options: ifName(order, "b") }), obsoletePacket(order, frame(33, 3), 1, 99n));
        const { packets, error } = read(bytes);
        expect(error).equals(undefined);
        expect(packets.map((p) => [p.interface.name, p.time, p.bytes])).deep.equals([["b", 99, frame(33, 3)]]);
      });

      it("have blocks that need not be known, of any length", () => {
        const statistics = block(order, 5, [...order.u32(0), ...order.u32(0), ...order.u32(1)]);
        const vast = block(order, 0x80000001, frame(600_000));
        const bytes = file(start, statistics, description(order), vast, block(order, 4, []), enhancedPacket(order, frame(20)));
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
});

describe("pcapng files that are wrong", () => {
  const start = [...sectionHeader(LITTLE), ...description(LITTLE, { snapLength: 96 })];
  const good = enhancedPacket(LITTLE, frame(20));
  const second = start.length + good.length;
  const wrong = (title: string, kind: string, message: string, ...parts: number[][]) => ({
    title,
    bytes: file(start, good, ...parts),
    error: { kind, message, offset: second, record: 2 },
    packets: 1,
  });
  const first = (title: string, kind: string, message: string, ...parts: number[][]) => ({
    title,
    bytes: file(...parts),
    error: { kind, message, offset: 0, record: 0 },
    packets: 0,
  });
  const words = (...values: number[]) => values.flatMap((value) => LITTLE.u32(value));

  const cases = [
    first("an unknown byte-order magic", "bad-byte-order", "the byte-order magic of the section header is 0xdeadbeef", sectionHeader(BIG, { magic: 0xdeadbeef })),
    first("version 2.0", "unsupported-version", "pcapng version 2.0: only 1.x can be read", sectionHeader(LITTLE, { major: 2 })),
    first("a section header that is too short", "bad-block-length", "block length 24 is below 28", block(LITTLE, 0x0a0d0d0a, words(0x1a2b3c4d, 1, 0))),
    first("a section header that is cut off", "cut-off", "cut off: 27 of 28 bytes are there", sectionHeader(BIG).slice(0, 27)),
    first("a section header of 1 GiB", "record-too-long", "a block of 1073741824 bytes: 524288 can be read", [
      ...LITTLE.u32(0x0a0d0d0a),
      ...LITTLE.u32(2 ** 30),
      ...LITTLE.u32(0x1a2b3c4d),
      ...frame(400),
    ]),
    wrong("a length that is no multiple of 4", "bad-block-length", "block length 14 is not a multiple of 4", block(LITTLE, 9, [1, 2])),
    wrong("a length below that of a block", "bad-block-length", "block length 8 is below 12", block(LITTLE, 9, [], { lead: 8 })),
    wrong("a length of 0", "bad-block-length", "block length 0 is below 32", block(LITTLE, 6, [], { lead: 0 })),
    wrong("a packet block without room for its fields", "bad-block-length", "block length 28 is below 32", block(LITTLE, 6, frame(16))),
    wrong("two lengths that differ", "bad-block-length", "block length 52 at its start, 48 at its end", block(LITTLE, 6, [...words(0, 0, 0, 20, 20), ...frame(20)], { trail: 48 })),
    wrong("two lengths that differ, of a block that is passed over", "bad-block-length", "block length 20 at its start, 16 at its end", block(LITTLE, 77, frame(8), { trail: 16 })),
    wrong("a packet that does not fit its block", "bad-block-length", "a packet of 90 bytes in a block with room for 20", enhancedPacket(LITTLE, frame(20), { captured: 90 })),
    wrong("a simple packet that does not fit its block", "bad-block-length", "a packet of 96 bytes in a block with room for 40", simplePacket(LITTLE, frame(40), 200)),
    wrong("a packet beyond the snap length", "record-too-long", "97 bytes, but the snap length is 96", enhancedPacket(LITTLE, frame(97))),
    wrong("a block of 4 GiB", "record-too-long", "a block of 4294967292 bytes: 524288 can be read", block(LITTLE, 6, frame(40), { lead: 0xfffffffc })),
    wrong("an interface that nobody described", "unknown-interface", "interface 5, but the section has described 1 so far", enhancedPacket(LITTLE, frame(20), { port: 5 })),
    wrong("an interface without Ethernet", "unknown-link-type", "link type 276 (LINUX_SLL2): only Ethernet (1) can be read; capture on each interface by name, not on any", description(LITTLE, { linkType: 276 })),
    wrong("an option longer than its block", "bad-option", "option 2 has 9 bytes, but its block has 4 left", description(LITTLE, { options: option(LITTLE, 2, [1, 2, 3], 9) })),
    wrong("an option of a packet longer than its block", "bad-option", "option 1 has 200 bytes, but its block has 8 left", enhancedPacket(LITTLE, frame(20), { options: option(LITTLE, 1, frame(8), 200) })),
    wrong("a time resolution of two bytes", "bad-option", "if_tsresol has 2 bytes, not 1", description(LITTLE, { options: option(LITTLE, 9, [6, 6]) })),
    wrong("a time offset of four bytes", "bad-option", "if_tsoffset has 4 bytes, not 8", description(LITTLE, { options: option(LITTLE, 14, [0, 0, 0, 0]) })),
    wrong("a last block that is cut off", "cut-off", "cut off: 51 of 52 bytes are there", good.slice(0, -1)),
    wrong("a last block of unknown type that is cut off", "cut-off", "cut off: 100 of 2147483648 bytes are there", block(LITTLE, 77, frame(92), { lead: 2 ** 31 }).slice(0, 100)),
    wrong("a block header that is cut off", "cut-off", "cut off: 6 of 12 bytes are there", good.slice(0, 6)),
    wrong(
      "more interfaces than anyone has",
      "too-many-interfaces",
      "more than 4096 interfaces in a section",
      ...new Array<number[]>(4096).fill(description(LITTLE)),
    ),
  ];

  for (const { title, bytes, error, packets } of cases) {
    it(`${title}: ${error.kind}`, () => {
      const many = error.kind === "too-many-interfaces";
      const expected = many ? { ...error, offset: bytes.length - 20 } : error;
      for (const chunks of many ? [[bytes.length]] : [[bytes.length], [1], [5, 11]]) {
        const reading = read(bytes, chunks);
        expect(reading.error).deep.equals(expected);
        expect(reading.packets.length).equals(packets);
        expect(reading.mostBuffered).most(8192);
      }
    });
  }

  it("are told with the packet and the byte", () => {
    const error = { kind: "cut-off", message: "cut off: 6 of 12 bytes are there", offset: 100, record: 2 } as const;
    expect(describeCaptureError(error)).equals("record 2 at byte 100: cut off: 6 of 12 bytes are there");
    expect(describeCaptureError({ ...error, offset: 0, record: 0 })).equals("at byte 0: cut off: 6 of 12 bytes are there");
  });
});
