/** Every expiry that was measured on kernels of HZ=100 and HZ=250, as the readings of /proc/net/ip_vs_conn beside it show. */
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript, type Transcript } from "../../../src/core/capture/transcript.ts";
import { differenceLines, differenceTitle } from "../../../src/core/replay/difference-text.ts";
import { withFittedPhase } from "../../../src/core/replay/tick-phase.ts";
import { verifyTranscript } from "../../../src/core/replay/transcript-case.ts";

const FOLDER = "fixtures/timers";
/** See README.md of the fixtures: no one phase fits them. */
const CONTRADICT_THEMSELVES = ["hz100/hz_established", "hz100/hz_delete_nodest"];

function recording(name: string): Transcript {
  const parsed = parseTranscript(readFileSync(`${FOLDER}/${name}.jsonl`, "utf8"));
  if (parsed.kind === "errors") throw new Error(parsed.errors.map(({ message }) => message).join("\n"));
  return parsed.transcript;
}

describe("timers of the recorded kernels", function () {
  this.timeout(20_000);
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

  it("a recording that does not have the tick counter is taken as it is", () => {
    const { head, ...rest } = recording("hz250/hz_udp");
    const without = { ...rest, head: { ...head, kernel: { hz: 250, release: "6.1.192" } as const } };
    expect(withFittedPhase(without)).to.equal(without);
  });
});
