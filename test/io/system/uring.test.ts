/** Rings of io_uring, on pipes. */
import { expect } from "chai";
import { DeviceError } from "../../../src/io/system/errors.ts";
import { addressOf, close, O_CLOEXEC, O_NONBLOCK, O_RDWR, open, pipe2 } from "../../../src/io/system/libc.ts";
import { type Ring, ringFor } from "../../../src/io/system/uring.ts";
import { skip } from "../../support/machine.ts";

const EAGAIN = 11;
const READ = 0;
const WRITE = 2;

describe("io_uring", () => {
  let [from, to]: readonly number[] = [];
  let ring: Ring;
  const memory = new Uint8Array(16);

  beforeEach(function () {
    const ends = new Int32Array(2);
    expect(pipe2(addressOf(ends), O_NONBLOCK | O_CLOEXEC)).equals(0);
    [from, to] = ends;
    const made = ringFor([from ?? -1], 4);
    if (made instanceof DeviceError) skip(this, made.message);
    ring = made;
    for (const entry of [READ, READ + 1]) {
      ring.isRead(entry);
      ring.place(entry, addressOf(memory) + 8 + 2 * entry, 2);
    }
    for (const entry of [WRITE, WRITE + 1]) {
      ring.isWrite(entry);
      ring.place(entry, addressOf(memory) + 2 * (entry - WRITE), 2);
    }
  });

  afterEach(() => {
    for (const end of [from, to]) close(end ?? -1);
    ring?.close();
  });

  /** Entries and results of all completions. */
  const completions = (): [number, number][] => {
    const found: [number, number][] = [];
    while (ring.next()) found.push([ring.entry, ring.result]);
    return found;
  };

  it("does what is queued in order, and tells of reads", () => {
    for (let round = 0; round < 5; round++) {
      memory.set([round, 1, round, 2]);
      ring.queue(WRITE + 1, to ?? -1);
      ring.queue(WRITE, to ?? -1);
      ring.queue(READ, from ?? -1);
      ring.queue(READ + 1, from ?? -1);
      expect(ring.submit()).equals(4);
      expect(completions()).deep.equals([
        [READ, 2],
        [READ + 1, 2],
      ]);
      expect([...memory.subarray(8, 12)]).deep.equals([round, 2, round, 1]);
    }
  });

  it("does not wait for what is not there yet", () => {
    ring.queue(READ, from ?? -1);
    expect(ring.submit()).equals(1);
    expect(completions()).deep.equals([[READ, -EAGAIN]]);
    expect(ring.submit()).equals(0);
  });

  it("tells of a write that failed", () => {
    ring.queue(WRITE, from ?? -1);
    ring.queue(WRITE + 1, to ?? -1);
    expect(ring.submit()).equals(2);
    expect(completions()).deep.equals([[WRITE, -9]]);
    expect(ring.lengthOf(WRITE)).equals(2);
  });

  it("is not for a file that cannot be read", () => {
    const file = open("/proc/self", O_RDWR, 0);
    expect(ringFor([file], 1))
      .instanceOf(DeviceError)
      .property("code", "EBADF");
  });
});
