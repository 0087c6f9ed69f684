import { expect } from "chai";
import { describeCaptureError } from "../../../src/core/capture/packet.ts";
import {
  BIG,
  block,
  description,
  enhancedPacket,
  file,
  frame,
  LITTLE,
  option,
  sectionHeader,
  simplePacket,
} from "./generator.ts";
import { read } from "./reading.ts";

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
    first(
      "an unknown byte-order magic",
      "bad-byte-order",
      "the byte-order magic of the section header is 0xdeadbeef",
      sectionHeader(BIG, { magic: 0xdeadbeef }),
    ),
    first(
      "version 2.0",
      "unsupported-version",
      "pcapng version 2.0: only 1.x can be read",
      sectionHeader(LITTLE, { major: 2 }),
    ),
    first(
      "a section header that is too short",
      "bad-block-length",
      "block length 24 is below 28",
      block(LITTLE, 0x0a0d0d0a, words(0x1a2b3c4d, 1, 0)),
    ),
    first(
      "a section header that is cut off",
      "cut-off",
      "truncated: 27 of 28 bytes are there",
      sectionHeader(BIG).slice(0, 27),
    ),
    first("a section header of 1 GiB", "record-too-long", "a block of 1073741824 bytes: 524288 can be read", [
      ...LITTLE.u32(0x0a0d0d0a),
      ...LITTLE.u32(2 ** 30),
      ...LITTLE.u32(0x1a2b3c4d),
      ...frame(400),
    ]),
    wrong(
      "a length that is no multiple of 4",
      "bad-block-length",
      "block length 14 is not a multiple of 4",
      block(LITTLE, 9, [1, 2]),
    ),
    wrong(
      "a length below that of a block",
      "bad-block-length",
      "block length 8 is below 12",
      block(LITTLE, 9, [], { lead: 8 }),
    ),
    wrong("a length of 0", "bad-block-length", "block length 0 is below 32", block(LITTLE, 6, [], { lead: 0 })),
    wrong(
      "a packet block without room for its fields",
      "bad-block-length",
      "block length 28 is below 32",
      block(LITTLE, 6, frame(16)),
    ),
    wrong(
      "two lengths that differ",
      "bad-block-length",
      "block length 52 at its start, 48 at its end",
      block(LITTLE, 6, [...words(0, 0, 0, 20, 20), ...frame(20)], { trail: 48 }),
    ),
    wrong(
      "two lengths that differ, of a block that is passed over",
      "bad-block-length",
      "block length 20 at its start, 16 at its end",
      block(LITTLE, 77, frame(8), { trail: 16 }),
    ),
    wrong(
      "a packet that does not fit its block",
      "bad-block-length",
      "a packet of 90 bytes in a block with room for 20",
      enhancedPacket(LITTLE, frame(20), { captured: 90 }),
    ),
    wrong(
      "a simple packet that does not fit its block",
      "bad-block-length",
      "a packet of 96 bytes in a block with room for 40",
      simplePacket(LITTLE, frame(40), 200),
    ),
    wrong(
      "a block of 4 GiB",
      "record-too-long",
      "a block of 4294967292 bytes: 524288 can be read",
      block(LITTLE, 6, frame(40), { lead: 0xfffffffc }),
    ),
    wrong(
      "an interface that nobody described",
      "unknown-interface",
      "interface 5, but the section has described 1 so far",
      enhancedPacket(LITTLE, frame(20), { port: 5 }),
    ),
    wrong(
      "an option longer than its block",
      "bad-option",
      "option 2 has 9 bytes, but its block has 4 left",
      description(LITTLE, { options: option(LITTLE, 2, [1, 2, 3], 9) }),
    ),
    wrong(
      "an option of a packet longer than its block",
      "bad-option",
      "option 1 has 200 bytes, but its block has 8 left",
      enhancedPacket(LITTLE, frame(20), { options: option(LITTLE, 1, frame(8), 200) }),
    ),
    wrong(
      "a time resolution of two bytes",
      "bad-option",
      "if_tsresol has 2 bytes, not 1",
      description(LITTLE, { options: option(LITTLE, 9, [6, 6]) }),
    ),
    wrong(
      "a time offset of four bytes",
      "bad-option",
      "if_tsoffset has 4 bytes, not 8",
      description(LITTLE, { options: option(LITTLE, 14, [0, 0, 0, 0]) }),
    ),
    wrong("a last block that is cut off", "cut-off", "truncated: 51 of 52 bytes are there", good.slice(0, -1)),
    wrong(
      "a last block of unknown type that is cut off",
      "cut-off",
      "truncated: 100 of 2147483648 bytes are there",
      block(LITTLE, 77, frame(92), { lead: 2 ** 31 }).slice(0, 100),
    ),
    wrong("a block header that is cut off", "cut-off", "truncated: 6 of 12 bytes are there", good.slice(0, 6)),
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
    const error = { kind: "cut-off", message: "truncated: 6 of 12 bytes are there", offset: 100, record: 2 } as const;
    expect(describeCaptureError(error)).equals("record 2 at byte 100: truncated: 6 of 12 bytes are there");
    expect(describeCaptureError({ ...error, offset: 0, record: 0 })).equals(
      "at byte 0: truncated: 6 of 12 bytes are there",
    );
  });
});
