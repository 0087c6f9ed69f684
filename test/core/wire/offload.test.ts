import { expect } from "chai";
import fc from "fast-check";
import { AF_INET6, ipv4 } from "../../../src/core/wire/address.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../../src/core/wire/ipv4.ts";
import { areOffloadsSound, finishChecksum, longestSegment, segmentCount } from "../../../src/core/wire/offload.ts";
import { forEachSegment } from "../../../src/core/wire/segments.ts";
import { ACK, asOne, CWR, FIN, oneByOne, PSH, type Sending } from "../host/sent-packets.ts";

const options = fc.nat({ max: 10 }).chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 }));

const word = fc.nat(0xffffffff);

/** The two ends, both of one family. */
const ends = fc.oneof(
  fc.tuple(word, word).map(([from, to]) => ({ from: ipv4(from), to: ipv4(to) })),
  fc.tuple(word, word, word).map(([from, to, last]) => ({
    from: { family: AF_INET6, words: [0x20010db8, from, 0, last] } as const,
    to: { family: AF_INET6, words: [0xfd000001, 0, last, to] } as const,
  })),
);

const sending = fc
  .tuple(
    ends,
    fc.record<Omit<Sending, "from" | "to">>({
      macs: fc.constant({ from: 0x0200_0000_0001, to: 0x0200_0000_0002 }),
      fromPort: fc.nat(65535),
      toPort: fc.nat(65535),
      protocol: fc.constantFrom(PROTOCOL_TCP, PROTOCOL_UDP),
      identification: fc.nat(65535),
      dontFragment: fc.boolean(),
      ttl: fc.integer({ min: 1, max: 255 }),
      tos: fc.nat(255),
      sequence: fc.nat(0xffffffff),
      acknowledgement: fc.nat(0xffffffff),
      flags: fc.subarray([FIN, PSH, CWR, 0x20, 0x40]).map((bits) => bits.reduce((all, bit) => all | bit, ACK)),
      options,
      payload: fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      segmentSize: fc.integer({ min: 1, max: 1500 }).map((size) => Math.max(size, 40)),
    }),
  )
  .map(([between, rest]): Sending => ({ ...between, ...rest }));

/** The packets of a frame as they would be on a wire. */
function finished(frame: Frame): Uint8Array[] {
  const packets: Uint8Array[] = [];
  forEachSegment(
    frame,
    () => 0,
    (piece) => {
      finishChecksum(piece);
      packets.push(piece.contents().slice());
    },
  );
  return packets;
}

describe("offloads in software", () => {
  it("cut a frame that stands for many into the packets that a host without offloads sends", () => {
    fc.assert(
      fc.property(sending, (what) => {
        const expected = oneByOne(what).map((frame) => frame.contents());
        expect(finished(asOne(what))).deep.equals(expected);
      }),
    );
  });

  it("count the packets of a frame and know the longest", () => {
    fc.assert(
      fc.property(sending, (what) => {
        const packets = oneByOne(what);
        expect(segmentCount(asOne(what))).equals(packets.length);
        expect(longestSegment(asOne(what))).equals(Math.max(...packets.map((frame) => frame.end - frame.network)));
      }),
    );
  });

  it("leave the frame that is cut as it was, and hand a plain frame over as it is", () => {
    fc.assert(
      fc.property(sending, (what) => {
        const frame = asOne(what);
        const before = frame.contents().slice();
        const { checksumStart } = frame;
        const pieces: Frame[] = [];
        forEachSegment(
          frame,
          () => 0,
          (piece) => void pieces.push(piece),
        );
        expect(frame.contents()).deep.equals(before);
        expect(frame.checksumStart).equals(checksumStart);
        if (frame.segmentSize === 0) expect(pieces).deep.equals([frame]);
      }),
    );
  });

  it("send a checksum that comes out as 0 as ffff (RFC 768)", () => {
    const frame = new Frame(new Uint8Array(64));
    frame.checksumStart = 34;
    frame.checksumOffset = 6;
    // The words behind checksumStart add up to ffff.
    frame.view.setUint16(34, 0xffff);
    finishChecksum(frame);
    expect(frame.view.getUint16(40)).equals(0xffff);
    expect(frame.checksumStart).equals(0);
  });

  it("refuse facts that do not fit the bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.oneof(fc.nat(140), fc.nat(65535)),
        fc.oneof(fc.nat(40), fc.nat(65535)),
        fc.constantFrom(0, 1, 4, 5, 0x81, 0x84, 3, 255),
        fc.oneof(fc.nat(60), fc.nat(65535)),
        (bytes, checksumStart, checksumOffset, segmentType, segmentSize) => {
          const frame = Frame.of(bytes);
          Object.assign(frame, { checksumStart, checksumOffset, segmentType, segmentSize });
          if (!areOffloadsSound(frame)) return;
          // What is sound can be cut and finished without reaching beyond the bytes.
          for (const packet of finished(frame)) expect(packet.length).at.most(bytes.length);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("take those that the kernel sends", () => {
    fc.assert(fc.property(sending, (what) => areOffloadsSound(asOne(what))));
  });
});
