/** Both ways of taking and sending frames, on pipes that keep packets apart (pipe(2), O_DIRECT). */
import { expect } from "chai";
import { AllAtOnce, ENTRIES, FEW } from "../../../src/io/live/all-at-once.ts";
import { OneByOne } from "../../../src/io/live/one-by-one.ts";
import { Port } from "../../../src/io/live/port.ts";
import { type Exchange, LARGE, SLOTS, Slots } from "../../../src/io/live/slots.ts";
import { DeviceError } from "../../../src/io/system/errors.ts";
import { addressOf, close, O_CLOEXEC, O_NONBLOCK, pipe2, read, write } from "../../../src/io/system/libc.ts";
import { ringFor } from "../../../src/io/system/uring.ts";
import { skip } from "../../support/machine.ts";

const O_DIRECT = 0o40000;

/** A pipe of packets: the end to read from, and the one to write to. */
function pipe(): [number, number] {
  const ends = new Int32Array(2);
  expect(pipe2(addressOf(ends), O_NONBLOCK | O_CLOEXEC | O_DIRECT)).equals(0);
  return [ends[0] ?? -1, ends[1] ?? -1];
}

const put = (descriptor: number, packet: Uint8Array): number => write(descriptor, addressOf(packet), packet.length);

function take(descriptor: number): number[] | undefined {
  const packet = new Uint8Array(64);
  const length = read(descriptor, addressOf(packet), packet.length);
  return length < 0 ? undefined : [...packet.subarray(0, length)];
}

const WAYS: readonly [Exchange["name"], (slots: Slots, descriptors: readonly number[]) => Exchange | DeviceError][] = [
  ["read and write", (slots) => new OneByOne(slots)],
  [
    "io_uring",
    (slots, descriptors) => {
      const ring = ringFor(descriptors, ENTRIES);
      return ring instanceof DeviceError ? ring : new AllAtOnce(slots, ring);
    },
  ],
];

for (const [name, exchangeOf] of WAYS) {
  describe(`frames that come in and leave by ${name}`, () => {
    let slots: Slots;
    let exchange: Exchange;
    let wire: number;
    let inside: Port;
    let outside: Port;
    let sent: number;

    beforeEach(function () {
      slots = new Slots(false);
      const [inEnd, inWire] = pipe();
      const [outWire, outEnd] = pipe();
      [inside, outside, wire, sent] = [new Port("eth0", inEnd), new Port("eth1", outEnd), inWire, outWire];
      const made = exchangeOf(slots, [inEnd]);
      if (made instanceof DeviceError) skip(this, made.message);
      exchange = made;
      expect(exchange.name).equals(name);
    });

    afterEach(() => {
      for (const descriptor of [inside.descriptor, outside.descriptor, wire, sent]) close(descriptor);
    });

    /** Takes all that waits, sends it on, and says in how many batches it came, and what. */
    const forward = (): { readonly batches: number; readonly contents: number[] } => {
      const contents: number[] = [];
      let batches = 0;
      for (let count = exchange.receive(inside); count > 0; count = exchange.receive(inside)) {
        batches++;
        for (const frame of slots.frames.slice(0, count)) {
          contents.push(frame.bytes[frame.start] ?? -1);
          slots.leave(frame, outside);
        }
        exchange.flush(inside);
      }
      return { batches, contents };
    };

    it("are taken and sent in order, whole, and counted", () => {
      const numbers = [...new Array(15).keys()];
      for (const round of [1, 2, 3]) {
        for (const number of numbers) put(wire, Uint8Array.of(number, round, ...new Array(number).fill(9)));
        expect(forward().contents).deep.equals(numbers);
        for (const number of numbers) expect(take(sent)).deep.equals([number, round, ...new Array(number).fill(9)]);
        expect(take(sent)).equals(undefined);
      }
      const counts = { received: 45, receivedBytes: 405 };
      expect(inside).include({ ...counts, sent: 0, sendErrors: 0 });
      expect(outside).include({ received: 0, sent: 45, sentBytes: 405, sendErrors: 0 });
    });

    it("are none where none waits", () => {
      expect(exchange.receive(inside)).equals(0);
      exchange.flush(inside);
      expect(exchange.receive(inside)).equals(0);
    });

    it("are counted where the device does not take them", () => {
      // A pipe has room for sixteen packets.
      for (let number = 0; number < 20; number++) {
        put(wire, Uint8Array.of(number, 0));
        forward();
      }
      expect(outside).include({ sent: 16, sentBytes: 32, sendErrors: 4 });
      for (let number = 0; number < 16; number++) expect(take(sent)).deep.equals([number, 0]);
      put(wire, Uint8Array.of(20, 0));
      exchange.receive(inside);
      const [frame] = slots.frames;
      if (frame !== undefined) slots.leave(frame, outside);
      exchange.flush(undefined);
      expect(outside).include({ sent: 17, sendErrors: 4 });
    });

    it("are few in a batch once a large one was seen", () => {
      for (let number = 0; number < 15; number++) put(wire, new Uint8Array(LARGE));
      const { batches, contents } = forward();
      expect(contents).has.length(15);
      // One to begin with, and a last batch that is not full.
      expect(batches).equals(name === "io_uring" ? 2 + Math.floor(14 / FEW) : 15);
    });

    it("are as many as there are slots, at most", () => {
      expect(slots.frames).has.length(SLOTS);
      for (const frame of slots.frames) {
        frame.end = frame.start + 2;
        slots.leave(frame, outside);
      }
      exchange.flush(undefined);
      expect(outside).include({ sent: 16, sendErrors: SLOTS - 16 });
    });

    it("end with the device", () => {
      close(inside.descriptor);
      expect(() => exchange.receive(inside)).throws(DeviceError, /^the TAP device of eth0: bad file descriptor$/);
    });
  });
}
