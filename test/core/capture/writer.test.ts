import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { PcapWriter } from "../../../src/core/capture/pcap-writer.ts";
import { type CapturePort, PcapngWriter, type WrittenPacket } from "../../../src/core/capture/pcapng-writer.ts";
import { needs } from "../../support/machine.ts";
import {
  description,
  enhancedPacket,
  file,
  frame,
  LITTLE,
  option,
  pcapHeader,
  pcapRecord,
  sectionHeader,
} from "./generator.ts";
import { read } from "./reading.ts";
import { tshark } from "./wireshark.ts";

const EPOCH = 1_790_000_000_000_000;

/** Collects what a writer writes; each block is overwritten by the next, so it is copied. */
function written(write: (sink: (bytes: Uint8Array) => void) => void): Uint8Array {
  const parts: number[][] = [];
  write((bytes) => parts.push([...bytes]));
  return file(...parts);
}

const pcapng = (ports: readonly CapturePort[], packets: readonly WrittenPacket[], nanoseconds = false): Uint8Array =>
  written((sink) => {
    const writer = new PcapngWriter(sink, ports, { nanoseconds });
    for (const packet of packets) writer.packet(packet);
    writer.flush();
  });

const pcap = (packets: readonly Omit<WrittenPacket, "port">[]): Uint8Array =>
  written((sink) => {
    const writer = new PcapWriter(sink);
    for (const packet of packets) writer.packet(packet);
  });

const bytes = (length: number, first = 0): Uint8Array => Uint8Array.from(frame(length, first));

/** Runs `use` with the path of a file that holds `content`. */
function withFile<T>(content: Uint8Array, use: (path: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "tapvs-"));
  try {
    const path = join(directory, "capture");
    writeFileSync(path, content);
    return use(path);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const PORTS: readonly CapturePort[] = [{ name: "eth0", mac: Uint8Array.of(2, 0, 0, 0, 1, 0x64) }, { name: "eth1" }];

const PACKETS: readonly WrittenPacket[] = [
  { port: 0, time: EPOCH + 1, bytes: bytes(61), direction: "in", comment: "to 10.1.0.100:80 → rr picks 10.2.0.2" },
  { port: 1, time: EPOCH + 2.5, bytes: bytes(60, 9), direction: "out" },
  {
    port: 1,
    time: EPOCH + 999_999,
    nanoseconds: 999,
    bytes: bytes(63, 5),
    originalLength: 1514,
    comment: 'tab\t"quotes"\nline',
  },
  { port: 0, time: EPOCH + 1_000_000, bytes: bytes(64, 1) },
];

const text = (value: string): number[] => [...Buffer.from(value)];

describe("the pcapng writer", () => {
  it("writes a section header, an interface for each port, and a block for each packet", () => {
    const end = option(LITTLE, 0, []);
    const flags = (value: number) => option(LITTLE, 2, LITTLE.u32(value));
    const ticks = (microseconds: number) => BigInt(EPOCH + microseconds);
    const expected = file(
      sectionHeader(LITTLE, { options: [...option(LITTLE, 4, text("tapvs")), ...end] }),
      description(LITTLE, {
        options: [
          ...option(LITTLE, 2, text("eth0")),
          ...option(LITTLE, 6, [2, 0, 0, 0, 1, 0x64]),
          ...option(LITTLE, 9, [6]),
          ...end,
        ],
      }),
      description(LITTLE, { options: [...option(LITTLE, 2, text("eth1")), ...option(LITTLE, 9, [6]), ...end] }),
      enhancedPacket(LITTLE, frame(61), {
        ticks: ticks(1),
        options: [...option(LITTLE, 1, text(PACKETS[0]?.comment ?? "")), ...flags(1), ...end],
      }),
      enhancedPacket(LITTLE, frame(60, 9), { port: 1, ticks: ticks(2), options: [...flags(2), ...end] }),
      enhancedPacket(LITTLE, frame(63, 5), {
        port: 1,
        ticks: ticks(999_999),
        original: 1514,
        options: [...option(LITTLE, 1, text('tab\t"quotes"\nline')), ...end],
      }),
      enhancedPacket(LITTLE, frame(64, 1), { ticks: ticks(1_000_000) }),
    );
    expect(pcapng(PORTS, PACKETS)).deep.equals(expected);
  });

  it("keeps nanoseconds when asked, given as such or as a fraction of the time", () => {
    const { packets } = read(
      pcapng(
        PORTS,
        [...PACKETS, { port: 0, time: 7.0625, bytes: bytes(14) }, { port: 0, time: 7.9996, bytes: bytes(14) }],
        true,
      ),
    );
    expect(packets.map((packet) => [packet.time, packet.nanoseconds])).deep.equals([
      [EPOCH + 1, 0],
      [EPOCH + 2, 500],
      [EPOCH + 999_999, 999],
      [EPOCH + 1_000_000, 0],
      [7, 63],
      [8, 0],
    ]);
  });

  it("cuts a comment at 65535 bytes, never within a character, and a frame at the snap length", () => {
    const content = pcapng(PORTS, [
      { port: 0, time: 0, bytes: new Uint8Array(262_145), comment: `${"a".repeat(65534)}é` },
    ]);
    const { packets, error } = read(content);
    expect(error).equals(undefined);
    expect(packets.map((packet) => [packet.bytes.length, packet.originalLength])).deep.equals([[262_144, 262_145]]);
    const comment = (packets[0]?.offset ?? 0) + 28 + 262_144;
    expect([...content.subarray(comment, comment + 4)]).deep.equals([...LITTLE.u16(1), ...LITTLE.u16(65534)]);
  });

  it("refuses a port that it was not told of: a bug", () => {
    expect(() => pcapng(PORTS, [{ port: 2, time: 0, bytes: bytes(14) }])).throws(RangeError, "no port 2");
  });

  for (const nanoseconds of [false, true]) {
    const unit = nanoseconds ? "nanoseconds" : "microseconds";
    it(`is understood by tshark: frames, times in ${unit}, ports, directions, comments`, function () {
      needs(this, "tshark");
      const seen = withFile(pcapng(PORTS, PACKETS, nanoseconds), tshark);
      const fine = nanoseconds ? ["000001000", "000002500", "999999999"] : ["000001000", "000002000", "999999000"];
      expect(seen).deep.equals([
        {
          bytes: Buffer.from(bytes(61)).toString("hex"),
          time: `1790000000.${fine[0]}`,
          originalLength: 61,
          interface: "eth0",
          direction: "in",
          comment: PACKETS[0]?.comment,
        },
        {
          bytes: Buffer.from(bytes(60, 9)).toString("hex"),
          time: `1790000000.${fine[1]}`,
          originalLength: 60,
          interface: "eth1",
          direction: "out",
          comment: undefined,
        },
        {
          bytes: Buffer.from(bytes(63, 5)).toString("hex"),
          time: `1790000000.${fine[2]}`,
          originalLength: 1514,
          interface: "eth1",
          direction: undefined,
          comment: PACKETS[2]?.comment,
        },
        {
          bytes: Buffer.from(bytes(64, 1)).toString("hex"),
          time: "1790000001.000000000",
          originalLength: 64,
          interface: "eth0",
          direction: undefined,
          comment: undefined,
        },
      ]);
    });
  }

  const packet = fc.record(
    {
      port: fc.nat({ max: 1 }),
      time: fc.maxSafeNat().map((n) => n % 9e15),
      nanoseconds: fc.nat({ max: 999 }),
      bytes: fc.uint8Array({ maxLength: 100 }),
      originalLength: fc.nat({ max: 0xffffffff }),
      direction: fc.constantFrom("in" as const, "out" as const, undefined),
      comment: fc.string({ unit: "binary" }),
    },
    { requiredKeys: ["port", "time", "bytes"] },
  );

  it("and the reader are inverse to each other", () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 5 }), fc.boolean(), (packets, nanoseconds) => {
        const back = read(pcapng(PORTS, packets, nanoseconds));
        expect(back.error).equals(undefined);
        const seen = back.packets.map((p) => [
          p.interface.name,
          p.time,
          p.nanoseconds,
          p.bytes,
          p.originalLength,
          p.direction,
        ]);
        expect(seen).deep.equals(
          packets.map((p) => [
            PORTS[p.port]?.name,
            p.time,
            nanoseconds ? (p.nanoseconds ?? 0) : 0,
            [...p.bytes],
            p.originalLength ?? p.bytes.length,
            p.direction,
          ]),
        );
      }),
    );
  });
});

