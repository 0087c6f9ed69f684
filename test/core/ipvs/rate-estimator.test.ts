/** Counters and rates after one burst, against what the kernel showed: fixtures/scheduler-picks/rate-estimator.txt. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import {
  CONNECTIONS,
  IN_BYTES,
  IN_PACKETS,
  OUT_BYTES,
  OUT_PACKETS,
  Statistics,
} from "../../../src/core/ipvs/statistics.ts";

const COUNTERS = [CONNECTIONS, IN_PACKETS, OUT_PACKETS, IN_BYTES, OUT_BYTES];
const TEXT = readFileSync("fixtures/scheduler-picks/rate-estimator.txt", "utf8");
const SERVICE = "10.0.0.100:53";

interface Sample {
  readonly seconds: number;
  /** `rate` or `stats`, the name, and the five figures. */
  readonly rows: readonly { readonly format: string; readonly name: string; readonly figures: readonly number[] }[];
}

function parseSamples(text: string): Sample[] {
  return text
    .split("# t=")
    .slice(1)
    .map((part) => {
      const [seconds = "", ...lines] = part.trimEnd().split("\n");
      const rows = lines.map((line) => {
        const [format = "", , name = "", ...figures] = line.split(/ +/);
        return { format, name, figures: figures.map(Number) };
      });
      return { seconds: Number(seconds), rows };
    });
}

/** The burst that the title line describes, on servers that rr picks in turn. */
function burst(): Map<string, Statistics> {
  const [, packets, length, connections] =
    /burst of (\d+) UDP packets \(IP length (\d+)\) on (\d+) connections/.exec(TEXT)?.map(Number) ?? [];
  const servers = [...TEXT.matchAll(/^\$ ipvsadm -a .* -r (\S+)/gm)].map(([, address]) => `${address}:53`);
  const statistics = new Map([SERVICE, ...servers].map((name) => [name, new Statistics()]));
  for (let packet = 0; packet < (packets ?? 0); packet++) {
    const connection = packet % (connections ?? 1);
    for (const name of [SERVICE, servers[connection % servers.length] ?? ""]) {
      if (packet === connection) statistics.get(name)?.countConnection();
      statistics.get(name)?.countIn(length ?? 0);
    }
  }
  return statistics;
}

describe("rate estimator", () => {
  it("shows what the kernel showed after a burst, in every sample", () => {
    const statistics = burst();
    let [before, compared] = [0.2, 0];
    for (const { seconds, rows } of parseSamples(TEXT)) {
      // A sample was taken soon after each tick of 2 s; one tick went by without.
      for (let tick = Math.round((seconds - before) / 2); tick > 0; tick--) {
        for (const each of statistics.values()) each.sample();
      }
      before = seconds;
      for (const { format, name, figures } of rows) {
        const shown = COUNTERS.map((counter) =>
          format === "rate" ? statistics.get(name)?.rate(counter) : statistics.get(name)?.shown(counter),
        );
        expect(shown, `${format} of ${name} at ${seconds} s`).to.deep.equal(figures);
        compared++;
      }
    }
    expect(compared)
      .to.equal(TEXT.match(/^(rate|stats) /gm)?.length)
      .and.above(100);
  });
});
