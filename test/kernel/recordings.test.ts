import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { expect } from "chai";
import type { TranscriptEvent } from "../../src/core/capture/transcript.ts";
import { CASE, compileCase, readCase } from "./scenario/case-file.ts";
import { unmet } from "./scenario/expectation.ts";
import { compileScenario, type Scenario } from "./scenario/scenario.ts";
import { judge, transcriptOf } from "./verdict.ts";

const RECORDINGS = "fixtures/recordings";
const SCENARIOS = "test/kernel/scenarios";
const SUFFIX = ".scenario";

const read = (name: string) => transcriptOf(readFileSync(`${RECORDINGS}/${name}.jsonl`, "utf8"), name);

function scenario(name: string): Scenario {
  const file = `${SCENARIOS}/${name}${SUFFIX}`;
  return compileScenario(readFileSync(file, "utf8"), file, name);
}

/** What a director was told, without times and results. */
const inputs = (events: readonly TranscriptEvent[]): unknown[] =>
  events
    .filter((event) => event.do !== "tx")
    .map((event) => ({ ...event, t: 0, ...("out" in event && { code: 0, out: "", err: "" }) }));

describe("recordings of the real kernel made from scenarios", () => {
  const names = readdirSync(RECORDINGS)
    .filter((file) => file.endsWith(".jsonl"))
    .map((file) => file.slice(0, -".jsonl".length));

  it("are many, and each scenario has one", () => {
    const scenarios = readdirSync(SCENARIOS).map((file) => basename(file, extname(file)));
    expect(scenarios.length).greaterThan(20);
    expect(names).to.include.members(scenarios);
  });

  for (const name of names) {
    it(`${name}: tapvs does what the kernel did`, () => {
      const { frames, difference } = judge(read(name));
      expect(difference).deep.equals([]);
      expect(frames + read(name).events.length).greaterThan(0);
    });

    const file = `${SCENARIOS}/${name}${CASE}`;
    if (existsSync(file)) {
      it(`${name}: the case still is the one that was recorded, and its expectations hold`, () => {
        const text = readFileSync(file, "utf8");
        expect(inputs(compileCase(text, file, name).events)).deep.equals(inputs(read(name).events));
        expect(judge(readCase(text, file)).difference).deep.equals([]);
      });
    }

    if (!existsSync(`${SCENARIOS}/${name}${SUFFIX}`)) continue;

    it(`${name}: the scenario still is the one that was recorded, and its expectations hold`, () => {
      const { events } = read(name);
      const { events: compiled, expectations, nameOf } = scenario(name);
      expect(inputs(compiled)).deep.equals(inputs(events));
      expect(unmet(expectations, events, nameOf)).deep.equals([]);
    });
  }
});

/** Cases that do not match, each with the reason; by path below fixtures. */
const notMatching = JSON.parse(readFileSync("fixtures/not-matching.json", "utf8")) as Readonly<Record<string, string>>;

const FOLDERS: readonly (readonly [string, readonly string[]])[] = [
  ["of the kernel's helpers", ["golden-apps", "golden-6.12/apps"]],
  ["of its sync daemons", ["golden-sync", "golden-6.12/sync"]],
  ["of IPv6", ["golden-v6", "golden-v6-random", "golden-6.12/v6"]],
];

for (const [what, folders] of FOLDERS) {
  describe(`recordings ${what}`, () => {
    for (const folder of folders) {
      for (const file of readdirSync(`fixtures/${folder}`).filter((name) => name.endsWith(".jsonl"))) {
        const reason = notMatching[`${folder}/${file.slice(0, -".jsonl".length)}`];
        const title = reason === undefined ? "tapvs does what the kernel did" : `tapvs does not do it yet: ${reason}`;
        it(`${folder}/${file}: ${title}`, () => {
          const transcript = transcriptOf(readFileSync(`fixtures/${folder}/${file}`, "utf8"), file);
          const { frames, difference } = judge(transcript);
          expect(difference.length === 0, difference.join("\n")).equals(reason === undefined);
          // Some backups say nothing: then their listings are all there is.
          const listings = transcript.events.filter((event) => event.do === "ipvsadm" && event.out !== "");
          expect(frames + listings.length).least(reason === undefined ? 1 : 0);
        });
      }
    }
  });
}
