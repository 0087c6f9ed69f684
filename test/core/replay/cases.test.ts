import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parseCase } from "../../../src/core/capture/case-text.ts";
import { formatCase } from "../../../src/core/capture/case-writer.ts";
import { type ParsedTranscript, parseTranscript, type Transcript } from "../../../src/core/capture/transcript.ts";
import { formatTranscript } from "../../../src/core/capture/transcript-writer.ts";
import { differenceTitle } from "../../../src/core/replay/difference-text.ts";
import { verifyTranscript, withExpectations } from "../../../src/core/replay/transcript-case.ts";

const FOLDERS = ["examples/cases", "fixtures/situations"];
const MOST_LINES = 12;

const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".case"))
    .map((name) => `${folder}/${name}`);

const read = (parsed: ParsedTranscript): Transcript => {
  if (parsed.kind === "errors") throw new Error(JSON.stringify(parsed.errors));
  return parsed.transcript;
};

/** Bytes as digits, so that a difference can be read; which line an event stood in does not matter. */
const plain = ({ head, events }: Transcript): unknown =>
  JSON.parse(
    JSON.stringify({ head, events }, (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
    ),
  );

describe("cases as text", () => {
  for (const file of FOLDERS.flatMap(filesIn)) {
    it(`${file} matches`, () => {
      const { difference, expectations } = verifyTranscript(read(parseCase(readFileSync(file, "utf8"))));
      expect(difference && differenceTitle(difference)).equals(undefined);
      expect(expectations).greaterThan(0);
    });

    it(`${file} is the same in both forms`, () => {
      const transcript = read(parseCase(readFileSync(file, "utf8")));
      expect(plain(read(parseTranscript(formatTranscript(transcript))))).deep.equals(plain(transcript));
      expect(plain(read(parseCase(formatCase(transcript))))).deep.equals(plain(transcript));
    });
  }

  it("say each reported situation in at most twelve lines", () => {
    for (const file of filesIn("fixtures/situations"))
      expect(readFileSync(file, "utf8").trimEnd().split("\n").length, file).at.most(MOST_LINES);
  });

  it("hold what the kernel was recorded to do as well as a transcript does", () => {
    for (const name of ["nat_http", "icmp_errors_nat", "sched_wrr", "tun_mtu"]) {
      const recording = read(parseTranscript(readFileSync(`fixtures/golden/${name}.jsonl`, "utf8")));
      const again = read(parseCase(formatCase(recording)));
      const frames = ({ events }: Transcript): unknown[] =>
        events.map((event) => ("frame" in event ? Buffer.from(event.frame).toString("hex") : event.do));
      expect(frames(again), name).deep.equals(frames(recording));
      expect(verifyTranscript(again).difference, name).equals(undefined);
    }
  });

  it("can have what happens written into them, and match then", () => {
    for (const file of filesIn("fixtures/situations")) {
      const bare = readFileSync(file, "utf8").replaceAll(/ => .*/g, "");
      const filled = withExpectations(read(parseCase(bare)));
      expect(verifyTranscript(filled).difference, file).equals(undefined);
      expect(
        filled.events.some((event) => event.expect !== undefined),
        file,
      ).equals(true);
    }
  });
});

const HEAD =
  "director eth0 10.1.0.254/24 10.1.0.100/32, eth1 10.2.0.1/24\n-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.2.0.2 -m\n";
const SYN = "tcp 10.1.0.1:40000 > 10.1.0.100:80 S";

/** Something else than happens, and what is said of it. */
const UNMET: readonly (readonly [string, string])[] = [
  [`${SYN} => picks 10.2.0.3`, `line 4: ${SYN}: expected picks 10.2.0.3`],
  [`${SYN} => sent eth0`, `line 4: ${SYN}: expected sent eth0`],
  [`${SYN} => sent eth1 to 10.2.0.2:81`, `line 4: ${SYN}: expected sent eth1 to 10.2.0.2:81`],
  [`${SYN} => sent 2 times`, `line 4: ${SYN}: expected sent 2 times`],
  [`${SYN} => sent nothing`, `line 4: ${SYN}: expected sent nothing`],
  [`${SYN} => dropped no-destination`, `line 4: ${SYN}: expected dropped no-destination`],
  [`${SYN} => known`, `line 4: ${SYN}: expected known`],
  [`${SYN} => sent udp`, `line 4: ${SYN}: expected sent udp`],
  [`${SYN} => sent S.`, `line 4: ${SYN}: expected sent S.`],
  [`${SYN} => sent via 10.2.0.3`, `line 4: ${SYN}: expected sent via 10.2.0.3`],
  [`${SYN} => sent ttl 64`, `line 4: ${SYN}: expected sent ttl 64`],
  ['-Ln => prints "10.2.0.3"', 'line 4: ipvsadm -Ln: expected prints "10.2.0.3"'],
  [
    "-A -t 10.1.0.100:80 -s rr => prints nothing",
    "line 4: ipvsadm -A -t 10.1.0.100:80 -s rr ends with 255, recorded was 0",
  ],
  ["-A -t 10.1.0.100:80 -s rr", "line 4: ipvsadm -A -t 10.1.0.100:80 -s rr ends with 255, recorded was 0"],
  ['-Ln => fails "x"', 'line 4: ipvsadm -Ln: expected fails "x"'],
];

describe("a case that does not match", () => {
  for (const [line, title] of UNMET) {
    it(`says ${title}`, () => {
      const { difference } = verifyTranscript(read(parseCase(`${HEAD}${line}`)));
      expect(difference && differenceTitle(difference)).equals(title);
    });
  }
});

const MISTAKES: readonly (readonly [string, string])[] = [
  [
    "director eth0 10.1.0.300/24",
    '1: expected an address with the length of its prefix, such as 10.1.0.254/24 or 2001:db8::1/64, got "10.1.0.300/24"',
  ],
  [
    `${HEAD}tpc 10.1.0.1:1 > 10.1.0.2:2`,
    '4: expected a packet such as tcp 10.1.0.1:40000 > 10.1.0.100:80 S, a line of ipvsadm, wait, at, expect, sysctl -w, cat, tx, or of the director name, director, route, neighbor, mark, sysctl, module, kernel, recorded, clock, connections; got "tpc 10.1.0.1:1 > 10.1.0.2:2"',
  ],
  [`${HEAD}\n# x\ntcp 10.1.0.1 > 10.1.0.2:2`, '6: word 2, "10.1.0.1": expected a source such as 10.1.0.1:40000'],
  [
    `${HEAD}tcp 192.0.2.1:1 > 10.1.0.2:2`,
    "4: no network of the director has its source: say on which interface it arrives, by on DEV",
  ],
  [`${HEAD}${SYN} on eth7`, '4: "on eth7": expected one of the director\'s interfaces, eth0, eth1'],
  [`${HEAD}wait 5 parsecs`, '4: expected a time such as 15 min, 1.5 s or 200 ms, got "5 parsecs"'],
  [
    `${HEAD}${SYN} => dropped no-destinaton`,
    '4: expected a reason such as martian-destination, no-destination, destination-unavailable, icmp-no-destination, no-route-to-destination, loopback-destination, local-destination, got "dropped no-destinaton"',
  ],
  [
    `${HEAD}${SYN} => sent eth2`,
    '4: expected an interface (eth0, eth1), to, from, via, mac, ttl, a protocol, flags, an ICMP message or "N times", not "eth2", got "sent eth2"',
  ],
  [`${HEAD}at 5 s: ${SYN}\nat 4 s: ${SYN}`, "5: expected a time not before 5 s, that of the line before, got 4"],
  [`${HEAD}director eth2`, '4: expected "director" before the first event: it describes the director'],
  ["director eth0 10.1.0.1/24\nexpect dropped", "2: expected a packet or a command before expect"],
  ["director eth0 10.1.0.1/24 mac", '1: expected mac or mtu and a value, got "mac"'],
  ["wait 1 s", "1: expected a director first, such as director eth0 10.1.0.254/24 10.1.0.100/32"],
  ["director eth0 10.1.0.1/24 mtu x", '1: expected a whole number from 68 to 65535, got "x"'],
  ["director eth0 10.1.0.1/24\n| x", "2: expected a command before what it printed"],
];

describe("a case with mistakes", () => {
  for (const [text, message] of MISTAKES) {
    it(`is told ${message.slice(0, 90)}`, () => {
      const parsed = parseCase(text);
      expect(parsed.kind === "errors" && parsed.errors.map((error) => `${error.line}: ${error.message}`)).deep.equals([
        message,
      ]);
    });
  }
});
