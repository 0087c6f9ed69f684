/** The timer wheel against the kernel's rule, restated without a wheel. */
import { expect } from "chai";
import fc from "fast-check";
import { KernelTicks } from "../../../src/core/time/kernel-ticks.ts";
import { type TimerRows, TimerWheel } from "../../../src/core/time/timer-wheel.ts";
import { CUT_OFF, fires, LONGEST, WheelModel, worstDelay } from "./wheel-model.ts";

/** Rows that are nothing but timers. */
function timerRows(count: number): TimerRows {
  const [bucket, next, previous] = [0, 1, 2].map(() => new Int32Array(count).fill(-1));
  const field = (values: Int32Array | undefined) => ({
    get: (row: number): number => values?.[row] ?? -1,
    set: (row: number, value: number): void => {
      values?.fill(value, row, row + 1);
    },
  });
  const [buckets, nexts, previouses] = [field(bucket), field(next), field(previous)];
  return {
    timerBucket: buckets.get,
    setTimerBucket: buckets.set,
    timerNext: nexts.get,
    setTimerNext: nexts.set,
    timerPrevious: previouses.get,
    setTimerPrevious: previouses.set,
  };
}

const wheelOf = (rows = 16): TimerWheel => new TimerWheel(timerRows(rows), new KernelTicks(100));

/** The tick at which a timer that is set at `clock` to expire at `expires` fires; `clock` is the next tick. */
function firesAt(clock: number, expires: number): number {
  const wheel = wheelOf(1);
  wheel.advance(clock - 1, () => expect.fail("nothing is armed"));
  wheel.arm(0, expires);
  const fired: number[] = [];
  wheel.advance(clock + 64 * 8 ** 7, (_, tick) => fired.push(tick));
  expect(fired).to.have.length(1);
  return fired[0] ?? -1;
}

/** Ticks ahead: near the borders of every level, and anything. */
const ahead = fc.oneof(
  fc.nat(200),
  fc.tuple(fc.nat(7), fc.integer({ min: -3, max: 3 })).map(([level, step]) => Math.max(0, 63 * 8 ** level + step)),
  fc.nat(CUT_OFF + 1000),
);
const clock = fc.oneof(fc.nat(5000), fc.nat(2 ** 40));

