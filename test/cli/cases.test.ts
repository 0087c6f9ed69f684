import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { readSorted } from "../../src/io/capture-file.ts";
import { scratch } from "./scratch.ts";
import { tapvs } from "./tapvs.ts";

const CASE = "examples/cases/drain.case";

describe("commands that take a case as text", () => {
  const path = scratch();

  it("replay runs its commands between its packets, and writes what goes over the wires", async () => {
    const { code, out } = tapvs(["replay", CASE, "--stats", "-w", path("drain.pcapng")]);
    expect(code).equals(0);
    expect(out).includes("-> 10.2.0.2:80                         3        3        0");
    const { packets } = await readSorted(path("drain.pcapng"));
    expect(packets.count).equals(14);
  });

  it("replay sends its frames through another director, too", () => {
    writeFileSync(
      path("director.yaml"),
      "interfaces: [{name: eth0, mac: '02:00:00:00:00:01', addresses: [10.1.0.254/24, 10.1.0.100/32]}]\nrules: |\n  -A -t 10.1.0.100:80 -s rr\n  -a -t 10.1.0.100:80 -r 10.1.0.7 -g\n",
    );
    const { code, out } = tapvs(["replay", CASE, "-c", path("director.yaml"), "--stats"]);
    expect(code).equals(0);
    expect(out).includes("-> 10.1.0.7:80                         4");
  });

  it("adopt makes a case of its frames", () => {
    const { code, out } = tapvs(["adopt", CASE, "-o", path("adopted"), "--vip", "10.1.0.100:80"]);
    expect(out).includes("4 connections balanced").and.includes("verify: match");
    expect(code).equals(0);
  });

  it("explain tells its packets, and a made-up one behind them", () => {
    expect(tapvs(["explain", CASE, "--packet", "2"]).out).includes("10.2.0.3:80 > 10.1.0.1:40000 TCP S.");
    const what = tapvs(["explain", CASE, "--after", "7", "--brief", "--packet", "tcp 10.1.0.9:1 > 10.1.0.100:80 S"]);
    expect(what.out).includes("new connection by rr, NAT to 10.2.0.2:80");
  });

  it("case writes the other form, which verify takes as well", () => {
    expect(tapvs(["case", "--transcript", CASE, "-o", path("drain.jsonl")]).code).equals(0);
    expect(tapvs(["case", path("drain.jsonl"), "-o", path("drain.case")]).code).equals(0);
    expect(readFileSync(path("drain.case"), "utf8")).includes("wait 20 min\n-Ln => prints");
    const { code, out } = tapvs(["verify", path("drain.jsonl"), path("drain.case")]);
    expect(out).includes("2 of 2 match");
    expect(code).equals(0);
  });

  it("verify refuses one that expects nothing, until that is filled in", () => {
    writeFileSync(path("bare.case"), readFileSync(CASE, "utf8").replaceAll(/ => .*/g, ""));
    const { code, err } = tapvs(["verify", path("bare.case")]);
    expect([code, err]).deep.equals([
      1,
      `${path("bare.case")}: expects nothing; tapvs case --fill writes down what happens\n`,
    ]);
    expect(tapvs(["case", "--fill", path("bare.case"), "-o", path("filled.case")]).code).equals(0);
    expect(tapvs(["verify", path("filled.case")]).code).equals(0);
  });

  it("name file and line of a mistake, whichever command reads it", () => {
    writeFileSync(path("wrong.case"), "director eth0 10.1.0.1/24\ntcp 10.1.0.9:1 10.1.0.1:2\n");
    const message = `${path("wrong.case")}:2: word 3, "10.1.0.1:2": expected >\n`;
    for (const words of [["verify"], ["explain"], ["case"], ["replay"], ["adopt", "-o", path("no")]]) {
      const { code, err } = tapvs([...words, path("wrong.case")]);
      expect([words[0], code, err]).deep.equals([words[0], words[0] === "verify" ? 1 : 2, message]);
    }
  });

  it("lines of ipvsadm that cannot be are told with the other mistakes, before anything is run", () => {
    const text =
      "director eth0 10.1.0.254/24 10.1.0.100/32\n-A -t 10.1.0.100:80 -Q\ntpc 10.1.0.1:1 > 10.1.0.100:80 S\n" +
      '-A -t 10.1.0.100:80 -s => fails "missing argument"\n-A -t 10.1.0.100:80 -W => code 255\n! -W: unknown option\n';
    writeFileSync(path("wrong.case"), text);
    const { code, err } = tapvs(["verify", path("wrong.case")]);
    expect(code).equals(1);
    expect(err.trimEnd().split("\n")).lengthOf(2);
    expect(err)
      .includes(
        `${path("wrong.case")}:2: ipvsadm -A -t 10.1.0.100:80 -Q: -Q: unknown option; expected a line that it takes, or "=> fails" behind it\n`,
      )
      .and.includes(`${path("wrong.case")}:3: expected a packet such as`);
    writeFileSync(path("right.case"), text.replace(/^(tpc|-A .*-Q$).*\n/gm, ""));
    expect(tapvs(["verify", path("right.case")])).includes({ code: 0 });
  });

  it("neighbor discovery, IPv4 options and tunnels are words, and expected in words", () => {
    writeFileSync(
      path("words.case"),
      `director eth0 fd00:1::254/64 fd00:1::100/128 10.1.0.254/24 10.1.0.100/32, eth1 10.2.0.1/24
-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.2 -i --tun-type gue --tun-port 6080
icmpv6 fd00:1::1 > ff02::1:ff00:100 ns fd00:1::100 => sent eth0 na to fd00:1::1
tcp 10.1.0.1:40000 > 10.1.0.100:80 S record-route 3 => sent gue to 10.2.0.2
gue 10.1.0.9:4000 > 10.1.0.100:6080 carrying tcp 10.9.0.1:1 > 10.1.0.100:80 S => sent port-unreachable
`,
    );
    expect(tapvs(["verify", path("words.case")])).includes({ code: 0 });
    expect(tapvs(["case", "--transcript", path("words.case"), "-o", path("words.jsonl")]).code).equals(0);
    const back = tapvs(["case", path("words.jsonl")]).out;
    expect(back).includes("ns fd00:1::100").and.includes("record-route 3").and.includes("gue 10.1.0.9:4000");
  });

  it("a frame of many segments is judged by the longest of them", () => {
    writeFileSync(
      path("segments.case"),
      `director eth0 10.1.0.254/24 10.1.0.100/32 fd00:1::254/64 fd00:1::100/128, eth1 10.2.0.1/24 fd00:2::1/64 mtu 1400
-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.2:80 -m
-A -t [fd00:1::100]:80 -s rr
-a -t [fd00:1::100]:80 -r [fd00:2::2]:80 -m
sysctl -w net.ipv4.vs.sloppy_tcp=1
tcp 10.1.0.1:40000 > 10.1.0.100:80 . len 4000 df segment 1448 => dropped too-big, sent eth0 frag-needed
tcp 10.1.0.1:40000 > 10.1.0.100:80 . len 4000 df segment 1348 => known 10.2.0.2, sent eth1
tcp 10.1.0.1:40000 > 10.1.0.100:80 . len 4000 segment 1448 => known 10.2.0.2, sent eth1
tcp [fd00:1::1]:40000 > [fd00:1::100]:80 . len 4000 segment 1428 => dropped too-big, sent eth0 too-big
tcp [fd00:1::1]:40000 > [fd00:1::100]:80 . len 4000 segment 1328 => known [fd00:2::2]:80, sent eth1
`,
    );
    expect(tapvs(["verify", path("segments.case")])).includes({ code: 0, err: "" });
  });
});
