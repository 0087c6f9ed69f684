/** The examples are what the pages say of them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { parseTranscript } from "../../src/core/capture/transcript.ts";
import { verifyTranscript } from "../../src/core/replay/transcript-case.ts";
import { readConfig } from "../../src/io/config.ts";
import { CAPTURES, filesOf } from "./example-captures.ts";

const filesBelow = (directory: string, ending: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(directory, name));

describe("examples", () => {
  for (const { directory, mode, family } of CAPTURES) {
    it(`${directory} holds what the simulated network makes`, () => {
      for (const [name, bytes] of Object.entries(filesOf(directory, mode, family))) {
        const stored = readFileSync(join(directory, name));
        expect(stored.equals(bytes), `${name}: node dist/test/docs/write-captures.js writes it anew`).to.equal(true);
      }
    });
  }

  it("have configurations without mistakes", () => {
    const files = [
      ...CAPTURES.map(({ directory }) => join(directory, "director.yaml")),
      ...filesBelow("examples/what-if", ".yaml"),
    ];
    expect(files.length).to.be.greaterThan(7);
    for (const file of files) expect(readConfig(file).kind, file).to.equal("config");
  });

  it("have a transcript that matches", () => {
    const parsed = parseTranscript(readFileSync("examples/regression/cases/quiesced.jsonl", "utf8"));
    if (parsed.kind === "errors") throw new Error(JSON.stringify(parsed.errors));
    const { frames, difference } = verifyTranscript(parsed.transcript);
    expect([frames, difference]).to.deep.equal([4, undefined]);
  });

  it("have every scenario on the page of schedulers", () => {
    const page = readFileSync("docs/schedulers.md", "utf8");
    for (const file of filesBelow("examples/schedulers", ".txt")) {
      if (!file.endsWith("load.txt")) expect(page).to.include(file);
    }
  });

  it("have CI files that run verify", () => {
    const github = parse(readFileSync("examples/regression/github.yml", "utf8"));
    const steps: { readonly run?: string }[] = github.jobs.verify.steps;
    const gitlab = parse(readFileSync("examples/regression/gitlab.yml", "utf8"));
    const command = "npx tapvs verify cases --junit report.xml";
    const summary = `${command} --summary "$GITHUB_STEP_SUMMARY" --record made`;
    expect(steps.map(({ run }) => run)).to.include(summary);
    expect(gitlab.director.script).to.include(`${command} --record made`);
    expect(gitlab.director.artifacts.reports.junit).to.equal("report.xml");
  });
});
