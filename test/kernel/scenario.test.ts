import { readFileSync } from "node:fs";
import { expect } from "chai";
import { prefixed } from "../../src/core/host/config/config.ts";
import { runTranscript } from "../../src/core/replay/transcript-run.ts";
import { firstWord, ipv4 as ipv4Address } from "../../src/core/wire/address.ts";
import { unmet } from "./scenario/expectation.ts";
import { compileScenario, type Scenario } from "./scenario/scenario.ts";
import { ScenarioError } from "./scenario/words.ts";
import { describe as described } from "./sent.ts";

const NETWORK = `
director eth0 10.1.0.254/24 10.1.0.100/32
director eth1 10.2.0.1/24 mtu 1000
host c1 10.1.0.1 on eth0
host s2 10.2.0.2 on eth1
name vip 10.1.0.100
`;
const SERVICE = "ipvsadm -A -t vip:80 -s rr\nipvsadm -a -t vip:80 -r s2:8080 -m\n";

const compiled = (lines: string): Scenario => compileScenario(NETWORK + lines, "case.scenario", "case");

/** The frames that arrive, in words. */
const arriving = (lines: string): string[] => {
  const { events, nameOf } = compiled(lines);
  return events.flatMap((event) => (event.do === "rx" ? [described(event, nameOf)] : []));
};

/** What is told about the first mistake, without the lines of the network. */
const mistake = (lines: string): string => {
  try {
    compiled(lines);
  } catch (thrown) {
    if (thrown instanceof ScenarioError) return thrown.message;
    throw thrown;
  }
  return "";
};

