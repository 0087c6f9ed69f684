/** Files that are not what they should be: file, line, what was expected. */
import { expect } from "chai";
import fc from "fast-check";
import { WorkError, type WorkFiles } from "../../../src/core/lessons/lesson.ts";
import { LESSONS } from "../../../src/core/lessons/lessons.ts";
import { Settings } from "../../../src/core/lessons/settings.ts";
import { readSteps, secondsOf } from "../../../src/core/lessons/steps.ts";
import { parseAddress } from "../../../src/core/wire/address.ts";

/** The mistakes that a piece of work is refused with; none if it is not refused. */
function mistakesOf(act: () => unknown): readonly string[] {
  try {
    act();
    return [];
  } catch (error) {
    if (!(error instanceof WorkError)) throw error;
    expect(error.code).equals("BAD_WORK");
    return error.mistakes;
  }
}

const check = (number: number, files: WorkFiles): readonly string[] =>
  mistakesOf(() => LESSONS[number - 1]?.check({ ...LESSONS[number - 1]?.files, ...files }));

describe("settings", () => {
  it("are told with their line, in the order of the lines", () => {
    const text = "# a comment\nrs1.gateway = 172.16.1.256\n\nrs3.gateway = 172.16.1.1 # why not\nnonsense\n";
    expect(check(3, { "network.conf": text })).deep.equals([
      "network.conf: rs2.gateway is missing: expected an IPv4 address such as 10.1.0.1",
      'network.conf:2: rs1.gateway: expected an IPv4 address such as 10.1.0.1, got "172.16.1.256"',
      "network.conf:4: rs3.gateway: there is no such name here, expected one of rs1.gateway, rs2.gateway",
      'network.conf:5: expected "name = value", got "nonsense"',
    ]);
  });

  it("stand there once", () => {
    const text = "rs1.gateway=172.16.1.1\nrs2.gateway=172.16.1.1\nrs1.gateway=172.16.1.1\n";
    expect(check(3, { "network.conf": text })).deep.equals([
      "network.conf:3: rs1.gateway: expected once, and it is in line 1 already",
    ]);
  });

  it("keep to their bounds", () => {
    expect(check(5, { "network.conf": "rs1.route_mtu = 9000\nrs2.route_mtu = big\n" })).deep.equals([
      'network.conf:1: rs1.route_mtu: expected a whole number from 576 to 1500, got "9000"',
      'network.conf:2: rs2.route_mtu: expected a whole number from 576 to 1500, got "big"',
    ]);
    expect(check(4, { "network.conf": "rs1.arp_ignore = 3" })[2]).includes("from 0 to 2");
  });

  it("may be answers that are not there yet, but not wrong ones", () => {
    expect(check(10, { "answers.txt": "packet =\nreason =\ntold =\nlimit =\n" })).deep.equals([]);
    expect(check(10, { "answers.txt": "packet = the last\nreason =\ntold = 100\nlimit =\n" })).deep.equals([
      'answers.txt:1: packet: expected a whole number from 1 to 64, got "the last"',
      'answers.txt:3: told: expected a whole number from 1 to 64, got "100"',
    ]);
    expect(check(9, { "answers.txt": "wlc = rs1 rs3\nsed =\nnq =\n" })).deep.equals([
      'answers.txt:1: wlc: expected up to 6 words, each one of rs1, rs2, got "rs1 rs3"',
    ]);
  });

  it("read addresses, numbers and words", () => {
    const settings = new Settings({ f: "a = 10.0.0.1\nb=7\r\nc = x , y\nd = y\n e = text with = in it" }, "f");
    expect(settings.address("a")).deep.equals(parseAddress("10.0.0.1"));
    expect(settings.number("b", 0, 9)).equals(7);
    expect(settings.answerNumber("b", 0, 9)).equals(7);
    expect(settings.answerWords("c", ["x", "y"], 2)).deep.equals(["x", "y"]);
    expect(settings.answerWords("d", ["x", "y"], 1)).deep.equals(["y"]);
    expect(settings.answerText("e")).equals("text with = in it");
    expect(mistakesOf(() => settings.done())).deep.equals([]);
  });
});

