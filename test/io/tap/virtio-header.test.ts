import { endianness } from "node:os";
import { expect } from "chai";
import fc from "fast-check";
import { Frame } from "../../../src/core/wire/frame.ts";
import { readVirtioHeader, VIRTIO_HEADER, writeVirtioHeader } from "../../../src/io/tap/virtio-header.ts";

const LITTLE = endianness() === "LE";
const START = 32;

const frameOf = (length: number): Frame => {
  const frame = new Frame(new Uint8Array(START + length).fill(0xa5), START, START + length);
  // A TCP header of 32 bytes behind one of IPv4.
  frame.view.setUint8(START + 34 + 12, 0x80);
  return frame;
};

describe("the virtio header before a frame", () => {
  it("is read as it was written", () => {
    const types = fc.constantFrom(1, 4, 5, 0x81, 0x84);
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.option(types, { nil: 0 }),
        fc.integer({ min: 1, max: 65535 }),
        (partial, segmentType, size) => {
          const written = frameOf(200);
          const checksum = partial || segmentType !== 0;
          Object.assign(written, {
            checksumStart: checksum ? 34 : 0,
            checksumOffset: checksum ? 16 : 0,
            segmentType,
            segmentSize: segmentType === 0 ? 0 : size,
          });
          writeVirtioHeader(written.view, START, written);
          const read = new Frame(written.bytes, START, START + 200);
          readVirtioHeader(read);
          const facts = ({ checksumStart, checksumOffset, segmentType: type, segmentSize }: Frame) => [
            checksumStart,
            checksumOffset,
            type,
            segmentSize,
          ];
          expect(facts(read)).deep.equals(facts(written));
        },
      ),
    );
  });

  it("says where the payload begins, as far as segments need it", () => {
    const frame = frameOf(200);
    Object.assign(frame, { checksumStart: 34, checksumOffset: 16, segmentType: 1, segmentSize: 100 });
    writeVirtioHeader(frame.view, START, frame);
    expect(frame.view.getUint16(START - VIRTIO_HEADER + 2, LITTLE)).equals(34 + 32);
    Object.assign(frame, { segmentType: 5, checksumOffset: 6 });
    writeVirtioHeader(frame.view, START, frame);
    expect(frame.view.getUint16(START - VIRTIO_HEADER + 2, LITTLE)).equals(34 + 8);
  });

  it("is all zeros for a plain frame, and touches nothing around it", () => {
    const frame = frameOf(60);
    writeVirtioHeader(frame.view, START, frame);
    expect([...frame.bytes.subarray(START - VIRTIO_HEADER, START)]).deep.equals(new Array(10).fill(0));
    expect(frame.bytes[START - VIRTIO_HEADER - 1]).equals(0xa5);
    expect(frame.bytes[START]).equals(0xa5);
  });

  it("that says the checksum was verified leaves nothing to be done", () => {
    const frame = frameOf(60);
    frame.bytes.fill(0, START - VIRTIO_HEADER, START);
    frame.view.setUint8(START - VIRTIO_HEADER, 2);
    readVirtioHeader(frame);
    expect(frame.checksumStart).equals(0);
  });
});
