/** Broken frames one by one: after each the tables are true, what left is IPv4, and who listens makes no difference. */
import { expect } from "chai";
import fc from "fast-check";
import { headerProblem } from "../../../src/library/packet/problem.ts";
import { audit } from "../../support/audit.ts";
import type { Lab } from "../../support/lab.ts";
import { mutated } from "./mutations.ts";
import { diceOf, pick } from "./random.ts";
import { type Arrival, arrivals, town } from "./town.ts";

const POOL = arrivals();
const SWITCHES = ["schedule_icmp", "nat_icmp_send", "sloppy_tcp", "expire_nodest_conn"] as const;

/** What happens: frames, time passing, and the switches that are on. All from one number. */
interface RecordedFrame {
  readonly frames: readonly (Arrival & { readonly after: number })[];
  readonly on: readonly string[];
}

function storyOf(seed: number, length = 60): RecordedFrame {
  const dice = diceOf(seed);
  const frames = Array.from({ length }, () => ({ ...mutated(dice, POOL), after: pick(dice, [0, 0, 0.001, 0.5, 11]) }));
  return { frames, on: SWITCHES.filter(() => dice(3) === 0) };
}

function begin({ on }: RecordedFrame, silent: boolean, capacity = 4096): Lab {
  return town({ silent, sysctl: Object.fromEntries(on.map((name) => [name, 1])), seed: 1, capacity });
}

/** Everything that can be seen of a director after a story, frame by frame. */
function record(story: RecordedFrame, silent: boolean, capacity?: number): string[] {
  const made = begin(story, silent, capacity);
  const log: string[] = [];
  for (const { port, bytes, after } of story.frames) {
    const { verdict, sent } = made.receiveFrame(bytes, port === 0 ? "eth0" : "eth1");
    log.push(verdict, ...sent.map(({ port: out, bytes: left }) => `${out} ${Buffer.from(left).toString("hex")}`));
    log.push(...made.wait(after).map(({ port: out, bytes: left }) => `${out} ${Buffer.from(left).toString("hex")}`));
  }
  return [...log, ...made.ipvsadm("-Lnc").split("\n"), made.ipvsadm("-Ln --stats --exact"), `${made.director.counts}`];
}

/** A story shrinks to nothing simpler: its seed is what there is to know of it. */
const told = fc.noShrink(fc.integer({ min: 1, max: 0x7fffffff }));

describe("broken frames", () => {
  it("leave counters, chains and timers true, one by one", () => {
    fc.assert(
      fc.property(told, (seed) => {
        const happens = storyOf(seed);
        const made = begin(happens, true);
        for (const { port, bytes, after } of happens.frames) {
          const { sent } = made.receiveFrame(bytes, port === 0 ? "eth0" : "eth1");
          for (const seen of sent) expect(headerProblem(seen), `${seen}`).to.equal("");
          made.wait(after);
          audit(made.director.server);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("the same frames at the same times do the same, run after run", () => {
    fc.assert(
      fc.property(told, (seed) => {
        const happens = storyOf(seed);
        expect(record(happens, true)).to.deep.equal(record(happens, true));
      }),
      { numRuns: 25 },
    );
  });

  it("do the same whether anybody listens to their walk or not", () => {
    fc.assert(
      fc.property(told, (seed) => {
        const happens = storyOf(seed);
        expect(record(happens, false)).to.deep.equal(record(happens, true));
      }),
      { numRuns: 60 },
    );
  });

  it("do the same in a table that grows with them and shrinks after them", () => {
    fc.assert(
      fc.property(told, (seed) => {
        const happens = storyOf(seed, 120);
        const small = record(happens, true, 16).toSorted();
        expect(small).to.deep.equal(record(happens, true).toSorted());
      }),
      { numRuns: 40 },
    );
  });

  it("the same valid conversations do the same, listened to or not", () => {
    const valid: RecordedFrame = { frames: POOL.map((arrival) => ({ ...arrival, after: 0.01 })), on: [] };
    const heard = record(valid, false);
    expect(heard).to.deep.equal(record(valid, true));
    expect(heard.filter((line) => line === "sent").length, "most of them go on").to.be.above(POOL.length / 2);
  });

  it("every walk that is listened to ends in its verdict, after it began with what was received", () => {
    fc.assert(
      fc.property(told, (seed) => {
        const happens = storyOf(seed);
        const made = begin(happens, false);
        for (const { port, bytes } of happens.frames) {
          const { verdict } = made.receiveFrame(bytes, port === 0 ? "eth0" : "eth1");
          const [first] = made.events;
          const last = made.events.at(-1);
          expect(first?.kind === "received" && Buffer.from(first.bytes).equals(bytes)).to.equal(true);
          expect(last?.kind === "verdict" && last.verdict).to.equal(verdict);
        }
      }),
      { numRuns: 20 },
    );
  });
});
