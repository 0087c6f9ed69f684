import { readFileSync } from "node:fs";
import { expect } from "chai";
import { readConfig } from "../../../src/io/config.ts";
import { CaptureTab } from "../../../src/web/page/capture/capture-tab.ts";
import { readDirectorFile, rulesText } from "../../../src/web/page/capture/director-file.ts";
import { kindOf, readCapture } from "../../../src/web/page/capture/reading.ts";
import { captureFile, runFile } from "../../../src/web/page/download.ts";
import { Run } from "../../../src/web/page/model/run.ts";
import { FIRST_SETUP } from "../../../src/web/page/model/setup.ts";
import { captureTab } from "../../../src/web/page/view/capture.ts";
import { tapvsProcess } from "../../cli/tapvs.ts";

const file = (path: string) => ({ name: path.split("/").at(-1) ?? "", bytes: new Uint8Array(readFileSync(path)) });

function dropped(mode: string): CaptureTab {
  const tab = new CaptureTab();
  tab.take(["wire.pcapng", "director.yaml", "rules.ipvs"].map((name) => file(`fixtures/captures/${mode}/${name}`)));
  return tab;
}

describe("a dropped capture", () => {
  for (const mode of ["nat", "dr", "tun"]) {
    it(`of ${mode} is told as the command line tells it`, () => {
      const tab = dropped(mode);
      expect(tab.problems).deep.equals([]);
      const folder = `fixtures/captures/${mode}`;
      const { out } = tapvsProcess(["explain", `${folder}/wire.pcapng`, "-c", `${folder}/director.yaml`, "--json"]);
      const { packets } = JSON.parse(out) as { packets: { packet: number; sentence?: string }[] };
      const told = new Map(packets.map(({ packet, sentence }) => [packet, sentence]));
      expect(tab.lines.length).equals(packets.length);
      for (const { record, outcome } of tab.lines) {
        if (record.kind === "walk") expect(outcome).equals(told.get(record.number));
        else expect(outcome).matches(/^sent because of \d+$/);
      }
    });
  }

  it("is drawn with the packet that was chosen, and its changes", () => {
    const tab = dropped("nat");
    tab.chosen = tab.lines.find(({ outcome }) => outcome.startsWith("reply of"))?.record.number ?? 0;
    const { text } = captureTab(tab);
    expect(text).includes('class="changed"');
    expect(text).includes("It is a real server&#39;s reply");
    expect(text).includes("The tables at the end");
  });

  it("says what would change a packet's end: each change was tried by a replay", () => {
    const tab = dropped("nat");
    tab.write("rules", tab.rules.replace(/-w \d+/g, "-w 0"));
    tab.chosen = tab.lines.find(({ outcome }) => outcome.includes("no-destination"))?.record.number ?? 0;
    expect(captureTab(tab).text).includes('data-do="cure"');
    tab.cure();
    const weights = (tab.cures ?? []).filter(({ change }) => change.includes("-w 1"));
    expect(weights.length).greaterThan(0);
    for (const { outcome } of weights) expect(outcome).matches(/^new connection/);
    expect(captureTab(tab).text).includes(`<dt>${weights[0]?.change}</dt>`);
  });

  it("shows the lines that have all the words of the filter", () => {
    const tab = dropped("nat");
    tab.filter = "SYN_RECV  new";
    expect(tab.filtered.length).greaterThan(0).and.lessThan(tab.lines.length);
    for (const { outcome } of tab.filtered) expect(outcome).matches(/^new .*SYN_RECV/);
  });

  it("tells what is wrong with a file, and shows what stood before it", () => {
    const { bytes } = file("fixtures/captures/nat/wire.pcapng");
    const cut = readCapture({ name: "cut.pcapng", bytes: bytes.subarray(0, bytes.length - 7) });
    expect(cut.problem).matches(/^cut\.pcapng: record \d+ at byte \d+: truncated/);
    expect(cut.packets.length).greaterThan(10);
    expect(readCapture({ name: "x.pcap", bytes: Uint8Array.of(1, 2, 3, 4) }).problem).includes(
      "neither pcap nor pcapng",
    );
  });

  it("knows captures, configurations and rules apart", () => {
    const text = (name: string, content: string) => kindOf({ name, bytes: new TextEncoder().encode(content) });
    expect(text("a.yaml", "")).equals("configuration");
    expect(text("director", "# mine\ninterfaces:\n")).equals("configuration");
    expect(text("rules", "-A -t 10.0.0.1:80")).equals("rules");
    expect(kindOf({ name: "dump", bytes: Uint8Array.of(0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0) })).equals("capture");
    expect(kindOf({ name: "dump.pcap", bytes: new Uint8Array(0) })).equals("capture");
  });

  it("tells refused rules by their line", () => {
    const tab = dropped("nat");
    tab.write(
      "rules",
      "-A -t 12.11.0.101:80 -s rr\n-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m\n-A -t 12.11.0.101:80 -s rr\n",
    );
    expect(tab.problems).deep.equals(["rules.ipvs:3: Service already exists"]);
  });
});

