import { expect } from "chai";
import type { Destination } from "../../../../src/core/ipvs/destination.ts";
import { connectionOverhead } from "../../../../src/core/ipvs/destination.ts";
import { SeededRandom } from "../../../../src/core/ipvs/random.ts";
import { twos } from "../../../../src/core/ipvs/schedulers/twos.ts";
import { vsSysctlDefaults } from "../../../../src/core/ipvs/sysctl.ts";
import { keyFrom, serverOf, serviceWith } from "./set-up.ts";

/** One in ten thousand for 2 and 3 degrees of freedom (a table of the chi-square distribution). */
const CRITICAL: Readonly<Record<number, number>> = { 2: 18.42, 3: 21.11 };
const DRAWS = 20_000;
const SEEDS = [1, 2, 3, 20_260_101, 0xdeadbeef];

/** The chance of each server by the rule itself: all pairs of draws, counted. */
function chances(servers: readonly Destination[]): Map<Destination, number> {
  const total = servers.reduce((sum, { weight }) => sum + weight, 0);
  const at = (mark: number): Destination | undefined =>
    servers.find((_, index) => servers.slice(0, index + 1).reduce((sum, { weight }) => sum + weight, 0) >= mark);
  const chances = new Map<Destination, number>(servers.map((server) => [server, 0]));
  for (let i = 0; i <= total; i++) {
    for (let j = 0; j <= total; j++) {
      const [first, second] = [at(i), at(j)];
      if (first === undefined || second === undefined) throw new Error("a mark beyond the total");
      const heavier = connectionOverhead(first) / first.weight > connectionOverhead(second) / second.weight;
      const chosen = heavier ? second : first;
      chances.set(chosen, (chances.get(chosen) ?? 0) + 1 / (total + 1) ** 2);
    }
  }
  return chances;
}

/** Chi-square of `DRAWS` picks against the rule. */
function chiSquare(weights: readonly number[], active: readonly number[], seed: number): number {
  const { service } = serviceWith("twos", weights);
  for (const [index, server] of service.destinations.toReversed().entries())
    server.activeConnections = active[index] ?? 0;
  const random = new SeededRandom(seed);
  const context = { now: () => 0, sysctl: vsSysctlDefaults(), random: (limit: number) => random.upTo(limit) };
  const scheduler = twos(service, context);
  const seen = new Map<Destination, number>();
  for (let draw = 0; draw < DRAWS; draw++) {
    const server = scheduler.schedule(keyFrom(1));
    if (server !== undefined) seen.set(server, (seen.get(server) ?? 0) + 1);
  }
  let sum = 0;
  for (const [server, chance] of chances(service.destinations)) {
    if (chance > 0) sum += ((seen.get(server) ?? 0) - DRAWS * chance) ** 2 / (DRAWS * chance);
    else expect(seen.get(server) ?? 0).to.equal(0);
  }
  return sum;
}

describe("twos", () => {
  for (const [title, weights, active] of [
    ["equal weights", [1, 1, 1], [0, 0, 0]],
    ["weights 1, 2, 5", [1, 2, 5], [0, 0, 0]],
    ["unequal loads", [1, 2, 5, 3], [4, 2, 30, 9]],
  ] as const) {
    it(`picks as often as the rule says: ${title}, ${SEEDS.length} seeds`, () => {
      for (const seed of SEEDS) {
        expect(chiSquare(weights, active, seed), `seed ${seed}`).to.be.below(CRITICAL[weights.length - 1] ?? 0);
      }
    });
  }

  it("asks twice for a number from 0 to the sum of the usable weights; 0 is the first server's", () => {
    const model = serviceWith("twos", [3, 0, 4, 5]);
    serverOf(model, "D").overloaded = true;
    const asked: number[] = [];
    const answers = [4, 0, 5, 7];
    const context = {
      now: () => 0,
      sysctl: vsSysctlDefaults(),
      random: (limit: number) => answers[asked.push(limit) - 1] ?? 0,
    };
    const scheduler = twos(model.service, context);
    expect(scheduler.schedule(keyFrom(1))).to.equal(serverOf(model, "C"));
    expect(scheduler.schedule(keyFrom(1))).to.equal(serverOf(model, "A"));
    expect(asked).to.deep.equal([7, 7, 7, 7]);
  });

  it("takes the second draw only if it is less loaded", () => {
    const model = serviceWith("twos", [1, 1]);
    const draws = (first: number, second: number): Destination | undefined => {
      const answers = [first, second];
      const random = (): number => answers.shift() ?? 0;
      return twos(model.service, { now: () => 0, sysctl: vsSysctlDefaults(), random }).schedule(keyFrom(1));
    };
    const [a, b] = [serverOf(model, "A"), serverOf(model, "B")];
    expect([draws(1, 2), draws(2, 1)], "equal loads").to.deep.equal([b, a]);
    b.activeConnections = 1;
    expect([draws(1, 2), draws(2, 1), draws(1, 1)], "B is busier").to.deep.equal([a, a, b]);
    // 2^8 x 2^24 is 0 in 32 bits, less than the 1 of the idler one.
    Object.assign(a, { weight: 2 ** 24, inactiveConnections: 1 });
    expect(draws(1, 2), "products wrap").to.equal(b);
  });
});
