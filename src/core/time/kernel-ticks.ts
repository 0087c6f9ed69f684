/**
 * The kernel's tick: how long one lasts, where the clock stands in it, and when a timer of the kernel fires. Mirrors
 * kernel/time/timer.c: calc_wheel_index. All timers of a host obey its one clock; hosts of different HZ do not share it.
 */
import type { Flavoured } from "../flavoured.ts";

/** Ticks of the kernel's clock, jiffies: a moment or a length of time. */
export type Ticks = Flavoured<"ticks">;
/** Microseconds of the director's clock: a moment or a length of time. */
export type Microseconds = Flavoured<"microseconds">;

/** CONFIG_HZ, the ticks of a second: the values that a kernel can be built with. */
export type Hz = 100 | 250 | 300 | 1000;
export const HZ_CHOICES: readonly Hz[] = [100, 250, 300, 1000];

/** Slots of a level, and how much coarser each level is than the one below: LVL_BITS, LVL_CLK_SHIFT. */
export const SLOTS = 64;
/** A timer of level n starts less than `LEVEL_REACH * 8^n` ticks ahead. */
const LEVEL_REACH = SLOTS - 1;
/** Ticks from one slot of a level to the next. */
const GRAIN: readonly number[] = Array.from({ length: 9 }, (_, level) => 8 ** level);
/** The slots of all levels repeat after so many ticks: no phase beyond it makes a difference. */
const CYCLE = SLOTS * 8 ** 8;
const SECOND = 1_000_000;
/** Where in its tick the clock is taken to stand if nobody knows, see `begin`: as most recordings have it. */
const UNKNOWN_PHASE = 0.6;

/** Ticks from one slot of a level to the next. */
export const grainOf = (level: number): number => GRAIN[level] ?? 1;

/** The level that a timer so many ticks ahead goes to. */
export function levelOf(delta: number): number {
  let level = 0;
  for (let reach = LEVEL_REACH; delta >= reach; reach *= 8) level++;
  return level;
}

/** Levels of the wheel (LVL_DEPTH): a kernel of more than 100 ticks a second has one more. */
export const levelsAt = (hz: Hz): number => (hz > 100 ? 9 : 8);

/** A timer that is to run as long as the wheel reaches, or longer, is cut to some days (WHEEL_TIMEOUT_MAX). */
export function cutTo(levels: number, delta: number): number {
  const reach = LEVEL_REACH * grainOf(levels - 1);
  return delta < reach ? delta : reach - grainOf(levels - 1);
}

/** Microseconds are the director's clock everywhere; ticks are the kernel's. */
export class KernelTicks {
  /** Ticks of a second. */
  readonly hz: Hz;
  /** Microseconds of a tick; a fraction at HZ=300. */
  readonly length: number;
  readonly #levels: number;
  /** The tick in which time 0 lies, and how many microseconds of it have passed then. */
  readonly #base: number;
  readonly #into: number;
  readonly #phaseIsKnown: boolean;

  /** `phase` is the kernel's tick counter at time 0, fraction and all; `undefined` if nobody has read it. */
  constructor(hz: Hz, phase?: number) {
    this.hz = hz;
    this.length = SECOND / hz;
    this.#levels = levelsAt(hz);
    this.#phaseIsKnown = phase !== undefined;
    const ticks = (phase ?? 0) % CYCLE;
    this.#base = Math.floor(ticks);
    this.#into = Math.round((ticks - this.#base) * this.length);
  }

  /** The tick counter at `now`, in microseconds. */
  at(now: Microseconds): Ticks {
    return Math.floor(this.exactly(now));
  }

  /** The same with the fraction of the tick that has passed. */
  exactly(now: Microseconds): Ticks {
    return ((now + this.#into) * this.hz) / SECOND + this.#base;
  }

  /** When a tick begins, in whole microseconds. */
  begin(tick: Ticks): Microseconds {
    return Math.ceil(((tick - this.#base) * SECOND) / this.hz) - this.#into;
  }

  /** The level of the wheel that a timer set at `now` for `delay` goes to. */
  levelOf(now: Microseconds, delay: Microseconds): number {
    return levelOf(cutTo(this.#levels, this.at(now + delay) - this.at(now)));
  }

  /** When a timer set at `now` for `delay` fires, all in microseconds: at its level's next grain after it is due. */
  fires(now: Microseconds, delay: Microseconds): Microseconds {
    const tick = this.at(now);
    const delta = cutTo(this.#levels, this.at(now + delay) - tick);
    const grain = grainOf(levelOf(delta));
    return this.begin((Math.floor((tick + delta) / grain) + 1) * grain);
  }

  /** By how much at most a timer for `delay` fires too late, in microseconds: the grain of its level. */
  latest(delay: Microseconds): Microseconds {
    return grainOf(levelOf(cutTo(this.#levels, Math.floor(delay / this.length)))) * this.length;
  }

  /**
   * When the count-th tick from now on begins. Where nobody knows how much of this tick has passed, somewhere in the
   * middle: after 4 ms of 10, in most recordings the next packet finds done what is done with the next tick.
   */
  next(count: number, now: Microseconds): Microseconds {
    if (this.#phaseIsKnown) return this.begin(this.at(now) + count);
    return now + (count === 1 ? 1 - UNKNOWN_PHASE : count - 0.5) * this.length;
  }
}
