import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Transcript } from "../../../src/core/capture/transcript.ts";
import { tentativeUntil } from "../../../src/core/replay/tentative.ts";
import { transcriptOf } from "../../kernel/verdict.ts";

const recording = (path: string): Transcript => transcriptOf(readFileSync(`fixtures/${path}.jsonl`, "utf8"), path);

describe("from when on a recorded kernel used its link-local addresses", () => {
  it("is told by what caused the first frame from one: here a SYN for an unknown neighbor", () => {
    const { head, events } = recording("golden-v6/v6_unanswered");
    const syn = events.filter((event) => event.do === "rx")[1];
    expect(tentativeUntil({ head, events })).deep.equals([2e6, (syn?.t ?? 0) * 1e6]);
  });

  it("is after two seconds at the latest, though nothing was sent from one before", () => {
    expect(tentativeUntil(recording("golden-v6/v6_link_local"))).deep.equals([2e6, 2e6]);
  });

  it("is from the beginning where nothing tells, as in IPv4 or before anything was recorded", () => {
    const { head, events } = recording("golden-v6/v6_link_local");
    expect(tentativeUntil({ head, events: events.filter((event) => event.do !== "tx") })).deep.equals([]);
    expect(tentativeUntil(recording("golden/dr_http"))).deep.equals([]);
  });
});
