/** The fast path is the walk, only shorter: every recording on both ends the same, in bytes, times, listings and all that is remembered. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript, type Transcript, type TranscriptEvent } from "../../../src/core/capture/transcript.ts";
import { runTranscript } from "../../../src/core/replay/transcript-run.ts";
import { findCases } from "../../../src/io/recorded-cases.ts";
import { stateOf } from "../../support/state.ts";

const FOLDERS = [
  "golden",
  "golden-6.12/apps",
  "golden-6.12/sync",
  "golden-6.12/v6",
  "golden-apps",
  "golden-sync",
  "golden-v6",
  "golden-v6-random",
  "recordings",
  "tunnels",
].map((name) => `fixtures/${name}`);

interface Ending {
  readonly events: readonly string[];
  readonly state: readonly string[];
  readonly fastPackets: number;
}

const textOf = (event: TranscriptEvent): string =>
  JSON.stringify("frame" in event ? { ...event, frame: Buffer.from(event.frame).toString("hex") } : event);

function play(transcript: Transcript, fastPath: boolean): Ending {
  let state: string[] = [];
  let fastPackets = 0;
  const events = runTranscript(
    transcript,
    () => undefined,
    (director) => {
      state = stateOf(director);
      fastPackets = director.fastPackets;
    },
    { fastPath },
  );
  return { events: events.map(textOf), state, fastPackets };
}

describe("recordings on the fast path and on the walk", () => {
  for (const folder of FOLDERS) {
    it(`${folder}: the same bytes, times, listings, counters, states and timers`, () => {
      let taken = 0;
      for (const found of findCases(folder)) {
        if (found.kind !== "transcript") continue;
        const parsed = parseTranscript(readFileSync(found.path, "utf8"));
        if (parsed.kind !== "transcript") return expect.fail(`${found.path}: it does not parse`);
        const { transcript } = parsed;
        const fast = play(transcript, true);
        // What never took it was all walked, and `verify` compares that with the recording.
        if (fast.fastPackets === 0) continue;
        const walked = play(transcript, false);
        expect(fast.events, found.path).to.deep.equal(walked.events);
        expect(fast.state, found.path).to.deep.equal(walked.state);
        expect(walked.fastPackets, "the walk alone").to.equal(0);
        taken += fast.fastPackets;
      }
      expect(taken, "packets on the fast path").to.be.greaterThan(0);
    });
  }
});
