/** Random cases of both families on the real kernel and on tapvs. One boot plays everything. */
import { expect } from "chai";
import { formatTranscript } from "../../src/core/capture/transcript-writer.ts";
import { SEED } from "../seed.ts";
import { needs, skip } from "../support/machine.ts";
import { caseOf, nameOf, outcomeOf, wildCaseOf } from "./fuzz/compare-seeds.ts";
import { type Played, playOnKernel, whyNoBoot, whyNoKernel } from "./kernel.ts";
import { compileScenario } from "./scenario/scenario.ts";
import { judge, transcriptOf } from "./verdict.ts";

const SEEDS = 16;
const WILD_SEEDS = 6;
/** Booting, and six seconds and more for each case on a machine that has other things to do. */
const TIMEOUT = 900_000;

const wildNameOf = (seed: number): string => `wild_${nameOf(seed)}`;

/** A ping, and the same in a network that cannot be built. */
function ping(): { readonly possible: string; readonly impossible: string } {
  const network = "director eth0 10.1.0.254/24\nhost c1 10.1.0.1 on eth0\n";
  const possible = formatTranscript(
    compileScenario(`${network}c1 > 10.1.0.254 icmp 8/0 ident 1 number 2`, "ping", "ping"),
  );
  const [head = "", ...rest] = possible.split("\n");
  return { possible, impossible: [head.replace("10.1.0.254/24", '10.1.0.254/24","10.1.0.254/24'), ...rest].join("\n") };
}

describe("tapvs beside the real kernel", function () {
  this.timeout(TIMEOUT);
  const seeds = Array.from({ length: SEEDS }, (_, index) => SEED * SEEDS + index);
  const wildSeeds = Array.from({ length: WILD_SEEDS }, (_, index) => SEED * WILD_SEEDS + index);
  const results = new Map<string, Played>();
  const resultOf = (name: string): Played => results.get(name) ?? { failed: "was not played" };

  before(async function () {
    needs(this, "linux.uml", "modprobe", "ipvsadm", "ip", "iptables-legacy", "ip6tables-legacy", "python3");
    const why = whyNoKernel() ?? (await whyNoBoot());
    if (why !== undefined) skip(this, why);
    const { possible, impossible } = ping();
    const cases = new Map([
      ["a", impossible],
      ["b", possible],
      ...seeds.map((seed) => [nameOf(seed), caseOf(seed)] as const),
      ...wildSeeds.map((seed) => [wildNameOf(seed), wildCaseOf(seed)] as const),
    ]);
    await playOnKernel(cases, (name, played) => results.set(name, played));
  });

  it("plays cases one by one and goes on after one that fails", () => {
    expect(resultOf("a")).to.have.property("failed").that.includes("ip:");
    const played = resultOf("b");
    if ("failed" in played) return expect.fail("the second case was not recorded");
    const transcript = transcriptOf(played.recording, "b");
    expect(transcript.head.kernel).property("release").matches(/^\d/);
    expect(transcript.events.map((event) => event.do)).deep.equals(["rx", "tx"]);
    expect(judge(transcript).difference).deep.equals([]);
  });

  const holds = (name: string): void => {
    const outcome = outcomeOf(name, resultOf(name));
    const differs = outcome.kind === "differs" || outcome.kind === "failed";
    expect(differs ? outcome.lines : []).deep.equals([]);
  };

  for (const seed of seeds) {
    it(`does the same in the random case ${seed} (fuzz.js ${seed})`, () => holds(nameOf(seed)));
  }

  for (const seed of wildSeeds) {
    it(`does the same in the wild case ${seed} (fuzz.js --wild ${seed})`, () => holds(wildNameOf(seed)));
  }
});