describe("the pcap writer", () => {
  it("writes a file header and a record for each packet", () => {
    expect(pcap(PACKETS)).deep.equals(
      file(
        pcapHeader(LITTLE, { snapLength: 262144 }),
        pcapRecord(LITTLE, 1_790_000_000, 1, frame(61)),
        pcapRecord(LITTLE, 1_790_000_000, 2, frame(60, 9)),
        pcapRecord(LITTLE, 1_790_000_000, 999_999, frame(63, 5), { original: 1514 }),
        pcapRecord(LITTLE, 1_790_000_001, 0, frame(64, 1)),
      ),
    );
  });

  it("is understood by pcap-parser", async () => {
    const seen = await parsed(pcap(PACKETS));
    expect(seen).deep.equals(
      PACKETS.map((packet) => ({
        seconds: Math.floor(packet.time / 1e6),
        microseconds: Math.floor(packet.time) % 1e6,
        originalLength: packet.originalLength ?? packet.bytes.length,
        bytes: [...packet.bytes],
      })),
    );
  });

  it("lets pcap-parser see every frame of a real capture", async () => {
    const { packets } = read(new Uint8Array(readFileSync("fixtures/captures/tun/wire.pcapng")));
    const seen = await parsed(
      pcap(packets.map((packet) => ({ ...packet, direction: undefined, bytes: Uint8Array.from(packet.bytes) }))),
    );
    expect(seen.map((packet) => packet.bytes)).deep.equals(packets.map((packet) => packet.bytes));
  });
});

interface ParsedPacket {
  readonly seconds: number;
  readonly microseconds: number;
  readonly originalLength: number;
  readonly bytes: readonly number[];
}

/** What pcap-parser, which has no types, emits for each packet. */
interface ParserEvent {
  readonly header: {
    readonly timestampSeconds: number;
    readonly timestampMicroseconds: number;
    readonly originalLength: number;
  };
  readonly data: Uint8Array;
}

/** A pcap file as pcap-parser reads it. */
async function parsed(content: Uint8Array): Promise<ParsedPacket[]> {
  const parser = createRequire(import.meta.url)("pcap-parser") as { parse(path: string): NodeJS.EventEmitter };
  const packets: ParsedPacket[] = [];
  const directory = mkdtempSync(join(tmpdir(), "tapvs-"));
  try {
    const path = join(directory, "capture.pcap");
    writeFileSync(path, content);
    await new Promise<void>((resolve, reject) => {
      const events = parser.parse(path);
      events.on("packet", ({ header, data }: ParserEvent) => {
        packets.push({
          seconds: header.timestampSeconds,
          microseconds: header.timestampMicroseconds,
          originalLength: header.originalLength,
          bytes: [...data],
        });
      });
      events.on("end", () => resolve());
      events.on("error", reject);
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
  return packets;
}
