/** The capture of lesson 10, looked at by what did not make it. */

import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { RecordedFrame } from "../../../src/core/explain/explanation.ts";
import { recording } from "../../../src/core/lessons/capture-of-a-drop.ts";
import { LESSONS } from "../../../src/core/lessons/lessons.ts";
import { explainCapture } from "../../../src/core/replay/past.ts";
import { loadRules } from "../../../src/core/replay/rules.ts";
import { readSorted } from "../../../src/io/capture-file.ts";
import { readConfig } from "../../../src/io/config.ts";

const FOLDER = "fixtures/lessons/read-a-capture";

describe("lesson 10, the capture", () => {
  for (const [name, content] of Object.entries(recording().files)) {
    it(`is given out as ${FOLDER}/${name} has it (make it anew with: tapvs lesson start 10)`, () => {
      expect(Buffer.from(content).equals(readFileSync(`${FOLDER}/${name}`))).equals(true);
    });
  }

  it("tells the same story to explain: one drop, its reason, and the message about it", async () => {
    const result = readConfig(`${FOLDER}/director.yaml`);
    if (result.kind === "errors") throw new Error(JSON.stringify(result.errors));
    const { config } = result;
    const { packets, error } = await readSorted(`${FOLDER}/wire.pcapng`);
    expect(error).equals(undefined);
    const stories: RecordedFrame[] = [];
    const prepare = (director: Parameters<typeof loadRules>[0]) =>
      expect(loadRules(director, config.rules)).deep.equals([]);
    explainCapture(config, prepare, packets, {}, (story) => stories.push(story));
    const { frames, dropped, reason, told, limit } = recording();
    expect(stories.length).equals(frames.length);
    const ends = stories.map((story) => (story.kind === "walk" ? story.explanation.verdict : story.kind));
    expect(ends.flatMap((end, index) => (end === reason ? [index + 1] : []))).deep.equals([dropped]);
    const fine = new Set(["sent", "delivered", "parked"]);
    expect(ends.filter((end) => !fine.has(end))).deep.equals([reason]);
    expect(stories[told - 1]).include({ kind: "sent", cause: dropped });
    expect(stories.filter((story) => story.kind === "sent" && story.cause === undefined)).deep.equals([]);
    expect(LESSONS[9]?.solution["answers.txt"]).equals(
      `packet = ${dropped}\nreason = ${reason}\ntold = ${told}\nlimit = ${limit}\n`,
    );
  });
});
