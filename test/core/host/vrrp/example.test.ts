/**
 * The capture of examples/ha: what the second of two directors hears and sends while the first one dies under a connection. It is made again,
 * and must be the same; TAPVS_REWRITE=1 writes it.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { pcapngFile } from "../../../../src/core/capture/pcapng-file.ts";
import { runIpvsadm, wordsOf } from "../../../../src/core/control/interpreter.ts";
import { parseMac } from "../../../../src/core/wire/address.ts";
import { needs } from "../../../support/machine.ts";
import { ethernet, tcp } from "../../../support/packet.ts";
import { HaDirector, type SentFrame } from "./director.ts";
import { HaPair } from "./pair.ts";

const FILE = new URL("../../../../../examples/ha/failover.pcapng", import.meta.url);
/** 2026-03-01, in microseconds. */
const EPOCH = 1_772_323_200_000_000;
const CLIENT = "10.1.0.9:40000 > 10.1.0.100:80";
const SERVER = "10.2.0.11:80 > 10.1.0.9:40000";
const [CLIENT_MAC, SERVER_MAC] = ["02:00:00:00:01:09", "02:00:00:00:02:0b"];

const haOf = (priority: number) => ({
  vrrp: [
    { interface: "eth0", id: 51, priority, addresses: ["10.1.0.100/32"], group: "web" },
    { interface: "eth1", id: 52, priority, addresses: ["10.2.0.254/32"], group: "web" },
  ],
  sync: { interface: "eth1", id: 51 },
});

const neighbors = [
  { address: "10.1.0.9", mac: CLIENT_MAC, dev: "eth0" },
  { address: "10.2.0.11", mac: SERVER_MAC, dev: "eth1" },
];

function director(number: number): HaDirector {
  const made = new HaDirector(number, haOf(number === 1 ? 150 : 100), { neighbors });
  for (const line of ["-A -t 10.1.0.100:80 -s rr", "-a -t 10.1.0.100:80 -r 10.2.0.11:80 -m"])
    runIpvsadm(wordsOf(line), { server: made.director.server });
  return made;
}

/** The frames of the second director's wires. */
function failover(): (SentFrame & { readonly direction: "in" | "out" })[] {
  const [first, second] = [director(1), director(2)];
  const both = new HaPair(first, second);
  const seen: (SentFrame & { readonly direction: "in" | "out" })[] = [];
  const receive = second.receive.bind(second);
  second.receive = (bytes, dev = "eth0") => {
    seen.push({ at: second.now, dev, bytes: bytes.slice(), direction: "in" });
    return receive(bytes, dev);
  };
  const send = second.onSend;
  second.onSend = (frame) => {
    seen.push({ ...frame, direction: "out" });
    send?.(frame);
  };
  const say = (to: HaDirector, ends: string, flags: string, numbers: readonly [number, number], data = "") => {
    const isClient = ends === CLIENT;
    const number = to === first ? 1 : 2;
    const mac = `02:00:00:00:0${isClient ? 1 : 2}:0${number}`;
    const packet = tcp(ends, flags, { sequence: numbers[0], acknowledgement: numbers[1], data });
    to.receive(ethernet(mac, isClient ? CLIENT_MAC : SERVER_MAC, packet), isClient ? "eth0" : "eth1");
    both.pass(0.01);
  };
  both.pass(4);
  say(first, CLIENT, "S", [1000, 0]);
  say(first, SERVER, "S.", [5000, 1001]);
  say(first, CLIENT, ".", [1001, 5001]);
  say(first, CLIENT, "P.", [1001, 5001], "GET / HTTP/1.0\r\n\r\n");
  both.dead.add(first);
  both.pass(3.7);
  // The answer was lost with the director; the server and the client send again what nobody has acknowledged.
  say(second, SERVER, "P.", [5001, 1019], "HTTP/1.0 200 OK\r\n\r\nwell\n");
  say(second, CLIENT, ".", [1019, 5025]);
  return seen;
}

/** A line for each packet that the filter lets through: the fields, with tabs between them. */
function shark(filter: string, ...fields: readonly string[]): string[] {
  const options = ["-Y", filter, "-T", "fields", ...fields.flatMap((field) => ["-e", field])];
  const { stdout, status, stderr } = spawnSync("tshark", ["-n", "-r", fileURLToPath(FILE), ...options], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  return stdout.split("\n").filter(Boolean);
}

describe("the capture of two directors", () => {
  it("is what they do", () => {
    const ports = ["01", "02"].map((net, index) => ({ name: `eth${index}`, mac: parseMac(`02:00:00:00:${net}:02`) }));
    const frames = failover();
    const packets = frames.map(({ at, dev, bytes, direction }) => ({
      port: dev === "eth0" ? 0 : 1,
      time: EPOCH + at,
      bytes,
      direction,
    }));
    const capture = Buffer.from(pcapngFile(ports, packets));
    if (process.env.TAPVS_REWRITE !== undefined) writeFileSync(FILE, capture);
    expect(capture.equals(readFileSync(FILE)), "TAPVS_REWRITE=1 writes it").to.equal(true);
    expect(
      frames
        .filter(({ direction }) => direction === "out")
        .at(-1)
        ?.bytes.subarray(0, 6),
    ).to.deep.equal(parseMac(SERVER_MAC));
  });

  it("is read by tshark as advertisements, and as synchronisation that tells of one connection", function () {
    needs(this, "tshark");
    const told = shark("ipvs", "ipvs.syncid", "ipvs.conncount", "ipvs.caddr", "ipvs.daddr", "ipvs.timeout");
    expect(told.filter((line) => line.includes("10.1.0.9")).map((line) => line.split("\t"))).to.deep.equal([
      ["51", "1", "10.1.0.9", "10.2.0.11", "60"],
      ["51", "1", "10.1.0.9", "10.2.0.11", "900"],
    ]);
    const advertised = shark("vrrp", "vrrp.prio", "vrrp.virt_rtr_id");
    expect(new Set(advertised)).to.deep.equal(new Set(["150\t51", "150\t52", "100\t51", "100\t52"]));
    expect(shark("_ws.malformed", "frame.number")).to.deep.equal([]);
  });
});
