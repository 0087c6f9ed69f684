/** In which order frames leave: here both ports are ends of one pipe. */
import { readSync } from "node:fs";
import { expect } from "chai";
import { Frame } from "../../../src/core/wire/frame.ts";
import { ENTRIES } from "../../../src/io/live/all-at-once.ts";
import { Port } from "../../../src/io/live/port.ts";
import { Ports } from "../../../src/io/live/ports.ts";
import { DeviceError } from "../../../src/io/system/errors.ts";
import { addressOf, close, O_NONBLOCK, pipe2, write } from "../../../src/io/system/libc.ts";
import { ringFor } from "../../../src/io/system/uring.ts";

function pipe(): readonly [reading: number, writing: number] {
  const ends = new Int32Array(2);
  if (pipe2(addressOf(ends), O_NONBLOCK) < 0) throw new Error("no pipe");
  return [ends[0] ?? -1, ends[1] ?? -1];
}

for (const calls of ["io_uring", "read and write"] as const)
  describe(`the ports of a live director, by ${calls}`, () => {
    /** What left, a letter for each frame: `w` came in and waits in its slot, `o` is the director's own. */
    function order(act: (ports: Ports, waiting: Frame, own: Frame) => void): string {
      const [incoming, arrive] = pipe();
      const [leave, outgoing] = pipe();
      try {
        const frame = Uint8Array.from("w".repeat(60), (letter) => letter.charCodeAt(0));
        write(arrive, addressOf(frame), frame.length);
        const made = calls === "io_uring" ? ringFor([incoming], ENTRIES) : undefined;
        // Where there is no io_uring, this is the other way once more.
        const ring = made instanceof DeviceError ? undefined : made;
        const ports = new Ports([new Port("eth0", incoming), new Port("eth1", outgoing)], false, ring);
        const [eth0] = ports.list;
        const count = eth0 === undefined ? 0 : ports.receive(eth0);
        expect(count).to.equal(1);
        const [waiting] = ports.frames;
        if (waiting === undefined) throw new Error("no slots");
        act(ports, waiting, Frame.of(Uint8Array.from("o".repeat(60), (letter) => letter.charCodeAt(0))));
        const bytes = new Uint8Array(1000);
        return Buffer.from(bytes.subarray(0, readSync(leave, bytes)))
          .toString()
          .replace(/(.)\1{59}/g, "$1");
      } finally {
        for (const descriptor of [incoming, arrive, leave, outgoing]) close(descriptor);
      }
    }

    it("send frames in the order in which they were given", () => {
      const left = order((ports, waiting, own) => {
        ports.send(waiting, 1);
        ports.send(own, 1);
        ports.flush();
      });
      expect(left).to.equal("wo");
    });

    it("let those of the director leave before what waits, when it says so", () => {
      const left = order((ports, waiting, own) => {
        ports.send(waiting, 1);
        ports.overtakes = true;
        ports.send(own, 1);
        ports.overtakes = false;
        ports.flush();
      });
      expect(left).to.equal("ow");
    });
  });
