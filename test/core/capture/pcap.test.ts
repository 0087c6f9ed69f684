import { expect } from "chai";
import { BIG, file, frame, LITTLE, ORDERS, pcapHeader, pcapRecord } from "./generator.ts";
import { read } from "./reading.ts";

describe("pcap files", () => {
  for (const order of ORDERS) {
    it(`are read in ${order.name} order, in microseconds`, () => {
      const bytes = file(
        pcapHeader(order),
        pcapRecord(order, 1_790_000_000, 999_999, frame(60)),
        pcapRecord(order, 1_790_000_001, 0, frame(42, 7), { original: 1514 }),
      );
      const { packets, error } = read(bytes);
      const port = { index: 0, name: undefined, linkType: 1, snapLength: 65535 };
      const rest = { interface: port, nanoseconds: 0, timestamped: true, direction: undefined };
      expect(error).equals(undefined);
      expect(packets).deep.equals([
        { ...rest, time: 1_790_000_000_999_999, bytes: frame(60), originalLength: 60, offset: 24, record: 1 },
        { ...rest, time: 1_790_000_001_000_000, bytes: frame(42, 7), originalLength: 1514, offset: 100, record: 2 },
      ]);
    });

    it(`are read in ${order.name} order, in nanoseconds`, () => {
      const bytes = file(
        pcapHeader(order, { magic: 0xa1b23c4d }),
        pcapRecord(order, 1_790_000_000, 123_456_789, frame(20)),
        pcapRecord(order, 4_294_967_295, 999_999_999, frame(20)),
      );
      const { packets, error } = read(bytes);
      expect(error).equals(undefined);
      expect(packets.map(({ time, nanoseconds }) => [time, nanoseconds])).deep.equals([
        [1_790_000_000_123_456, 789],
        [4_294_967_295_999_999, 999],
      ]);
    });
  }

  it("may have a packet without bytes at their end", () => {
    const { packets, error } = read(file(pcapHeader(LITTLE), pcapRecord(LITTLE, 1, 0, [])), [40]);
    expect(error).equals(undefined);
    expect(packets.map(({ bytes }) => bytes)).deep.equals([[]]);
  });

  it("may have no packet at all", () => {
    expect(read(file(pcapHeader(LITTLE)))).deep.includes({ packets: [], error: undefined });
  });

  it("may carry frames with a check sequence: the upper half of the link type is not a part of it", () => {
    const bytes = file(pcapHeader(LITTLE, { linkType: 0x24000001 }), pcapRecord(LITTLE, 1, 0, frame(64)));
    const { packets, error } = read(bytes);
    expect(error).equals(undefined);
    expect(packets[0]?.interface.linkType).equals(1);
    expect(packets[0]?.bytes).deep.equals(frame(64));
  });

  it("may have records longer than the snap length they name", () => {
    const bytes = file(pcapHeader(LITTLE, { snapLength: 96 }), pcapRecord(LITTLE, 1, 0, frame(1514)));
    const { packets, error } = read(bytes);
    expect(error).equals(undefined);
    expect(packets.map((packet) => packet.bytes.length)).deep.equals([1514]);
  });

  it("of versions before 2.3 give the length on the wire first; of 2.3, whichever is longer", () => {
    const record = pcapRecord(LITTLE, 1, 0, frame(60), { captured: 1514, original: 60 });
    for (const minor of [0, 1, 2, 3]) {
      const { packets, error } = read(file(pcapHeader(LITTLE, { minor }), record));
      expect(error).equals(undefined);
      expect(packets.map(({ bytes, originalLength }) => [bytes.length, originalLength])).deep.equals([[60, 1514]]);
    }
    const modern = pcapRecord(LITTLE, 1, 0, frame(60), { original: 1514 });
    const { packets } = read(file(pcapHeader(LITTLE, { minor: 3 }), modern));
    expect(packets.map(({ bytes, originalLength }) => [bytes.length, originalLength])).deep.equals([[60, 1514]]);
  });

  it("take a snap length of 0 for no limit, up to the largest packet there is", () => {
    const header = pcapHeader(LITTLE, { snapLength: 0 });
    const largest = file(header, pcapRecord(LITTLE, 1, 0, frame(262144)));
    expect(read(largest).packets[0]?.bytes.length).equals(262144);
    const { error, packets } = read(
      file(header, pcapRecord(LITTLE, 1, 0, frame(20)), pcapRecord(LITTLE, 1, 0, frame(262145))),
    );
    expect(packets.length).equals(1);
    expect(error).deep.equals({
      kind: "record-too-long",
      message: "262145 bytes: a packet may have 262144",
      offset: 60,
      record: 2,
    });
  });
});

