import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import type { Transcript } from "../../src/core/capture/transcript.ts";
import { compareTranscripts } from "../../src/core/replay/compare.ts";
import { scratch } from "./scratch.ts";
import { tapvs } from "./tapvs.ts";
import { type CaseJson, transcriptOf } from "./verified.ts";
import { xmlProblem } from "./xml.ts";

const GOLDEN = "fixtures/golden";
const CAPTURES = "fixtures/captures";
const LABS = [
  ...["dr", "dr-ipv6", "dr-offloads"],
  ...["nat", "nat-ipv6", "nat-ipv6-offloads", "nat-offloads"],
  ...["tun", "tun-ipv6", "tun-ipv6-offloads", "tun-offloads"],
];

/** Cases that do not match, each with the reason. */
const notMatching = JSON.parse(readFileSync("fixtures/not-matching.json", "utf8")) as Readonly<Record<string, string>>;

const goldenNames = readdirSync(GOLDEN)
  .filter((name) => name.endsWith(".jsonl"))
  .map((name) => basename(name, ".jsonl"));

describe("tapvs verify", () => {
  const path = scratch();

  it("says once of a switch that it has no effect, however many cases set it", () => {
    const folder = path("idle");
    mkdirSync(folder);
    const [head = "", ...events] = readFileSync(`${GOLDEN}/${goldenNames[0]}.jsonl`, "utf8").split("\n");
    const made = JSON.parse(head) as { sysctl?: object };
    const idle = JSON.stringify({ ...made, sysctl: { ...made.sysctl, "net.ipv4.tcp_syncookies": 1 } });
    for (const name of ["a", "b"]) writeFileSync(join(folder, `${name}.jsonl`), [idle, ...events].join("\n"));
    const { code, err } = tapvs(["verify", folder]);
    expect(code).equals(0);
    expect(err.match(/.*tcp_syncookies.*/g)).deep.equals([
      `${join(folder, "a.jsonl")}: net.ipv4.tcp_syncookies has no effect here`,
    ]);
  });

  describe("of what the kernel did", () => {
    let cases: readonly CaseJson[] = [];
    let recorded = "";
    before(() => {
      recorded = path("recorded");
      cases = JSON.parse(tapvs(["verify", GOLDEN, CAPTURES, "--json", "--record", recorded]).out).cases;
    });

    for (const name of [...goldenNames, ...LABS]) {
      const reason = notMatching[name];
      it(reason === undefined ? `matches ${name}` : `does not match ${name}: ${reason}`, () => {
        const found = cases.find((one) => one.name === name);
        expect(found?.outcome, JSON.stringify(found?.difference)).equals(reason === undefined ? "match" : "differs");
      });
    }

    it("knows no reason for a case that is not there", () => {
      const elsewhere = (name: string): boolean => existsSync(`fixtures/${name}.jsonl`);
      expect([...goldenNames, ...LABS]).to.include.members(Object.keys(notMatching).filter((name) => !elsewhere(name)));
      for (const reason of Object.values(notMatching)) expect(reason).matches(/\S/);
    });

    it("compares every frame that the kernel sent", () => {
      const sent = (name: string): number =>
        transcriptOf(`${GOLDEN}/${name}.jsonl`).events.filter((event) => event.do === "tx").length;
      const frames = (name: string): number => cases.find((one) => one.name === name)?.frames ?? 0;
      for (const name of ["nat_http", "tun_mtu", "dr_fragments"]) expect(frames(name), name).equals(sent(name));
      expect(LABS.map(frames)).deep.equals([90, 90, 167, 162, 164, 358, 351, 90, 96, 181, 177]);
    });

    it("records what the emulator did in the same form", () => {
      expect(readdirSync(recorded).sort()).deep.equals([...goldenNames, ...LABS].map((name) => `${name}.jsonl`).sort());
      for (const name of goldenNames) {
        const recording = transcriptOf(`${GOLDEN}/${name}.jsonl`);
        const made = transcriptOf(join(recorded, `${name}.jsonl`));
        const inputs = ({ events }: Transcript): unknown[] =>
          events
            .filter((event) => event.do !== "tx")
            .map((event) => (event.do === "ipvsadm" ? { ...event, out: "" } : event));
        expect(inputs(made), name).deep.equals(inputs(recording));
        expect(compareTranscripts(recording, made.events).first, name).equals(undefined);
      }
    });

    it("verifies its own records", () => {
      const { code, out } = tapvs(["verify", recorded]);
      expect(out).includes(`${goldenNames.length + LABS.length} of ${goldenNames.length + LABS.length} match`);
      expect(code).equals(0);
    });
  });

  it("prints a line for each case and the sum, and ends with 0", () => {
    const { code, out, err } = tapvs(["verify", `${GOLDEN}/nat_http.jsonl`, `${CAPTURES}/nat`]);
    expect(out).equals("match    nat_http  (37 frames)\nmatch    nat  (162 frames)\n2 of 2 match\n");
    expect([code, err]).deep.equals([0, ""]);
  });

  describe("of what is no case", () => {
    it("goes on after a transcript that is broken, and ends with 1", () => {
      writeFileSync(
        path("broken.jsonl"),
        `${readFileSync(`${GOLDEN}/arp.jsonl`, "utf8").split("\n").slice(0, 3).join("\n")}\n{"do":"rx","t":1}\n`,
      );
      const { code, out, err } = tapvs(["verify", path("broken.jsonl"), `${GOLDEN}/arp.jsonl`]);
      expect(err).includes(`${path("broken.jsonl")}:4: dev: missing`);
      expect(out).matches(/^error +broken\nmatch +arp .*\n1 of 2 match\n$/);
      expect(code).equals(1);
    });

    it("ends with 2 for a path that is not there, or where nothing is to verify", () => {
      mkdirSync(path("empty"));
      mkdirSync(path("half"));
      cpSync(`${CAPTURES}/nat/director.yaml`, path("half/director.yaml"));
      for (const [where, message] of [
        ["absent.jsonl", "no such file or directory"],
        ["empty", "no transcript"],
        ["half", "wire.pcapng is missing"],
      ] as const) {
        const { code, out, err } = tapvs(["verify", path(where), `${GOLDEN}/arp.jsonl`]);
        expect([code, err.includes(`${path(where)}: ${message}`)], err).deep.equals([2, true]);
        expect(out).includes("1 of 2 match");
      }
    });

    it("ends with 2 for a lab with a wrong configuration or refused rules, with 1 for a broken capture", () => {
      const lab = path("wrong-lab");
      cpSync(`${CAPTURES}/dr`, lab, { recursive: true });
      writeFileSync(join(lab, "rules.ipvs"), "-A -t 12.11.0.101:80 -s rr\n-A -t 12.11.0.101:80\n");
      expect(tapvs(["verify", lab])).deep.equals({
        code: 2,
        out: "error    wrong-lab\n0 of 1 match\n",
        err: `${join(lab, "rules.ipvs")}:2: Service already exists\n`,
      });
      writeFileSync(join(lab, "director.yaml"), "interfaces: none\n");
      expect(tapvs(["verify", lab]).err).includes("director.yaml:1:13: interfaces: expected a list");
      cpSync(`${CAPTURES}/dr`, lab, { recursive: true });
      writeFileSync(join(lab, "wire.pcapng"), readFileSync(join(lab, "wire.pcapng")).subarray(0, 5000));
      const { code, err } = tapvs(["verify", lab]);
      expect(code).equals(1);
      expect(err).matches(/wire\.pcapng: record \d+ at byte \d+: truncated/);
    });

    it("does not record over a recording", () => {
      cpSync(`${GOLDEN}/arp.jsonl`, path("arp.jsonl"));
      const { code, err } = tapvs(["verify", path("arp.jsonl"), "--record", path("")]);
      expect(code).equals(2);
      expect(err).includes("--record would destroy the recording");
      expect(readFileSync(path("arp.jsonl"), "utf8")).equals(readFileSync(`${GOLDEN}/arp.jsonl`, "utf8"));
    });
  });

  it("says in one line that a capture is no transcript, and what to do with it", () => {
    const wire = "fixtures/captures/nat/wire.pcapng";
    const { code, err } = tapvs(["verify", wire]);
    expect(code).equals(2);
    expect(err).equals(
      `${wire}: this is a capture (pcapng), expected a transcript or a case; tapvs replay, explain and adopt take a capture\n`,
    );
  });

  it("tells the first twenty mistakes of a transcript, and how many more there are", () => {
    writeFileSync(path("junk.jsonl"), "junk\n".repeat(50));
    const { err } = tapvs(["verify", path("junk.jsonl")]);
    const lines = err.trimEnd().split("\n");
    expect([lines.length, lines.at(-1)]).deep.equals([21, `${path("junk.jsonl")}: and 30 more`]);
  });

  it("passes over a byte order mark, and takes a sysctl with slashes", () => {
    const [head = "", ...rest] = readFileSync(`${GOLDEN}/arp.jsonl`, "utf8").split("\n");
    const switched = JSON.stringify({ do: "sysctl", t: 0, key: "net/ipv4/ip_forward", value: 1 });
    writeFileSync(path("arp.jsonl"), `\uFEFF${[head, switched, ...rest].join("\n")}`);
    expect(tapvs(["verify", path("arp.jsonl")])).includes({ code: 0, err: "" });
  });

  it("writes JUnit XML", () => {
    writeFileSync(path("junk & <more>.jsonl"), "<\n");
    writeFileSync(
      path("differs.jsonl"),
      readFileSync(`${GOLDEN}/arp.jsonl`, "utf8").replace('"out": "IP Virtual', '"out": "IP <Virtual>'),
    );
    const junit = path("junit.xml");
    const { code } = tapvs([
      "verify",
      path("junk & <more>.jsonl"),
      path("differs.jsonl"),
      `${GOLDEN}/arp.jsonl`,
      "--junit",
      junit,
    ]);
    expect(code).equals(1);
    const xml = readFileSync(junit, "utf8");
    expect(xmlProblem(xml)).equals(undefined);
    expect(xml).includes('tests="3" failures="1" errors="1"');
    expect(xml.match(/<testcase /g)).lengthOf(3);
    expect(xml.match(/<failure /g)).lengthOf(1);
    expect(xml.match(/<error /g)).lengthOf(1);
  });

  it("writes one report to standard output, and what it tells beside to standard error", () => {
    const arp = `${GOLDEN}/arp.jsonl`;
    const { code, out, err } = tapvs(["verify", arp, "--junit", "-"]);
    expect([code, xmlProblem(out)]).deep.equals([0, undefined]);
    expect(err).matches(/^match +arp .*\n1 of 1 match\n$/);
    expect(tapvs(["verify", arp, "--summary", "-"]).out).includes("1 of 1");
    for (const other of [["--summary", "-"], ["--json"]])
      expect(tapvs(["verify", arp, "--junit", "-", ...other])).deep.equals({
        code: 2,
        out: "",
        err: "standard output has room for one of --junit -, --summary - and --json\n",
      });
  });

  it("makes no folder for the JUnit XML: one that is missing is an error", () => {
    const junit = path("missing/junit.xml");
    const { code, err } = tapvs(["verify", `${GOLDEN}/arp.jsonl`, "--junit", junit]);
    expect({ code, err }).deep.equals({ code: 2, err: `${junit}: no such file or directory\n` });
    expect(existsSync(path("missing"))).equals(false);
  });

  it("ends with 1 where no folder can be made for what it records", () => {
    const { code, err } = tapvs(["verify", `${GOLDEN}/arp.jsonl`, "--record", "/proc/x/y"]);
    expect({ code, err }).deep.equals({ code: 1, err: "/proc/x/y: no folder can be made in /proc\n" });
  });
});