describe("rules", () => {
  const rules = (text: string): readonly string[] => check(1, { "rules.ipvs": text });

  it("are told with their line, with what ipvsadm says and what was expected", () => {
    const service = "-A -t 12.11.0.101:80 -s rr\n";
    const server = "-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m\n";
    expect(rules(`# first\n\n${server}`)).deep.equals([
      "rules.ipvs:3: ipvsadm says: Service not defined. Expected a line with -A for this service above it",
    ]);
    expect(rules(service + service)[0]).matches(/^rules\.ipvs:2: ipvsadm says: Service already exists\. Expected each/);
    expect(rules(service + server + server)[0]).matches(
      /:3: .* Destination already exists\. Expected each real server/,
    );
    expect(rules(service.replace("rr", "rrr"))[0]).matches(/:1: .*not found\. Expected the name of a scheduler/);
    expect(rules(`${service}${server.replace("-a", "-e")}`)[0]).matches(/No such destination\. Expected a real server/);
    expect(rules("hello\n")[0]).matches(/^rules\.ipvs:1: ipvsadm does not understand this line\. Expected words of/);
    expect(rules("-A -t nonsense -s rr")[0]).matches(/^rules\.ipvs:1: ipvsadm says: illegal .*Expected words of/);
  });

  it("are all looked at", () => {
    expect(rules("hello\n-a\n# no\n-X\n")).length(3);
  });
});

describe("steps", () => {
  const steps = (text: string) => readSteps({ "steps.txt": text }, "steps.txt");

  it("are commands and pauses", () => {
    const read = steps("# begin\n ipvsadm -Ln \r\n\nsleep 12\nsleep 3");
    expect(read).deep.equals([
      { kind: "ipvsadm", line: 2, words: "-Ln" },
      { kind: "sleep", line: 4, seconds: 12 },
      { kind: "sleep", line: 5, seconds: 3 },
    ]);
    expect(secondsOf(read)).equals(15);
  });

  it("are nothing else", () => {
    const what = 'expected "ipvsadm ..." or "sleep SECONDS" with 1 to 300 seconds, got';
    expect(mistakesOf(() => steps("wait 3\nsleep\nsleep 0\nsleep 301\nipvsadm\nsleep 5"))).deep.equals([
      `steps.txt:1: ${what} "wait 3"`,
      `steps.txt:2: ${what} "sleep"`,
      `steps.txt:3: ${what} "sleep 0"`,
      `steps.txt:4: ${what} "sleep 301"`,
      `steps.txt:5: ${what} "ipvsadm"`,
    ]);
    expect(mistakesOf(() => steps("sleep 200\nsleep 150"))).deep.equals([
      "steps.txt: expected no more than 300 seconds of sleep in all, got 350",
    ]);
  });

  it("are refused with their line where ipvsadm refuses", () => {
    expect(check(7, { "steps.txt": "sleep 1\nipvsadm -d -t 12.11.0.101:80 -r 172.16.1.9\n" })).deep.equals([
      "steps.txt:2: ipvsadm says: No such destination. Expected a real server that was added with -a before",
    ]);
  });
});

describe("whatever stands in the files", () => {
  const word = fc.constantFrom(
    ...["-A", "-a", "-e", "-t", "-r", "-s", "rr", "sh", "-m", "-g", "-i", "-b", "-w", "0", "-p", "-P", "-z", "sleep 9"],
    ...[
      "12.11.0.101:80",
      "172.16.1.2:80",
      "172.16.1.254",
      "rs1.gateway",
      "rs1.route_mtu",
      "=",
      "1400",
      "packet",
      "ipvsadm",
    ],
  );
  const line = fc.oneof(
    fc.array(word, { maxLength: 6 }).map((words) => words.join(" ")),
    fc.string(),
  );
  const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join("\n"));

  it("is judged or refused, and nothing is thrown but WorkError", () => {
    fc.assert(
      fc.property(fc.constantFrom(...LESSONS), text, fc.boolean(), (lesson, extra, alone) => {
        const files = Object.fromEntries(
          Object.entries(lesson.solution).map(([name, right]) => [name, alone ? extra : `${right}\n${extra}`]),
        );
        for (const mistake of mistakesOf(() => lesson.check(files))) {
          expect(mistake).matches(new RegExp(`^(${Object.keys(lesson.files).join("|")})(:\\d+)?: .*[Ee]xpected`, "s"));
        }
      }),
      { numRuns: 150 },
    );
  });
});
