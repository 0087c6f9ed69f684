/** The tick of kernels of any HZ, against the rule restated: kernel/time/timer.c, and what was measured of it. */
import { expect } from "chai";
import fc from "fast-check";
import { HZ_CHOICES, type Hz, KernelTicks } from "../../../src/core/time/kernel-ticks.ts";
import { fires } from "./wheel-model.ts";

const SECOND = 1_000_000;
const anyHz = fc.constantFrom(...HZ_CHOICES);

/** The largest delay of a timer of so many seconds, in microseconds, over many phases of the clock. */
function latest(hz: Hz, seconds: number): number {
  const ticks = new KernelTicks(hz);
  let worst = 0;
  for (let now = 0; now < 50 * SECOND; now += 7919)
    worst = Math.max(worst, ticks.fires(now, seconds * SECOND) - now - seconds * SECOND);
  return worst;
}

describe("KernelTicks", () => {
  it("a tick begins where its counter goes up, at every HZ and phase", () => {
    fc.assert(
      fc.property(anyHz, fc.double({ min: 0, max: 2 ** 33, noNaN: true }), fc.nat(1e9), (hz, phase, tick) => {
        const ticks = new KernelTicks(hz, phase);
        const begin = ticks.begin(ticks.at(0) + tick);
        expect(ticks.at(begin) - ticks.at(0)).to.equal(tick);
        expect(ticks.at(begin - 1) - ticks.at(0)).to.equal(tick - 1);
      }),
    );
  });

  it("timers fire in the tick of the kernel's rule", () => {
    fc.assert(
      fc.property(
        anyHz,
        fc.nat(2 ** 29),
        fc.nat(SECOND),
        fc.integer({ min: 1, max: 3600 }),
        (hz, phase, now, seconds) => {
          const ticks = new KernelTicks(hz, phase);
          const fired = ticks.at(ticks.fires(now, seconds * SECOND));
          expect(fired).to.equal(fires(ticks.at(now), ticks.at(now) + seconds * hz));
        },
      ),
    );
  });

  it("timers are late by up to the grain that was measured on kernels of HZ=100 and HZ=250, in seconds", () => {
    for (const [seconds, at100, at250] of [
      [1, 0.08, 0.032],
      [3, 0.08, 0.256],
      [10, 0.64, 0.256],
      [20, 0.64, 2.048],
      [60, 5.12, 2.048],
      [300, 5.12, 16.384],
    ] as const) {
      expect(latest(100, seconds) / SECOND, `${seconds} s at HZ=100`).to.be.within(at100 * 0.96, at100);
      expect(latest(250, seconds) / SECOND, `${seconds} s at HZ=250`).to.be.within(at250 * 0.96, at250);
    }
  });

  it("two directors of different HZ keep their own time", () => {
    expect(new KernelTicks(100).fires(0, SECOND)).to.equal(1_040_000);
    expect(new KernelTicks(250).fires(0, SECOND)).to.equal(1_024_000);
  });

  it("the next tick is known where the phase is, and somewhere in the middle where it is not", () => {
    const known = new KernelTicks(250, 1000.75);
    expect(known.next(1, 0)).to.equal(1000);
    expect(known.next(2, 0)).to.equal(5000);
    expect(new KernelTicks(250).next(1, 0)).to.equal(1600);
    expect(new KernelTicks(250).next(2, 0)).to.equal(6000);
  });
});
