/** Every expiry that was measured on kernels of HZ=100 and HZ=250, as the readings of /proc/net/ip_vs_conn beside it show. */
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript, type Transcript } from "../../../src/core/capture/transcript.ts";
import { REFERENCE_KERNEL } from "../../../src/core/kernel/releases.ts";
import { differenceLines, differenceTitle } from "../../../src/core/replay/difference-text.ts";
import { withFittedPhase } from "../../../src/core/replay/tick-phase.ts";
import { verifyTranscript } from "../../../src/core/replay/transcript-case.ts";
import { runTranscript } from "../../../src/core/replay/transcript-run.ts";
import { readCase } from "../../kernel/scenario/case-file.ts";

/** Where the last byte of an IPv4 destination stands in a frame. */
const LAST_OF_DESTINATION = 33;
const FOLDER = "fixtures/timers";
/** See README.md of the fixtures: no one phase fits them. */
const CONTRADICT_THEMSELVES = ["hz100/hz_established", "hz100/hz_delete_nodest"];

function recording(name: string): Transcript {
  const parsed = parseTranscript(readFileSync(`${FOLDER}/${name}.jsonl`, "utf8"));
  if (parsed.kind === "errors") throw new Error(parsed.errors.map(({ message }) => message).join("\n"));
  return parsed.transcript;
}

describe("timers of the recorded kernels", function () {
  this.timeout(120_000);
  for (const kernel of ["hz100", "hz250"]) {
    for (const file of readdirSync(`${FOLDER}/${kernel}`)) {
      const name = `${kernel}/${file.slice(0, -".jsonl".length)}`;
      const doubtful = CONTRADICT_THEMSELVES.includes(name);
      it(`${name}: ${doubtful ? "fires as the rule says, not as a busy machine did" : "fires as the kernel's did"}`, () => {
        const { difference, frames } = verifyTranscript(recording(name));
        expect(frames).to.be.above(0);
        if (doubtful) expect(difference?.finding.kind).to.equal("text");
        else expect(difference && [differenceTitle(difference), ...differenceLines(difference)]).to.equal(undefined);
      });
    }
  }

  it("does not match at another HZ, or an eighth of a second beside", () => {
    const { head, ...rest } = recording("hz250/hz_udp");
    const { kernel = { hz: 250, release: "6.1.192", ticks: 0 } } = head;
    for (const other of [
      { ...kernel, hz: 100 },
      { ...kernel, hz: 1000 },
      { ...kernel, ticks: (kernel.ticks ?? 0) + 31 },
    ] as const) {
      expect(verifyTranscript({ ...rest, head: { ...head, kernel: other } }).difference).not.to.equal(undefined);
    }
  });

  it("a transcript that no kernel recorded is taken as it is", () => {
    const { head, ...rest } = recording("hz250/hz_udp");
    const { recordedOn: _, ...made } = head;
    const without = { ...rest, head: { ...made, kernel: { hz: 250, release: "6.1.192" } as const } };
    expect(withFittedPhase(without)).to.equal(without);
  });
});

describe("a recording without tick counter", () => {
  // The first server is full until the old connection is gone, which it is with the next tick.
  const { head, events } = readCase(
    `recorded on Linux 6.1.176
director eth0 10.1.0.254/24 10.1.0.100/32, eth1 10.2.0.1/24
-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.2 -m -x 1
tcp 10.1.0.1:40000 > 10.1.0.100:80 S
tcp 10.2.0.2:80 > 10.1.0.1:40000 S.
tcp 10.1.0.1:40000 > 10.1.0.100:80 .
-a -t 10.1.0.100:80 -r 10.2.0.3 -m
wait 0.107
tcp 10.1.0.1:40000 > 10.1.0.100:80 R
tcp 10.1.0.1:40000 > 10.1.0.100:80 S
wait 0.003
tcp 10.1.0.1:40001 > 10.1.0.100:80 S`,
    "case",
  );
  const recorded = (ticks: number): Transcript => {
    const made = runTranscript({ head: { ...head, kernel: { ...REFERENCE_KERNEL, ticks } }, events });
    return { head, events: made, lines: made.map((_, index) => index) };
  };

  it("matches if it does with any, and says with which", () => {
    const picks = new Set<number | undefined>();
    for (const ticks of [0, 0.2, 0.4, 0.6, 0.8]) {
      const recording = recorded(ticks);
      const last = recording.events.at(-1);
      picks.add(last?.do === "tx" ? last.frame[LAST_OF_DESTINATION] : undefined);
      const { difference, notes } = verifyTranscript(recording);
      expect(difference).equals(undefined);
      for (const note of notes)
        expect(note).matches(/^the recording has no tick counter: one of [\d.]+ ticks at t=0 fits/);
    }
    expect([...picks].sort()).deep.equals([2, 3]);
  });

  it("does not match what happens with none", () => {
    const { head, events, lines } = recorded(0);
    const wrong = events.map((event) => (event.do === "tx" ? { ...event, dev: "eth0" } : event));
    expect(verifyTranscript({ head, events: wrong, lines }).difference).not.equals(undefined);
  });
});