describe("a scenario", () => {
  it("describes the director and its neighbors", () => {
    const { head } = compiled(
      "route 10.9.0.0/16 via c1\nmark tcp vip 80:90 7\nsysctl net.ipv4.vs.sloppy_tcp 1\nhost s3 10.2.0.3 on eth1 unknown\nsleep 1",
    );
    expect(head.interfaces.map(({ name, mtu }) => [name, mtu])).deep.equals([
      ["eth0", 1500],
      ["eth1", 1000],
    ]);
    expect(head.neighbors.map(({ address, dev }) => [firstWord(address), dev])).deep.equals([
      [0x0a010001, "eth0"],
      [0x0a020002, "eth1"],
    ]);
    expect(head.routes).deep.equals([{ to: prefixed(0x0a090000, 16), via: ipv4Address(0x0a010001) }]);
    expect(head.marks).deep.equals([
      { protocol: 6, destination: prefixed(0x0a010064, 32), portFirst: 80, portLast: 90, mark: 7 },
    ]);
    expect(head.sysctl).deep.equals({ "net.ipv4.vs.sloppy_tcp": 1 });
  });

  it("makes packets in words", () => {
    expect(
      arriving(
        [
          "c1 > vip tcp 40000:80 SA seq 5 ack 6 ttl 3 tos 16 nodf id 77 data 10",
          'c1 > vip udp 1:2 data "hello" options 94040000',
          "c1 > vip icmp 8/0 ident 1 number 2",
          "c1 > vip proto 47 data x0000",
          "c1 > vip tcp 40000..40001:80 -",
        ].join("\n"),
      ),
    ).deep.equals([
      "eth0 c1 > vip tcp 40000:80 SA seq 5 ack 6 data 10 ttl 3 tos 16 id 77 length 50",
      "eth0 c1 > vip udp 1:2 ttl 64 df id 1 length 37 options 94040000",
      "eth0 c1 > vip icmp 8/0 rest 65538 ttl 64 df id 1 length 28",
      "eth0 c1 > vip proto 47 ttl 64 df id 1 length 22",
      "eth0 c1 > vip tcp 40000:80 - seq 1000 ack 0 ttl 64 df id 1 length 40",
      "eth0 c1 > vip tcp 40001:80 - seq 1000 ack 0 ttl 64 df id 1 length 40",
    ]);
  });

  it("cuts packets into fragments", () => {
    expect(arriving("c1 > vip udp 1:2 data 100 fragment 64 reversed")).deep.equals([
      "eth0 c1 > vip proto 17 ttl 64 id 1 length 64 fragment 64+44",
      "eth0 c1 > vip udp 1:2 ttl 64 id 1 length 84 fragment 0+64 more",
    ]);
    expect(arriving("c1 > vip udp 1:2 data 100 pieces 64,0+8,0+64 df")).deep.equals([
      "eth0 c1 > vip proto 17 ttl 64 df id 1 length 64 fragment 64+44",
      "eth0 c1 > vip udp 1:2 ttl 64 df id 1 length 28 fragment 0+8 more",
      "eth0 c1 > vip udp 1:2 ttl 64 df id 1 length 84 fragment 0+64 more",
    ]);
  });

  it("lets the real server that was picked answer, with the numbers that follow", () => {
    const lines = `${SERVICE}c1 > vip tcp 40000:80 S as first\nserver SA\nclient PA data 5\nc1 > vip tcp 40001:80 S\nclient of first A\nserver of first FA`;
    expect(arriving(lines)).deep.equals([
      "eth0 c1 > vip tcp 40000:80 S seq 1000 ack 0 ttl 64 df id 1 length 40",
      "eth1 s2 > c1 tcp 8080:40000 SA seq 5000 ack 1001 ttl 64 df id 1 length 40",
      "eth0 c1 > vip tcp 40000:80 PA seq 1001 ack 5001 data 5 ttl 64 df id 1 length 45",
      "eth0 c1 > vip tcp 40001:80 S seq 1000 ack 0 ttl 64 df id 1 length 40",
      "eth0 c1 > vip tcp 40000:80 A seq 1006 ack 5001 ttl 64 df id 1 length 40",
      "eth1 s2 > c1 tcp 8080:40000 FA seq 5001 ack 1006 ttl 64 df id 1 length 40",
    ]);
  });

  it("quotes packets in ICMP errors", () => {
    const lines = `${SERVICE}c1 > vip tcp 40000:80 S\ns2 > c1 icmp 3/4 mtu 900 quote 24 about sent\nc1 > vip icmp 11/0 about vip > c1 tcp 80:40000 A`;
    expect(arriving(lines).slice(1)).deep.equals([
      "eth1 s2 > c1 icmp 3/4 rest 900 ttl 64 df id 1 length 52 about c1 > s2 tcp 40000:8080 ttl 63 df id 1 length 40",
      "eth0 c1 > vip icmp 11/0 ttl 64 df id 1 length 56 about vip > c1 tcp 80:40000 ttl 64 df id 1 length 40",
    ]);
  });

  it("is a timeline", () => {
    const { events } = compiled(
      "sleep 1\nc1 > vip tcp 1:2 S\n+0.5 c1 > vip tcp 1:2 S\n+2\nsysctl net.ipv4.ip_forward 0",
    );
    expect(events.map((event) => event.do)).deep.equals(["sleep", "rx", "sleep", "rx", "sleep", "sysctl"]);
    const times = events.map(({ t }) => t);
    expect(times).deep.equals(times.toSorted((a, b) => a - b));
    expect(events[5]?.t).is.within(3.5, 3.6);
  });

  it("is documented by one that holds", () => {
    const documentation = readFileSync("docs/recording.md", "utf8");
    const [, example = ""] = /## A scenario\s+```text\n([\s\S]*?)```/.exec(documentation) ?? [];
    const scenario = compileScenario(example, "docs/recording.md", "example");
    expect(scenario.expectations.length).equals(3);
    expect(unmet(scenario.expectations, runTranscript(scenario), scenario.nameOf)).deep.equals([]);
  });

  it("knows what a director sends by words in order", () => {
    const met = compiled(
      `${SERVICE}c1 > vip tcp 40000:80 S\n=> eth1 c1 > s2 S ttl 63\nc1 > vip tcp 1:81 R\n=> nothing`,
    );
    expect(met.expectations.map(({ frames }) => frames.length)).deep.equals([1, 0]);
    const sent = { do: "tx", t: 0, dev: "eth1", frame: new Uint8Array(14) } as const;
    const [first, second, third, fourth] = met.events;
    if (!first || !second || !third || !fourth) return expect.fail("too few events");
    expect(unmet(met.expectations, [first, second, third, sent, fourth, sent], met.nameOf)).deep.equals([
      "case.scenario:10: expected eth1 c1 > s2 S ttl 63\n  but got eth1 ethertype 0 from 00:00:00:00:00:00",
      "case.scenario:12: expected nothing\n  but got eth1 ethertype 0 from 00:00:00:00:00:00",
    ]);
  });

  const MISTAKES: readonly (readonly [string, string, string])[] = [
    ["an unknown statement", "jump 5", "case.scenario:7: expected an IPv4 address or a name given before, got jump"],
    [
      "a line that ends too early",
      "c1 > vip tcp 1:2",
      "case.scenario:7: expected TCP flags such as SA, or -, got the end of the line",
    ],
    ["flags that are none", "c1 > vip tcp 1:2 X", "case.scenario:7: expected TCP flags such as SA, or -, got X"],
    ["a number out of range", "c1 > vip udp 1:2 ttl 256", "case.scenario:7: expected a TTL, 0 to 255, got 256"],
    ["a word too many", "sleep 1 2", "case.scenario:7: expected the end of the line, got 2"],
    [
      "an interface that is none",
      "host x 1.2.3.4 on eth7",
      "case.scenario:7: expected an interface of the director, got eth7",
    ],
    [
      "a network after the first event",
      "sleep 1\nroute default via c1",
      "case.scenario:8: expected the description of the network before the first event, got default",
    ],
    [
      "a source without a wire",
      "1.2.3.4 > vip udp 1:2",
      'case.scenario:7: expected a source with a host or a route on its wire, or "by HOST", got 1.2.3.4',
    ],
    [
      "nobody to answer",
      "c1 > vip tcp 1:2 S\nserver SA",
      "case.scenario:8: expected a conversation with a real server whose answers pass the director, got SA",
    ],
    [
      "nothing to quote",
      "s2 > c1 icmp 3/3 about sent",
      "case.scenario:7: expected a packet before this one that the error can quote, got none",
    ],
    [
      "a frame longer than the MTU",
      "s2 > c1 udp 1:2 data 1000",
      "case.scenario:7: expected frames that fit the MTU of the director's interface, got a longer one",
    ],
    [
      "a piece that no fragment can be",
      "c1 > vip udp 1:2 pieces 4+8",
      "case.scenario:7: expected pieces as OFFSET+LENGTH,OFFSET+LENGTH,..., got 4+8",
    ],
  ];
  for (const [what, lines, message] of MISTAKES) {
    it(`tells file, line and what was expected: ${what}`, () => {
      expect(mistake(lines)).equals(message);
    });
  }

  it("lists the words that may follow", () => {
    expect(mistake("c1 > vip udp 1:2 flags 3")).matches(
      /^case\.scenario:7: expected one of ttl, tos, .*, length, got flags$/,
    );
  });
});
