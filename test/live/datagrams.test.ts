/** UDP through a live director: datagrams in fragments, and as one frame that stands for many. */
import { once } from "node:events";
import { expect } from "chai";
import { describeLive, needs, skip } from "../support/machine.ts";
import { until } from "./director.ts";
import { inEachMode } from "./each-mode.ts";
import { PORT, VIP } from "./modes.ts";

/** Prints, for each datagram that comes, its length and whether all of its bytes are the one it begins with. */
const LISTEN = `
  const socket = require("node:dgram").createSocket("udp4");
  socket.on("message", (m) => console.log(m.length, m.every((b) => b === m[0])));
  socket.bind(${PORT}, () => console.log("ready"));
`;

/** Datagrams of these lengths, each of one byte over and over. */
const SEND = (lengths: readonly number[]): string => `
  const socket = require("node:dgram").createSocket("udp4");
  const lengths = ${JSON.stringify(lengths)};
  let left = lengths.length;
  lengths.forEach((length, i) => socket.send(Buffer.alloc(length, 65 + i), ${PORT}, "${VIP}", () => --left || socket.close()));
`;

/** One call that the kernel cuts into many datagrams, on its way out or later (udp(7), UDP_SEGMENT). */
const SEND_SEGMENTS = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 103, 1200)
s.connect(("${VIP}", ${PORT}))
s.send(b"".join(bytes([65 + i]) * 1200 for i in range(20)) + b"z" * 700)
`;

describeLive("datagrams through a live director", () => {
  inEachMode((running) => {
    let heard: string[] = [];

    before(async () => {
      for (const host of ["s1", "s2"]) {
        const { stdout } = running.network.start(host, [process.execPath, "-e", LISTEN]);
        if (stdout === null) continue;
        await once(stdout, "data");
        stdout.on("data", (piece) => void heard.push(...String(piece).trim().split("\n")));
      }
    });

    beforeEach(() => {
      heard = [];
    });

    const hears = (count: number): Promise<void> =>
      until(
        () => heard.length >= count,
        () => heard.join(", "),
      );

    it("arrive whole, also where they are longer than the MTU", async () => {
      // The longest in one packet, which carries DF and has to fit the tunnel; and the first in two.
      const whole = running.mode.name === "tun" ? 1452 : 1472;
      const lengths = [1, 100, whole, 1473, 4000, 8000];
      await running.network.exec("c", process.execPath, "-e", SEND(lengths));
      await hears(lengths.length);
      expect(heard.toSorted()).deep.equals(lengths.map((length) => `${length} true`).toSorted());
    });

    it("sent as one frame arrive one by one", async function () {
      needs(this, "python3");
      const { code, err } = await running.network.exec("c", "python3", "-c", SEND_SEGMENTS);
      if (code !== 0 && err.includes("Protocol not available")) skip(this, "the kernel has no UDP_SEGMENT");
      expect(err).equals("");
      await hears(21);
      expect(heard).deep.equals([...new Array(20).fill("1200 true"), "700 true"]);
    });
  });
});