describe("director.yaml on the page", () => {
  const NO_RULES = rulesText("", "rules.ipvs");

  for (const mode of ["nat", "dr", "tun"]) {
    it(`of ${mode} is read as the command line reads it`, () => {
      const path = `fixtures/captures/${mode}/director.yaml`;
      const rules = rulesText(readFileSync(`fixtures/captures/${mode}/rules.ipvs`, "utf8"), "rules.ipvs");
      const read = readDirectorFile(readFileSync(path, "utf8"), path, rules);
      const expected = readConfig(path);
      if (read.kind === "problems" || expected.kind === "errors") return expect.fail("it is sound");
      const { rules: expectedRules, ...host } = expected.config;
      expect({ ...host, ...read.file.host }).deep.equals(host);
      expect(read.file.rules.lines).deep.equals(expectedRules.lines);
    });
  }

  const problems: readonly (readonly [string, string, string])[] = [
    [
      "a wrong address",
      "interfaces:\n  - name: eth0\n    addresses: [10.1.0.300/24]\n",
      "d.yaml:3:17: interfaces[0].addresses[0]: expected",
    ],
    ["an unknown key", "interfaces:\n  - name: eth0\ncolour: red\n", "d.yaml:3:1: colour: unknown key"],
    ["no YAML", "interfaces: [", "d.yaml:1:"],
    ["no interfaces", "routes: []\n", "d.yaml:1:1: interfaces: missing"],
    [
      "a bomb",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: [${"*c,".repeat(9)}]\n`,
      "d.yaml:1:1: Excessive alias count",
    ],
  ];
  for (const [what, text, start] of problems) {
    it(`tells ${what} by line and column`, () => {
      const read = readDirectorFile(text, "d.yaml", NO_RULES);
      if (read.kind === "file") return expect.fail("it is wrong");
      expect(
        read.problems.some((problem) => problem.startsWith(start)),
        read.problems.join("\n"),
      ).equals(true);
    });
  }

  it("may hold its rules itself, counted from their own line", () => {
    const read = readDirectorFile("interfaces:\n  - name: eth0\nrules: |\n  -A -t 10.0.0.1:80\n", "d.yaml", NO_RULES);
    if (read.kind === "problems") return expect.fail(read.problems.join());
    expect(read.file.rules).deep.equals({ file: "d.yaml", firstLine: 4, lines: ["-A -t 10.0.0.1:80"] });
  });
});

describe("a download", () => {
  it("of a run holds every frame on every segment, with comments that the reader keeps", () => {
    const run = new Run(FIRST_SETUP, [{ kind: "request", client: 0, at: 0 }]);
    run.advance(10_000);
    const { hops } = run.topology.network;
    const { packets, problem } = readCapture({ name: "x.pcapng", bytes: runFile(run) });
    expect(problem).equals(undefined);
    expect(packets.map(({ bytes }) => Array.from(bytes))).deep.equals(hops.map(({ bytes }) => Array.from(bytes)));
    expect(packets.map(({ time }) => time)).deep.equals(hops.map(({ time }) => time));
    expect(packets.map((packet) => packet.interface.name)).deep.equals(hops.map(({ segment }) => segment));
  });

  it("of a capture holds what arrived and what is sent", () => {
    const tab = dropped("dr");
    const { packets, problem } = readCapture({ name: "x.pcapng", bytes: captureFile(tab) });
    expect(problem).equals(undefined);
    const walks = tab.lines.filter(({ record }) => record.kind === "walk");
    expect(packets.filter(({ direction }) => direction === "in")).have.length(walks.length);
    expect(packets.filter(({ direction }) => direction === "out").length).greaterThan(walks.length / 2);
  });
});