describe("pcap files that are wrong", () => {
  const good = pcapRecord(LITTLE, 1, 0, frame(60));
  const cases = [
    {
      title: "a nonsense length, before anything of it is buffered",
      bytes: file(
        pcapHeader(LITTLE, { snapLength: 0 }),
        good,
        pcapRecord(LITTLE, 1, 0, frame(60), { captured: 0xfffffff0 }),
      ),
      error: { kind: "record-too-long", message: "4294967280 bytes: a packet may have 262144", offset: 100, record: 2 },
      packets: 1,
    },
    {
      title: "a last record that is cut off",
      bytes: file(pcapHeader(LITTLE), good, good).subarray(0, 24 + 76 + 40),
      error: { kind: "cut-off", message: "truncated: 40 of 76 bytes are there", offset: 100, record: 2 },
      packets: 1,
    },
    {
      title: "a record header that is cut off",
      bytes: file(pcapHeader(LITTLE), good, good).subarray(0, 24 + 76 + 1),
      error: { kind: "cut-off", message: "truncated: 1 of 16 bytes are there", offset: 100, record: 2 },
      packets: 1,
    },
    {
      title: "a file header that is cut off",
      bytes: file(pcapHeader(LITTLE)).subarray(0, 23),
      error: { kind: "cut-off", message: "truncated: 23 of 24 bytes are there", offset: 0, record: 0 },
      packets: 0,
    },
    {
      title: "a magic number that is cut off",
      bytes: file(pcapHeader(LITTLE)).subarray(0, 3),
      error: { kind: "cut-off", message: "truncated: 3 of 4 bytes are there", offset: 0, record: 0 },
      packets: 0,
    },
    {
      title: "an empty file",
      bytes: file(),
      error: { kind: "cut-off", message: "empty: not even a file header", offset: 0, record: 0 },
      packets: 0,
    },
    {
      title: "version 2.9",
      bytes: file(pcapHeader(BIG, { minor: 9 }), pcapRecord(BIG, 1, 0, frame(20))),
      error: {
        kind: "unsupported-version",
        message: "pcap version 2.9: only 2.0 to 2.4 can be read",
        offset: 0,
        record: 0,
      },
      packets: 0,
    },
    {
      title: "version 1.4",
      bytes: file(pcapHeader(LITTLE, { major: 1 })),
      error: {
        kind: "unsupported-version",
        message: "pcap version 1.4: only 2.0 to 2.4 can be read",
        offset: 0,
        record: 0,
      },
      packets: 0,
    },
    {
      title: "cooked frames of Linux",
      bytes: file(pcapHeader(LITTLE, { linkType: 113 })),
      error: {
        kind: "unknown-link-type",
        message:
          "link type 113 (LINUX_SLL): only Ethernet (1) can be read; capture on each interface by name, not on any, or let tapvs adopt make a case of it",
        offset: 0,
        record: 0,
      },
      packets: 0,
    },
    {
      title: "a link type without a name",
      bytes: file(pcapHeader(LITTLE, { linkType: 4711 })),
      error: {
        kind: "unknown-link-type",
        message: "link type 4711 (unknown): only Ethernet (1) can be read",
        offset: 0,
        record: 0,
      },
      packets: 0,
    },
    {
      title: "another kind of file",
      bytes: Uint8Array.from(Buffer.from("interfaces:\n")),
      error: {
        kind: "unknown-magic",
        message: "neither pcap nor pcapng: the file begins with 0x696e7465",
        offset: 0,
        record: 0,
      },
      packets: 0,
    },
    {
      title: "a compressed file",
      bytes: Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3),
      error: { kind: "compressed", message: "gzip-compressed: decompress first", offset: 0, record: 0 },
      packets: 0,
    },
    {
      title: "the modified pcap format",
      bytes: file(pcapHeader(BIG, { magic: 0xa1b2cd34 })),
      error: {
        kind: "unknown-magic",
        message: "the modified pcap of old Linux patches: convert it to pcapng first",
        offset: 0,
        record: 0,
      },
      packets: 0,
    },
  ] as const;

  for (const { title, bytes, error, packets } of cases) {
    it(`${title}: ${error.kind}, and what stood before is delivered`, () => {
      for (const chunks of [[bytes.length], [1], [7, 3]]) {
        const reading = read(bytes, chunks);
        expect(reading.error).deep.equals(error);
        expect(reading.packets.length).equals(packets);
        expect(reading.mostBuffered).most(4096);
      }
    });
  }
});
