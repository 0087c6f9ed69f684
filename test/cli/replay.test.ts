import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "chai";
import type { Packet } from "../../src/core/capture/packet.ts";
import { PcapWriter } from "../../src/core/capture/pcap-writer.ts";
import { readCapture, readSorted } from "../../src/io/capture-file.ts";
import { BIG, file, frame, LITTLE, pcapHeader, pcapRecord } from "../core/capture/generator.ts";
import { tshark } from "../core/capture/wireshark.ts";
import { needs } from "../support/machine.ts";
import { scratch } from "./scratch.ts";
import { startTapvs, tapvs, tapvsBytes, tapvsProcess } from "./tapvs.ts";

const LABS = ["nat", "dr", "tun"] as const;
const wire = (lab: string): string => `fixtures/captures/${lab}/wire.pcapng`;
const config = (lab: string): string => `fixtures/captures/${lab}/director.yaml`;

/** All packets of a file; their bytes are copies. */
async function packetsOf(path: string): Promise<Packet[]> {
  const packets: Packet[] = [];
  const error = await readCapture(path, (packet) => packets.push({ ...packet, bytes: packet.bytes.slice() }));
  expect(error).equals(undefined);
  return packets;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("tapvs replay", () => {
  const path = scratch();

  it("says once of each switch that it has no effect", () => {
    const yaml = readFileSync(config("nat"), "utf8").replace("rules.ipvs", resolve("fixtures/captures/nat/rules.ipvs"));
    const file = path("idle.yaml");
    writeFileSync(
      file,
      `${yaml}sysctl:\n  net.ipv4.tcp_syncookies: 1\n  net.ipv4.ip_default_ttl: 64\n  net.core.somaxconn: 128\n`,
    );
    const { code, err } = tapvs(["replay", wire("nat"), "-c", file]);
    expect(code).equals(0);
    expect(err).equals(
      `${file}: net.ipv4.tcp_syncookies has no effect here\n${file}: net.core.somaxconn has no effect here\n`,
    );
  });

  for (const lab of LABS) {
    it(`writes what the director of the lab ${lab} sends, with directions and comments`, async () => {
      const { code, err } = tapvs(["replay", wire(lab), "-c", config(lab), "-w", path(`${lab}.pcapng`)]);
      expect(err).equals("");
      expect(code).equals(0);
      const written = await packetsOf(path(`${lab}.pcapng`));
      const { packets } = await readSorted(wire(lab));
      const isOwn = ({ bytes }: Packet): boolean => hex(bytes.subarray(6, 11)) === "0200000d00";
      const recorded = [...packets];
      const arrived = written.filter(({ direction }) => direction === "in");
      const sent = written.filter(({ direction }) => direction === "out");
      expect(arrived.length + sent.length).equals(written.length);
      expect(arrived.map(({ bytes }) => hex(bytes))).deep.equals(
        recorded.filter((packet) => !isOwn(packet)).map(({ bytes }) => hex(bytes)),
      );
      expect(sent.length).equals(recorded.filter(isOwn).length);
      expect(sent.every(isOwn)).equals(true);
      for (const [index, packet] of written.slice(1).entries()) {
        const before = written[index];
        expect((packet.time - (before?.time ?? 0)) * 1000 + packet.nanoseconds - (before?.nanoseconds ?? 0)).at.least(
          0,
        );
      }
    });

    it(`writes a capture of the lab ${lab} that tshark decodes`, function () {
      needs(this, "tshark");
      tapvs(["replay", wire(lab), "-c", config(lab), "-w", path(`shark-${lab}.pcapng`)]);
      const packets = tshark(path(`shark-${lab}.pcapng`));
      expect(packets.length).greaterThan(100);
      for (const { comment, direction, interface: port } of packets) {
        expect(comment).matches(/\S/);
        expect(direction).oneOf(["in", "out"]);
        expect(port).matches(/^eth[01]$/);
      }
      expect(packets.map(({ comment }) => comment).join("\n")).matches(/new connection by \w+/);
    });
  }

  it("anonymises what it writes: no address, station or word of the lab is left, and the director did the same", async () => {
    const output = path("hidden.pcapng");
    const { code } = tapvs(["replay", wire("nat"), "-c", config("nat"), "-w", output, "--anonymise", "a key"]);
    expect(code).equals(0);
    const bytes = readFileSync(output);
    // Client, virtual address, real server; their stations; what they said.
    for (const needle of [
      "0c0b000a",
      "0c0b0065",
      "ac100102",
      "02000c0b000a",
      "02000d",
      Buffer.from("HTTP").toString("hex"),
    ])
      expect(bytes.indexOf(needle, 0, "hex"), needle).equals(-1);
    expect(tapvs(["replay", wire("nat"), "-c", config("nat"), "--anonymise", "a key"])).includes({ code: 2 });
  });

  it("writes the same bytes each time", () => {
    for (const name of ["first", "second"])
      tapvs(["replay", wire("nat"), "-c", config("nat"), "-w", path(name), "--linger", "60"]);
    expect(readFileSync(path("first")).equals(readFileSync(path("second")))).equals(true);
    const texts = [1, 2].map(() => tapvs(["replay", wire("nat"), "-c", config("nat"), "--connections"]).out);
    expect(texts[0]).equals(texts[1]);
  });

  it("lists counters and connections as ipvsadm does", () => {
    const stats = tapvs(["replay", wire("nat"), "-c", config("nat"), "--stats"]);
    expect(stats.out).equals(readFileSync("fixtures/captures/nat/stats.txt", "utf8").split(/(?=^IP Virtual)/m)[0]);
    const both = tapvs(["replay", wire("nat"), "-c", config("nat"), "--stats", "--connections"]);
    expect(both.out.startsWith(stats.out)).equals(true);
    expect(both.out).includes("IPVS connection entries\n");
    expect(both.out.match(/TIME_WAIT/g)).lengthOf(6);
  });

  it("tells in the summary what happened to the packets", () => {
    const { out } = tapvs(["replay", wire("nat"), "-c", config("nat")]);
    expect(out).matches(/324 packets .* passed over: 162 that a director had sent/);
    expect(out).matches(/^eth0 +88 +6381 +76 +68857$/m);
    expect(out).matches(/^ *154 {2}sent/m);
    expect(out).matches(/^ {2}172\.16\.1\.3:80 Masq +4 +56 +48 +3262 +45038$/m);
  });

  it("gives the results as one JSON document", () => {
    const { out } = tapvs(["replay", wire("nat"), "-c", config("nat"), "--json", "--connections"]);
    const results = JSON.parse(out);
    expect(results).includes({ v: 1, capture: wire("nat"), packets: 324, sentByDirector: 162 });
    expect(results.verdicts[0]).deep.includes({ verdict: "sent", dropped: false, packets: 154 });
    expect(results.services[0].statistics).deep.equals({
      connections: 6,
      inPackets: 84,
      outPackets: 72,
      inBytes: 4893,
      outBytes: 67557,
    });
    expect(results.connections).lengthOf(6);
  });

  it("reads standard input and writes standard output", () => {
    const { code, out } = tapvsBytes(["replay", "-", "-c", config("dr"), "-w", "-"], {
      input: readFileSync(wire("dr")),
    });
    tapvs(["replay", wire("dr"), "-c", config("dr"), "-w", path("dr-file")]);
    expect(code).equals(0);
    expect(out.equals(readFileSync(path("dr-file")))).equals(true);
  });

  it("finds the ports of a capture that names none by MAC addresses and networks", async () => {
    const chunks: Uint8Array[] = [];
    const writer = new PcapWriter((bytes) => chunks.push(bytes.slice()));
    for (const packet of (await readSorted(wire("nat"))).packets) writer.packet(packet);
    writeFileSync(path("nat.pcap"), Buffer.concat(chunks));
    const named = JSON.parse(tapvs(["replay", wire("nat"), "-c", config("nat"), "--json"]).out);
    const { code, out } = tapvs(["replay", path("nat.pcap"), "-c", config("nat"), "--json"]);
    expect(code).equals(0);
    expect(JSON.parse(out).ports).deep.equals(named.ports);
    expect(JSON.parse(out).services).deep.equals(named.services);
  });

  it("lets no time run on after the last packet unless it is told to", () => {
    const left = (...words: string[]): number[] => {
      const { out } = tapvs(["replay", wire("nat"), "-c", config("nat"), "--json", "--connections", ...words]);
      return JSON.parse(out).connections.map(({ secondsLeft }: { secondsLeft: number }) => secondsLeft);
    };
    const at = left();
    expect(at).lengthOf(6);
    const drop = (seconds: number, later: number[]): boolean =>
      later.length === at.length && later.every((value, index) => Math.abs((at[index] ?? 0) - value - seconds) <= 1);
    expect(drop(10, left("--linger", "10"))).equals(true);
    expect(drop(30 - 2, left("--until", "30"))).equals(true);
    expect(left("--until", "1")).deep.equals(at);
    expect(left("--linger", "200")).deep.equals([]);
  });

  it("processes what stands before the end of a capture that is cut off, and ends with 1", async () => {
    writeFileSync(path("cut.pcapng"), readFileSync(wire("nat")).subarray(0, 100_000));
    const { code, out, err } = tapvs(["replay", path("cut.pcapng"), "-c", config("nat"), "-w", path("cut-out.pcapng")]);
    expect(code).equals(1);
    expect(err).matches(/cut\.pcapng: record \d+ at byte \d+: truncated: \d+ of \d+ bytes are there\n$/);
    expect(out).includes("221 packets");
    expect((await packetsOf(path("cut-out.pcapng"))).length).greaterThan(200);
  });

  const ETHERNET_FRAME = frame(60);
  const good = pcapRecord(LITTLE, 1, 0, ETHERNET_FRAME);
  const broken: readonly (readonly [string, Uint8Array, RegExp])[] = [
    [
      "a record longer than any snap length",
      file(pcapHeader(LITTLE), good, pcapRecord(LITTLE, 2, 0, frame(60), { captured: 0x7fffffff })),
      /record 2 at byte 100: /,
    ],
    [
      "a record that is cut off",
      file(pcapHeader(BIG), pcapRecord(BIG, 1, 0, ETHERNET_FRAME), pcapRecord(BIG, 2, 0, ETHERNET_FRAME).slice(0, 30)),
      /record 2 at byte 100: truncated/,
    ],
    ["another link type", file(pcapHeader(LITTLE, { linkType: 113 }), good), /at byte 0: link type 113 \(LINUX_SLL\)/],
  ];
  for (const [what, bytes, message] of broken) {
    it(`ends with 1 for a capture with ${what}, and names file, byte and record`, () => {
      writeFileSync(path("broken"), bytes);
      const { code, err } = tapvs(["replay", path("broken"), "-c", config("nat")]);
      expect(code).equals(1);
      expect(err)
        .matches(message)
        .and.includes(path("broken"))
        .and.not.matches(/^ +at /m);
    });
  }

  it("names a frame that arrives on no port that it could tell, and replays the others", () => {
    const arp = "ffffffffffff02000000990108060001080006040001020000009901c0000201000000000000c0000202";
    const stray = [...Buffer.from(arp, "hex")];
    const other = [...Buffer.from(arp.replace("c0000201", "0c0b0009").replace("c0000202", "0c0b0065"), "hex")];
    writeFileSync(
      path("stray.pcap"),
      file(pcapHeader(LITTLE), pcapRecord(LITTLE, 1, 0, stray), pcapRecord(LITTLE, 2, 0, other)),
    );
    const { code, out, err } = tapvs(["replay", path("stray.pcap"), "-c", config("nat")]);
    expect(code).equals(1);
    expect(err).matches(/stray\.pcap: record 1 at byte 24: on which of eth0, eth1 does it arrive\?/);
    expect(out).matches(/^ *1 {2}delivered/m);
    const onePort = tapvs(["replay", path("stray.pcap"), "-c", config("dr"), "--allow-idle"]);
    expect(onePort.code, "a director with one port").equals(0);
  });

  it("ends with 1 and the likeliest reason when there are services and nothing was balanced, unless that is meant", () => {
    const yaml = readFileSync(config("nat"), "utf8").replace("rules.ipvs", resolve("fixtures/captures/nat/rules.ipvs"));
    writeFileSync(path("strange.yaml"), yaml.replace("02:00:00:0d:00:01", "02:00:00:0d:00:77"));
    const words = ["replay", wire("nat"), "-c", path("strange.yaml")];
    const { code, err } = tapvs(words);
    expect(code).equals(1);
    expect(err).includes("nothing was balanced: no frame on eth0 is addressed to its mac: 02:00:00:0d:00:77");
    expect(tapvs([...words, "--allow-idle"]).code).equals(0);
  });

  it("warns of next hops that never answer, and of a MAC address that no frame is for", () => {
    const yaml = readFileSync(config("nat"), "utf8").replace(
      "rules: rules.ipvs",
      `rules: ${process.cwd()}/fixtures/captures/nat/rules.ipvs`,
    );
    writeFileSync(path("other.yaml"), yaml.replace("02:00:00:0d:00:02", "02:00:00:0d:00:77"));
    const { err } = tapvs(["replay", wire("nat"), "-c", path("other.yaml")]);
    expect(err).matches(/nobody answers ARP for (172[\d., ]+)?172\.16\.1\.3(, 172[\d., ]+)? on eth1/);
    expect(err).matches(/no frame on eth1 is addressed to it: is its mac: 02:00:00:0d:00:77 right\?/);
  });

  it("ends with 2 for mistakes in the configuration, the rules and the command line, and says where they are", () => {
    const yaml = (text: string): string => {
      writeFileSync(path("wrong.yaml"), text);
      return path("wrong.yaml");
    };
    const head = "interfaces:\n  - name: eth0\n    addresses: [10.0.0.1/24]\n";
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [[wire("nat"), "-c", path("absent.yaml")], /absent\.yaml: no such file or directory/],
      [[wire("nat"), "-c", yaml(`${head}    mtu: none\n`)], /wrong\.yaml:4:10: interfaces\[0\]\.mtu/],
    ];
    for (const [words, message] of cases) {
      const { code, err } = tapvs(["replay", ...words]);
      expect([code, message.test(err)], err).deep.equals([2, true]);
    }
    const rules = yaml(
      `${head}rules: |\n  # two mistakes\n  -A -t 10.0.0.1:80 -s rr\n\n  -A -t 10.0.0.1:80 -s wrr\n  -a -t 10.0.0.9:80 -r 10.0.0.2 -m\n`,
    );
    expect(tapvs(["replay", wire("nat"), "-c", rules])).deep.equals({
      code: 2,
      out: "",
      err: `${rules}:8: Service already exists\n${rules}:9: Service not defined\n`,
    });
    for (const words of [
      ["--linger", "soon"],
      ["--linger", "1", "--until", "2"],
      ["-w", wire("nat")],
    ]) {
      expect(tapvs(["replay", wire("nat"), "-c", config("nat"), ...words]).code, words.join(" ")).equals(2);
    }
    expect(tapvs(["replay", path("absent"), "-c", config("nat")])).deep.equals({
      code: 2,
      out: "",
      err: `${path("absent")}: no such file or directory\n`,
    });
  });

  it("does not write over the capture that it reads", () => {
    writeFileSync(path("own.pcapng"), readFileSync(wire("dr")));
    const { code, err } = tapvs(["replay", path("own.pcapng"), "-c", config("dr"), "-w", path("own.pcapng")]);
    expect(code).equals(2);
    expect(err).includes("would destroy the capture");
    expect(readFileSync(path("own.pcapng")).equals(readFileSync(wire("dr")))).equals(true);
  });

  it("takes the folder of a case for its capture and its configuration, and does not write over that either", () => {
    const [folder, file] = ["fixtures/captures/dr", wire("dr")];
    const told = tapvs(["replay", file, "-c", config("dr")]).out;
    expect(tapvs(["replay", folder]).out.replace(folder, file)).equals(told);
    expect(tapvs(["replay", file, "-c", folder]).out).equals(told);
    expect(tapvs(["replay", folder, "-w", file]))
      .includes({ code: 2 })
      .property("err")
      .includes("would destroy the capture");
  });

  it("colours nothing for a pipe", () => {
    const words = ["replay", wire("dr"), "-c", config("dr")];
    expect(tapvs(words).out).not.includes("\u001b");
    expect(tapvsProcess(words, { env: { NO_COLOR: "1" } }).out).not.includes("\u001b");
    expect(tapvsProcess(words, { env: { FORCE_COLOR: "1" } }).out).includes("\u001b[1mport");
  });

  it("ends quietly when nobody reads its output any more", async () => {
    const child = startTapvs(["replay", wire("nat"), "-c", config("nat"), "-w", "-"]);
    let err = "";
    child.stderr.on("data", (data) => {
      err += data;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const [code] = await once(child, "close");
    expect(code).equals(0);
    expect(err).not.matches(/EPIPE|^ +at /m);
  });

  it("ends with 130 on SIGINT", async () => {
    const child = startTapvs(["replay", "-", "-c", config("nat")]);
    const capture = readFileSync(wire("nat"));
    // Once so much is taken, the command is reading.
    await new Promise((resolve) =>
      child.stdin.write(Buffer.concat(Array.from({ length: 20 }, () => capture)), resolve),
    );
    child.kill("SIGINT");
    child.stdin.on("error", () => {});
    const [code, signal] = await once(child, "exit");
    expect([code, signal]).deep.equals([130, null]);
  });
});
