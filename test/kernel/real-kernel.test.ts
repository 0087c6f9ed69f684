import { expect } from "chai";
import { formatTranscript } from "../../src/core/capture/transcript-writer.ts";
import { compareSeeds } from "./fuzz/compare-seeds.ts";
import { installKernel, type Played, playOnKernel, whyNoBoot, whyNoKernel } from "./kernel.ts";
import { compileScenario } from "./scenario/scenario.ts";
import { judge, transcriptOf } from "./verdict.ts";

const SEEDS = 5;
/** Booting, and six seconds and more for each case on a machine that has other things to do. */
const TIMEOUT = 300_000;

/** In CI the kernel is installed if that is possible; elsewhere nobody's machine is changed. */
async function whyNot(): Promise<string | undefined> {
  const why = whyNoKernel();
  const still = why === undefined || process.env.CI !== "true" ? why : installKernel();
  return still ?? whyNoBoot();
}

describe("tapvs beside the real kernel", function () {
  this.timeout(TIMEOUT);

  before(async function () {
    const why = await whyNot();
    if (why === undefined) return;
    console.log(`      the real kernel does not run here: ${why}`);
    this.skip();
  });

  it("does the same in five new random cases", async () => {
    const first = Math.floor(Date.now() / 1000);
    const seeds = Array.from({ length: SEEDS }, (_, index) => first + index);
    const told: string[] = [];
    let compared = 0;
    await compareSeeds(seeds, (seed, outcome) => {
      compared++;
      if (outcome.kind === "differs" || outcome.kind === "failed") told.push(`seed ${seed}:`, ...outcome.lines);
    });
    expect(told, `fuzz.js ${first}-${first + SEEDS - 1}`).deep.equals([]);
    expect(compared).equals(SEEDS);
  });

  it("plays cases one by one and goes on after one that fails", async () => {
    const network = "director eth0 10.1.0.254/24\nhost c1 10.1.0.1 on eth0\n";
    const ping = compileScenario(`${network}c1 > 10.1.0.254 icmp 8/0 ident 1 number 2`, "ping", "ping");
    const [head = "", ...rest] = formatTranscript(ping).split("\n");
    const impossible = head.replace("10.1.0.254/24", "10.1.0.254/24 10.1.0.254/24".replace(" ", '","'));
    const results = new Map<string, Played>();
    await playOnKernel(
      new Map([
        ["a", [impossible, ...rest].join("\n")],
        ["b", formatTranscript(ping)],
      ]),
      (name, played) => results.set(name, played),
    );
    expect(results.get("a")).to.have.property("failed").that.includes("ip:");
    const played = results.get("b");
    if (played === undefined || "failed" in played) return expect.fail("the second case was not recorded");
    const transcript = transcriptOf(played.recording, "b");
    expect(transcript.head.kernel).matches(/^Linux \d/);
    expect(transcript.events.map((event) => event.do)).deep.equals(["rx", "tx"]);
    expect(judge(transcript).difference).deep.equals([]);
  });
});
