/** The words of schedulers that compare numbers. */
import { expect } from "chai";
import { keyFrom, schedulerOf, serverOf, serviceWith } from "./set-up.ts";

/** What the scheduler says of server A of weight 2 with these connections. */
function words(scheduler: string, active: number, inactive: number): string | undefined {
  const model = serviceWith(scheduler, [2, 1]);
  const server = serverOf(model, "A");
  server.activeConnections = active;
  server.inactiveConnections = inactive;
  return schedulerOf(model).describeDestination?.(server, keyFrom(1));
}

const SENTENCES = [
  ["wlc", 2, 1, "overhead 513 / weight 2 = 256.5"],
  ["twos", 2, 1, "overhead 513 / weight 2 = 256.5"],
  ["lblc", 2, 1, "overhead 513 / weight 2 = 256.5"],
  ["lc", 2, 1, "overhead 513"],
  ["sed", 1, 7, "(1+1)/2 = 1"],
  ["nq", 2, 7, "(2+1)/2 = 1.5"],
  ["nq", 0, 7, "idle"],
  ["fo", 2, 1, "weight 2"],
  ["ovf", 2, 1, "active 2 <= weight 2"],
  ["ovf", 3, 1, "active 3 > weight 2"],
  ["rr", 0, 0, "place 2 of 2 after the last pick"],
] as const;

describe("what schedulers compare, in words", () => {
  for (const [scheduler, active, inactive, sentence] of SENTENCES) {
    it(`${scheduler}, ${active} active and ${inactive} inactive: ${sentence}`, () => {
      expect(words(scheduler, active, inactive)).to.equal(sentence);
    });
  }

  it("says why a server is out of the question", () => {
    const model = serviceWith("sed", [2, 0]);
    const server = serverOf(model, "A");
    Object.assign(server, { overloaded: true, upperThreshold: 4, activeConnections: 3, inactiveConnections: 1 });
    const say = (name: string): string | undefined =>
      schedulerOf(model).describeDestination?.(serverOf(model, name), keyFrom(1));
    expect(say("A")).to.equal("unusable: overloaded (4 connections, upper threshold 4)");
    expect(say("B")).to.equal("unusable: weight 0");
  });

  it("lblc tells a cached server, and why it does not serve", () => {
    const model = serviceWith("lblc", [2, 2]);
    const scheduler = schedulerOf(model);
    scheduler.schedule(keyFrom(1));
    const say = (): string | undefined => scheduler.describeDestination?.(serverOf(model, "B"), keyFrom(1));
    expect(say()).to.equal("cached for this address");
    serverOf(model, "B").activeConnections = 3;
    expect(say()).to.equal("cached for this address, but crowded, overhead 768 / weight 2 = 384");
    expect(scheduler.describeState?.()).to.equal("cache entries: 1");
  });
});