describe("timer wheel", () => {
  it("a timer fires in the tick of the kernel's rule, whenever it is set and however far ahead", () => {
    fc.assert(
      fc.property(clock, ahead, (now, delta) => {
        expect(firesAt(now, now + delta)).to.equal(fires(now, now + delta));
      }),
      { numRuns: 2000 },
    );
  });

  it("a timer that rests where one for the same tick would be stays there when it is armed; none does in a bucket that is due", () => {
    const rows = timerRows(3);
    const wheel = new TimerWheel(rows, new KernelTicks(100));
    for (const row of [0, 1, 2]) wheel.arm(row, 10);
    expect(wheel.restingPlace(10)).to.equal(rows.timerBucket(0));
    expect(wheel.restingPlace(11)).not.to.equal(rows.timerBucket(0));
    // One of three expires: the others wait, and a timer for the bucket's next turn must not be taken for one of them.
    const due = rows.timerBucket(0);
    wheel.advance(11, () => undefined, 1);
    expect([wheel.isBehind, rows.timerBucket(0)]).to.deep.equal([true, due]);
    expect(Array.from({ length: 64 }, (_, ahead) => wheel.restingPlace(11 + ahead))).not.to.include(due);
    wheel.advance(11, () => undefined);
    expect(wheel.restingPlace(11 + 63)).to.equal(due);
  });

  it("never early, and late by at most 8 of 63", () => {
    fc.assert(
      fc.property(clock, fc.nat(CUT_OFF - 1), (now, delta) => {
        const late = firesAt(now, now + delta) - (now + delta);
        expect(late).to.be.at.least(1);
        expect(late).to.be.at.most(worstDelay(delta));
      }),
      { numRuns: 1000 },
    );
  });

  it("a few at a time: those left fire in the next calls, in the same order, unless they are armed again or disarmed", () => {
    const plans = fc.array(fc.tuple(fc.nat(15), fc.oneof(fc.nat(70), fc.constantFrom(503, 504, 505, 4032))), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 5 }), (plan, most) => {
        const [whole, slow] = [wheelOf(), wheelOf()];
        const [atOnce, bit] = [[] as number[][], [] as number[][]];
        for (const [index, [row, delta]] of plan.entries()) {
          const now = index * 40;
          for (const wheel of [whole, slow]) wheel.arm(row, now + delta);
          whole.advance(now + 39, (fired, tick) => atOnce.push([fired, tick]));
          // Meanwhile nobody is in a hurry, but all is done before the next is armed.
          do slow.advance(now + 39, (fired, tick) => bit.push([fired, tick]), most);
          while (slow.isBehind);
          slow.advance(now + 39, (fired, tick) => bit.push([fired, tick]));
        }
        expect(bit).to.deep.equal(atOnce);
      }),
      { numRuns: 200 },
    );
  });

  it("one that is due and armed again meanwhile waits for its new time", () => {
    const wheel = wheelOf(4);
    for (const row of [0, 1, 2, 3]) wheel.arm(row, 10);
    const fired: number[] = [];
    wheel.advance(20, (row) => fired.push(row), 1);
    expect([fired.length, wheel.isBehind]).to.deep.equal([1, true]);
    const [left = 0, other = 0] = [0, 1, 2, 3].filter((row) => !fired.includes(row));
    // The bucket's next turn is 64 ticks later.
    wheel.arm(left, 11 + 62);
    wheel.disarm(other);
    wheel.advance(20, (row) => fired.push(row));
    expect(fired).to.have.length(2);
    expect(fired).to.not.include(left);
    wheel.advance(200, (row) => fired.push(row));
    expect(fired.at(-1)).to.equal(left);
    expect(fired).to.not.include(other);
  });

  it("a timer that was due before fires with the next tick", () => {
    expect(firesAt(100, 99)).to.equal(100);
    expect(firesAt(100, 0)).to.equal(100);
    expect(firesAt(100, 100)).to.equal(101);
  });

  it("more than 15 days ahead is too far: the kernel cuts such a timer", () => {
    expect(firesAt(1, 1 + CUT_OFF - 1)).to.be.at.least(CUT_OFF);
    for (const delta of [CUT_OFF, CUT_OFF + 1, 2 ** 40]) {
      expect(firesAt(1, 1 + delta), `${delta}`).to.equal(fires(1, 1 + LONGEST));
    }
  });

  it("the seconds of every timeout are late as the reference kernel was seen to be", () => {
    // Largest lateness by timeout, in ticks at HZ 100: over all phases of the clock.
    for (const [seconds, ticks] of [
      [1, 8],
      [10, 64],
      [60, 512],
      [120, 512],
      [300, 512],
      [900, 4096],
    ] as const) {
      let worst = 0;
      for (let now = 1; now < 8192; now += 7)
        worst = Math.max(worst, fires(now, now + seconds * 100) - now - seconds * 100);
      expect(worst, `${seconds} s`).to.be.at.most(ticks);
      expect(worst, `${seconds} s`).to.be.above(ticks * 0.97 - 1);
    }
  });

  it("does what a list of timers would do: arm, re-arm, disarm and time passing in any order", () => {
    const row = fc.nat(7);
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ what: fc.constant("arm" as const), row, ticks: ahead }) },
      { weight: 1, arbitrary: fc.record({ what: fc.constant("disarm" as const), row, ticks: fc.constant(0) }) },
      {
        weight: 2,
        arbitrary: fc.record({ what: fc.constant("pass" as const), row, ticks: fc.oneof(fc.nat(100), ahead) }),
      },
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.oneof(fc.constant(0), ahead), { maxLength: 12 }),
        (steps, again) => {
          const model = new WheelModel();
          const wheel = wheelOf(8);
          // What fires may be armed again while others of the same tick still wait.
          const log = (timers: { arm(row: number, expires: number): void }, out: string[]) => {
            const plan = [...again];
            return (fired: number, tick: number): void => {
              out.push(`${fired}@${tick}`);
              const next = plan.shift() ?? 0;
              if (next > 0) timers.arm(fired, tick + next);
            };
          };
          const seen: string[] = [];
          const expected: string[] = [];
          const onWheel = log(wheel, seen);
          const onModel = log(model, expected);
          let now = 0;
          for (const { what, row: which, ticks } of steps) {
            if (what === "pass") {
              now += ticks;
              wheel.advance(now, onWheel);
              model.advance(now, onModel);
            } else if (what === "arm") {
              wheel.arm(which, now + ticks);
              model.arm(which, now + ticks);
            } else {
              wheel.disarm(which);
              model.disarm(which);
            }
            expect(wheel.isPending(which)).to.equal(model.isPending(which));
          }
          expect(seen).to.deep.equal(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("a timer armed again for the slot that is being emptied waits for its next turn", () => {
    const wheel = wheelOf(1);
    wheel.arm(0, 1);
    const fired: number[] = [];
    wheel.advance(200, (row, tick) => {
      fired.push(tick);
      if (fired.length < 3) wheel.arm(row, tick + 63);
    });
    expect(fired).to.deep.equal([2, 66, 130]);
  });

  it("who fires may take another of the same tick off", () => {
    const wheel = wheelOf(3);
    for (const row of [0, 1, 2]) wheel.arm(row, 5);
    const fired: number[] = [];
    wheel.advance(10, (row) => {
      fired.push(row);
      wheel.disarm(1);
    });
    expect(fired).to.deep.equal([2, 0]);
    expect(wheel.isPending(1)).to.equal(false);
  });

  it("long silences cost nothing", () => {
    const wheel = wheelOf(4);
    let fired = 0;
    for (const row of [0, 1, 2, 3]) wheel.arm(row, 50 * 8 ** (row * 2));
    // A hundred years, a year at a time; tick by tick that would be 3 * 10^11 steps, and the test would not end.
    for (let year = 1; year <= 100; year++) wheel.advance(year * 365 * 86_400 * 100, () => fired++);
    expect(fired).to.equal(4);
  });
});
