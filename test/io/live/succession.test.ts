/** What a dataplane tells its successor, through a structured clone as between two processes. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { expect } from "chai";
import { runIpvsadm, wordsOf } from "../../../src/core/control/interpreter.ts";
import { sysctlValue } from "../../../src/core/host/sysctls.ts";
import { DROP, verdictName } from "../../../src/core/trace/verdict.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { Dataplane } from "../../../src/io/live/dataplane.ts";
import type { Handed } from "../../../src/io/live/messages.ts";
import { handOver, takeOver } from "../../../src/io/live/succession.ts";
import {
  CLIENT,
  CLIENT6,
  DIRECTOR_MACS,
  INSIDE,
  type LabOptions,
  labConfig,
  macOf,
  SERVER,
  SERVER6,
  service,
  VIP,
  VIP6,
} from "../../support/lab.ts";
import { ethernet, fragments, type Packet, tcp, udp } from "../../support/packet.ts";

const RULES = [
  ...service("-m", [SERVER], { at: `-u ${VIP}:80` }),
  ...service("-m", [SERVER6], { at: `-u [${VIP6}]:80` }),
];
const SECOND = 1_000_000;

describe("a director that hands over", () => {
  let folder: string;
  let now: number;
  let options: LabOptions;
  const descriptors: number[] = [];
  const channels: MessageChannel[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tapvs-succession-"));
    now = 0;
    options = { ipv6: true };
  });

  afterEach(() => {
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
    for (const { port1, port2 } of channels.splice(0)) for (const port of [port1, port2]) port.close();
    rmSync(folder, { recursive: true });
  });

  /** Its devices are files: what it sends is appended. */
  function dataplane(name: string, succeeds: boolean): Dataplane {
    const channel = new MessageChannel();
    channels.push(channel);
    const files = ["eth0", "eth1"].map((port) => openSync(join(folder, `${name}.${port}`), "a"));
    descriptors.push(...files);
    const setup = { host: labConfig(options), offloads: false, uring: false, remembers: false, seed: 1 };
    const made = new Dataplane(
      { ...setup, capture: undefined, descriptors: files, wake: -1, signals: new Int32Array(2), succeeds },
      channel.port1,
    );
    made.director.advance(now);
    return made;
  }

  function first(name = "first"): Dataplane {
    const made = dataplane(name, false);
    for (const rule of RULES) {
      const { err } = runIpvsadm(wordsOf(rule), { server: made.director.server });
      expect(err).to.equal("");
    }
    made.begin();
    return made;
  }

  function second(predecessor: Dataplane): Dataplane {
    const handed: Handed = structuredClone(handOver(predecessor));
    const made = dataplane("second", true);
    expect(takeOver(made, handed)).to.deep.equal([]);
    return made;
  }

  function receive({ director, ports }: Dataplane, packet: Packet, from: string, port = "eth0"): string {
    const frame = Frame.of(ethernet(DIRECTOR_MACS[port] ?? "", macOf(from), packet));
    const verdict = director.receive(frame, director.ifindexOf(port), now);
    ports.flush();
    return verdictName(verdict);
  }

  function wait({ director }: Dataplane, seconds: number): void {
    now += seconds * SECOND;
    director.advance(now);
  }

  const listing = ({ director: { server } }: Dataplane, words: string): string => {
    const { out } = runIpvsadm(wordsOf(words), { server });
    return out;
  };

  it("has counted what its predecessor has, and counts on", () => {
    const before = first();
    for (let port = 40000; port < 40003; port++) {
      receive(before, udp(`${CLIENT}:${port} > ${VIP}:80`, { data: "1234" }), CLIENT);
      receive(before, udp(`${SERVER}:80 > ${CLIENT}:${port}`, { data: "12" }), SERVER, "eth1");
    }
    wait(before, 4);
    listing(before, "-Z");
    receive(before, udp(`${CLIENT}:40000 > ${VIP}:80`, { data: "1234" }), CLIENT);
    receive(before, tcp(`${CLIENT}:40000 > ${VIP}:81`, "S"), CLIENT);
    wait(before, 4);
    receive(before, udp(`${CLIENT}:40001 > ${VIP}:80`, { data: "1234" }), CLIENT);
    const listings = ["-Ln --stats --exact", "-Ln --rate --exact", "-Ln"];
    const seen = listings.map((words) => listing(before, words));
    expect(seen[0]).to.match(new RegExp(`${SERVER}:80 +0 +1 +0 +32 +0\n`));
    const after = second(before);
    expect(listings.map((words) => listing(after, words))).to.deep.equal(seen);
    expect(after.director.counts).to.deep.equal(before.director.counts);
    // What was counted after the last sample is in the next one.
    wait(after, 4);
    expect(listing(after, "-Ln --stats --exact")).to.match(new RegExp(`${SERVER}:80 +0 +2 +0 +64 +0\n`));
    expect(after.director.server.totals.shown(1)).to.equal(2);
  });

  it("has its switches, those that differ from what all interfaces have, too, in whatever order they are told", () => {
    const before = first();
    const names = ["net.ipv4.conf.eth0.forwarding", "net.ipv6.conf.eth0.forwarding"];
    for (const name of names) before.director.setSysctl(name.replace("eth0", "all"), 0);
    for (const name of names) before.director.setSysctl(name, 1);
    const handed: Handed = structuredClone(handOver(before));
    const after = dataplane("second", true);
    takeOver(after, { ...handed, switches: [...handed.switches].reverse() });
    expect(names.map((name) => sysctlValue(after.director, name))).to.deep.equal(["1", "1"]);
    expect(after.director.sysctl.forwards).to.deep.equal([1, 0]);
  });

  for (const [family, from, to, port] of [
    ["IPv4", CLIENT, `${VIP}:80`, 40000],
    ["IPv6", CLIENT6, `[${VIP6}]:80`, 40000],
  ] as const) {
    it(`puts a datagram together of which its predecessor had a part: ${family}`, () => {
      const ends = `${family === "IPv4" ? from : `[${from}]`}:${port} > ${to}`;
      const pieces = fragments(udp(ends, { data: "x".repeat(40) }), 24);
      expect(pieces).to.have.length(2);
      const [head, tail] = pieces as [Packet, Packet];
      const undisturbed = first("undisturbed");
      expect([tail, head].map((piece) => receive(undisturbed, piece, from))).to.deep.equal(["held", "sent"]);
      const before = first();
      expect(receive(before, tail, from)).to.equal("held");
      const after = second(before);
      expect(receive(after, head, from)).to.equal("sent");
      const sent = (name: string): string => readFileSync(join(folder, `${name}.eth1`), "hex");
      expect(sent("second")).to.equal(sent("undisturbed"));
    });
  }

  it("sends what waited for a MAC address, once that is known", () => {
    options = { ipv6: true, neighbors: false };
    const bytes = (text: string, separator: string, base: number): number[] =>
      text.split(separator).map((part) => Number.parseInt(part, base));
    const [mac, own] = [macOf(SERVER), DIRECTOR_MACS.eth1 ?? ""];
    const ends = [...bytes(mac, ":", 16), ...bytes(SERVER, ".", 10), ...bytes(own, ":", 16), ...bytes(INSIDE, ".", 10)];
    const answer = Uint8Array.from([0, 1, 8, 0, 6, 4, 0, 2, ...ends]);
    const sentBy = (name: string, one: Dataplane): string => {
      one.director.receive(Frame.of(ethernet(own, mac, answer, 0x0806)), 1, now);
      one.ports.flush();
      return readFileSync(join(folder, `${name}.eth1`), "hex");
    };
    const request = udp(`${CLIENT}:40000 > ${VIP}:80`, { data: "waited" });
    const undisturbed = first("undisturbed");
    const before = first();
    for (const one of [undisturbed, before]) expect(receive(one, request, CLIENT)).to.equal("parked");
    const sent = sentBy("second", second(before));
    expect(sent).to.include(Buffer.from("waited").toString("hex"));
    expect(sent).to.equal(sentBy("undisturbed", undisturbed));
  });

  it("gives up a datagram when its predecessor would have", () => {
    const [head] = fragments(udp(`${CLIENT}:40000 > ${VIP}:80`, { data: "x".repeat(40) }), 24);
    const before = first();
    if (head !== undefined) expect(receive(before, head, CLIENT)).to.equal("held");
    wait(before, 20);
    const after = second(before);
    wait(after, 8);
    expect(after.director.counts[DROP.fragmentTimeout]).to.equal(0);
    wait(after, 4);
    expect(after.director.counts[DROP.fragmentTimeout]).to.equal(1);
    // Its sender is told.
    expect(readFileSync(join(folder, "second.eth0"))).to.have.length.above(0);
  });
});
