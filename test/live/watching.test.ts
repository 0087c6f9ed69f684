/** Captures and explained packets of a live director. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { expect } from "chai";
import { readCapture } from "../../src/io/capture-file.ts";
import type { ExplainedPacket } from "../../src/io/live/explainer.ts";
import { areSumsRight } from "../core/host/sent-packets.ts";
import { followDirector } from "../support/follow.ts";
import { describeLive, needs } from "../support/machine.ts";
import { TestDirector, until } from "./director.ts";
import { MODES, NAT, PORT, VIP } from "./modes.ts";
import { attempt, type Network } from "./network.ts";

interface Captured {
  readonly bytes: Uint8Array;
  readonly port: string;
  readonly direction: string;
  readonly time: number;
}

/** Starts a server at each real server that sends so many bytes to whoever connects, and ends. */
async function serve(network: Network, bytes: number): Promise<void> {
  const text = `const b = Buffer.alloc(${bytes}, "${randomBytes(8).toString("hex")}"); require("node:net").createServer(s => s.end(b)).listen(${PORT}, () => console.log("ready"))`;
  for (const host of ["s1", "s2"]) {
    const child = network.start(host, [process.execPath, "-e", text]);
    if (child.stdout !== null) await once(child.stdout, "data");
  }
}

const fetchAll = (network: Network): Promise<{ out: string }> =>
  network.exec(
    "c",
    process.execPath,
    "-e",
    `let n = 0; require("node:net").connect(${PORT}, "${VIP}").on("data", d => { n += d.length; }).on("end", () => console.log(n))`,
  );

describeLive("watching a live director", () => {
  let network: Network;
  let director: TestDirector;

  afterEach(async () => {
    await director?.close();
    await network?.close();
  });

  for (const mode of MODES) {
    it(`captures ${mode.name} as a wire would carry it: no segment beyond the MTU, every checksum made`, async () => {
      network = mode.build();
      director = new TestDirector(network, mode.yaml());
      const file = director.path("out.pcapng");
      await director.start({ words: ["--capture", file] });
      await serve(network, 200_000);
      expect((await fetchAll(network)).out.trim()).equals("200000");
      await director.stop();
      const packets: Captured[] = [];
      const error = await readCapture(file, ({ bytes, interface: { name = "" }, direction = "", time }) => {
        packets.push({ bytes: bytes.slice(), port: name, direction, time });
      });
      expect(error).equals(undefined);
      expect(packets.length).greaterThan(mode.name === "dr" || mode.name === "tun" ? 10 : 300);
      expect(Math.max(...packets.map(({ bytes }) => bytes.length))).at.most(1514);
      const ipv4 = packets.filter(({ bytes }) => bytes[12] === 8 && bytes[13] === 0);
      expect(
        ipv4.every(({ bytes }) => areSumsRight(bytes)),
        "checksums",
      ).equals(true);
      expect(new Set(packets.map(({ direction }) => direction))).deep.equals(new Set(["in", "out"]));
      expect(Math.abs((packets[0]?.time ?? 0) / 1e6 - Date.now() / 1000), "the wall clock").lessThan(60);
    });
  }

  it("says in the capture what became of each packet", async function () {
    needs(this, "tshark");
    network = NAT.build();
    director = new TestDirector(network, NAT.yaml());
    const file = director.path("out.pcapng");
    await director.start({ words: ["--capture", file] });
    await serve(network, 100);
    await fetchAll(network);
    await director.stop();
    const words = [
      "tshark",
      "-r",
      file,
      "-Y",
      "tcp.flags.syn == 1",
      "-T",
      "fields",
      "-e",
      "frame.interface_name",
      "-e",
      "frame.comment",
    ];
    const lines = attempt(words).out.trim().split("\n");
    expect(lines[0]).match(/^eth0\tnew connection by rr, NAT to 10\.92\.0\.[23]:5201/);
  });

  it("explains packets that pass a filter, on standard output and to whoever asks at the socket", async () => {
    network = NAT.build();
    director = new TestDirector(network, NAT.yaml());
    await director.start({ words: ["--trace", `tcp and port ${PORT} and dev eth0`] });
    const lines: string[] = [];
    const stream = followDirector(director.socket, "/v1/trace?filter=tcp+dev+eth1", (line) => void lines.push(line));
    stream.catch(() => {});
    await serve(network, 100);
    await fetchAll(network);
    await until(
      () => lines.length >= 3 && director.out.includes("new connection by rr"),
      () => `${lines.length} lines, ${director.out}`,
    );
    const packets = lines.map((line) => JSON.parse(line) as ExplainedPacket);
    expect(packets.every(({ port, v }) => port === "eth1" && v === 1)).equals(true);
    expect(packets[0]?.outcome).match(/^reply of 10\.92\.0\.[23]:5201, source becomes 10\.91\.0\.100:5201/);
    expect(packets[0]?.steps.length).greaterThan(4);
    expect(director.out)
      .match(/eth0 10\.91\.0\.2:\d+ > 10\.91\.0\.100:5201 TCP S, /)
      .and.not.match(/^\S+ eth1 /m);
    expect(director.out).match(/^ {4}The scheduler rr /m);
  });

  it("goes on when nobody reads what it explains fast enough, and says what was lost", async () => {
    network = NAT.build();
    director = new TestDirector(network, NAT.yaml());
    await director.start({ words: ["--trace", "--json"] });
    // Nobody reads standard output from here on.
    director.child.stdout?.pause();
    await serve(network, 20_000_000);
    expect((await fetchAll(network)).out.trim()).equals("20000000");
    expect(director.ipvsadm("-Ln").code).equals(0);
    director.child.stdout?.resume();
  });

  it("tells why: a copy is asked, which knows the connections, what commands did, and what was there", async () => {
    network = NAT.build();
    director = new TestDirector(network, NAT.yaml());
    await director.start({ words: ["--remember"] });
    const ask = (packet: string) => director.tapvs("why", packet);
    const client = `tcp 10.91.0.2:40000 > ${VIP}:${PORT}`;
    expect(ask(`${client} S`).out).includes("The scheduler rr");
    expect(director.ipvsadm("-Lnc").out).not.includes("40000");
    expect(ask(`${client} .`).out).includes("sloppy_tcp is 0");
    director.ipvsadm("-D", "-t", `${VIP}:${PORT}`);
    expect(ask(`${client} S`).out)
      .includes(`was deleted at`)
      .and.includes(`(ipvsadm -D -t ${VIP}:${PORT})`);
    expect(ask("tcp nonsense")).property("code", 2);
  });

  it("refuses a filter that is none", async () => {
    network = NAT.build();
    director = new TestDirector(network, NAT.yaml());
    const { code, err } = attempt(director.words("--trace", "port eighty"));
    expect([code, err]).deep.equals([
      2,
      "--trace: port: expected tcp, udp, icmp, icmp6, arp, host ADDRESS, port NUMBER, dev INTERFACE, dropped, verdict NAME; joined by blanks or 'and'\n",
    ]);
    await director.start();
    expect(await director.ask("GET", "/v1/trace?filter=nonsense")).property("status", 400);
  });
});
