import { expect } from "chai";
import { KernelTicks } from "../../../src/core/time/kernel-ticks.ts";
import { KernelTimers } from "../../../src/core/time/kernel-timers.ts";

const SECOND = 1_000_000;

describe("KernelTimers", () => {
  it("of one tick, those of the coarsest level fire first, and of a level the one that was set last", () => {
    const timers = new KernelTimers(new KernelTicks(100));
    const fired: string[] = [];
    const set = (name: string, now: number, delay: number) => timers.set(now, delay, () => fired.push(name));
    // All of them fire at tick 640: of 64 ticks' grain, of 8, and of one.
    set("coarse", 0, 6 * SECOND);
    set("coarse too", 50_000, 6 * SECOND);
    set("middle", 4_400_000, 1_930_000 + 69_000);
    set("fine", 6_290_000, 100_000);
    for (let due = timers.takeDue(6_400_000); due !== undefined; due = timers.takeDue(6_400_000)) due.run(due.at);
    expect(fired).to.deep.equal(["coarse too", "coarse", "middle", "fine"]);
  });
});
