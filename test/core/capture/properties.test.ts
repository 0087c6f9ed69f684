import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { LARGEST_BLOCK } from "../../../src/core/capture/packet.ts";
import { decodeUtf8, encodeUtf8 } from "../../../src/core/capture/utf8.ts";
import {
  block,
  description,
  enhancedPacket,
  file,
  ifName,
  ORDERS,
  obsoletePacket,
  option,
  pcapHeader,
  pcapRecord,
  sectionHeader,
  simplePacket,
} from "./generator.ts";
import { read } from "./reading.ts";

const order = fc.constantFrom(...ORDERS);
const packetBytes = fc.uint8Array({ maxLength: 90 }).map((bytes) => [...bytes]);
const ticks = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const u32 = fc.nat({ max: 0xffffffff });

const pcapFile = fc
  .tuple(order, fc.constantFrom(0xa1b2c3d4, 0xa1b23c4d), fc.array(fc.tuple(u32, u32, packetBytes), { maxLength: 6 }))
  .map(([endian, magic, records]) =>
    file(
      pcapHeader(endian, { magic }),
      ...records.map(([seconds, fraction, bytes]) => pcapRecord(endian, seconds, fraction, bytes)),
    ),
  );

/** One section: two interfaces with any clock, then blocks of every kind. */
const section = fc.tuple(order, fc.nat({ max: 255 }), fc.nat({ max: 255 })).chain(([endian, first, second]) => {
  const port = fc.nat({ max: 1 });
  const packet = fc.oneof(
    fc.tuple(packetBytes, port, ticks, u32, fc.string()).map(([bytes, number, at, flags, comment]) => {
      const options = [...option(endian, 1, [...Buffer.from(comment)]), ...option(endian, 2, endian.u32(flags))];
      return enhancedPacket(endian, bytes, { port: number, ticks: at, options });
    }),
    packetBytes.map((bytes) => simplePacket(endian, bytes)),
    fc.tuple(packetBytes, port, ticks).map(([bytes, number, at]) => obsoletePacket(endian, bytes, number, at)),
    packetBytes.map((bytes) => block(endian, 0x40000000 + bytes.length, bytes.slice(bytes.length % 4))),
  );
  return fc
    .array(packet, { maxLength: 6 })
    .map((packets) => [
      ...sectionHeader(endian),
      ...description(endian, { options: [...ifName(endian, "eth0"), ...option(endian, 9, [first])] }),
      ...description(endian, { options: option(endian, 9, [second]) }),
      ...packets.flat(),
    ]);
});
const pcapngFile = fc.array(section, { minLength: 1, maxLength: 3 }).map((sections) => file(...sections));

const captureFile = fc.oneof(pcapFile, pcapngFile);
const chunkLengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 });

/** Bytes replaced, removed or put in, and the file cut, at places given as fractions of its length. */
const mutations = fc.array(
  fc.record({
    kind: fc.constantFrom("set", "word", "remove", "insert", "cut"),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    value: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 0xff, 0x7f, 0x80)),
  }),
  { minLength: 1, maxLength: 4 },
);

function mutate(bytes: Uint8Array, changes: readonly { kind: string; place: number; value: number }[]): Uint8Array {
  let now = [...bytes];
  for (const { kind, place, value } of changes) {
    const at = Math.floor(place * (now.length - 1));
    if (kind === "set") now[at] = value;
    else if (kind === "word") now.fill(value, at & ~3, (at & ~3) + 4);
    else if (kind === "remove") now.splice(at, 1 + (value & 7));
    else if (kind === "insert") now.splice(at, 0, ...new Array<number>(1 + (value & 7)).fill(value));
    else now = now.slice(0, Math.max(1, at));
  }
  return Uint8Array.from(now);
}

describe("the capture reader", () => {
  it("gives the same packets and the same error however the file is cut into chunks", () => {
    fc.assert(
      fc.property(captureFile, chunkLengths, (bytes, lengths) => {
        const whole = read(bytes);
        const pieces = read(bytes, lengths);
        expect(pieces.packets).deep.equals(whole.packets);
        expect(pieces.error).deep.equals(whole.error);
      }),
      { numRuns: 300 },
    );
  });

  it("finds nothing wrong with any valid file", () => {
    fc.assert(fc.property(captureFile, (bytes) => read(bytes).error === undefined));
  });

  it("survives every damage: it ends, holds no more than it may, and invents no byte", () => {
    fc.assert(
      fc.property(captureFile, mutations, chunkLengths, (valid, changes, lengths) => {
        const bytes = mutate(valid, changes);
        const whole = read(bytes);
        const pieces = read(bytes, lengths);
        expect(pieces.packets).deep.equals(whole.packets);
        expect(pieces.error).deep.equals(whole.error);
        expect(Math.max(whole.mostBuffered, pieces.mostBuffered)).most(LARGEST_BLOCK);
        const delivered = whole.packets.reduce((sum, packet) => sum + packet.bytes.length, 0);
        expect(delivered).most(bytes.length);
        expect(whole.packets.length).most(bytes.length / 16);
        for (const { time, nanoseconds } of whole.packets) {
          expect(time).satisfies(Number.isFinite);
          expect(nanoseconds).within(0, 999);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("survives damage to a real capture", () => {
    const valid = new Uint8Array(readFileSync("fixtures/captures/dr/wire.pcapng"));
    fc.assert(
      fc.property(mutations, (changes) => {
        const { mostBuffered, packets, error } = read(mutate(valid, changes), [4096]);
        expect(mostBuffered).most(LARGEST_BLOCK);
        expect(packets.length).most(182);
        // An error in the file header has no packet; any other stands behind the packets that were delivered.
        expect(error?.record ?? 0).oneOf([0, packets.length + 1]);
      }),
      { numRuns: 100 },
    );
  });
});

describe("UTF-8", () => {
  it("is encoded and decoded as TextEncoder and TextDecoder do, lone surrogates too", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)) }), (text) => {
        expect(encodeUtf8(text)).deep.equals(new TextEncoder().encode(text));
        expect(decodeUtf8(encodeUtf8(text))).equals(
          new TextDecoder("utf-8", { ignoreBOM: true }).decode(encodeUtf8(text)),
        );
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(decodeUtf8(new TextEncoder().encode(text))).equals(text);
      }),
    );
  });

  it("is refused where TextDecoder refuses it", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const accepts = (bytes: Uint8Array): boolean => {
      try {
        decoder.decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    const lead = fc.constantFrom(0x41, 0x80, 0xc0, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff);
    const follow = fc.constantFrom(0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbe, 0xbf, 0xc0);
    fc.assert(
      fc.property(lead, fc.array(follow, { maxLength: 3 }), (first, rest) => {
        const bytes = Uint8Array.of(first, ...rest);
        expect(!decodeUtf8(bytes).includes("\ufffd")).equals(accepts(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});
