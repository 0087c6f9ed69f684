/** The timers of a host's kernel, but for those of connections, which have a wheel of their own. */
import { Agenda, type Appointment } from "./agenda.ts";
import type { KernelTicks, Microseconds } from "./kernel-ticks.ts";

/** More timers than are ever set. */
const MANY = 2 ** 45;

/**
 * An agenda whose appointments may be timers: these fire where the kernel's wheel would let them (KernelTicks.fires), and
 * within a tick in its order: those of the coarsest level first, and of a level the one that was set last
 * (kernel/time/timer.c: enqueue_timer, __run_timers).
 */
export class KernelTimers extends Agenda {
  readonly ticks: KernelTicks;
  #set = 0;

  constructor(ticks: KernelTicks) {
    super();
    this.ticks = ticks;
  }

  /** Sets a timer at `now` for `delay`, both in microseconds. */
  set(now: Microseconds, delay: number, run: (now: Microseconds) => void): Appointment {
    const turn = -(this.ticks.levelOf(now, delay) * MANY + ++this.#set);
    return this.scheduleAs(turn, this.ticks.fires(now, delay), run);
  }
}
