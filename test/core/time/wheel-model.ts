/**
 * When a timer of the kernel fires, by the rule alone and without a wheel (kernel/time/timer.c: calc_wheel_index at HZ
 * 100): the level is the first n for which the timer is less than 63 * 8^n ticks ahead, and it fires at the first
 * multiple of 8^n after it is due.
 */
const LEVELS = 8;

/** What fires is never more than this far ahead; who asks for more than 63 * 8^7 ticks gets 62 * 8^7. */
export const CUT_OFF = 63 * 8 ** (LEVELS - 1);
export const LONGEST = 62 * 8 ** (LEVELS - 1);

/** `clock` is the next tick to be processed when the timer is set. */
export function fires(clock: number, expires: number): number {
  const ahead = expires - clock;
  if (ahead < 0) return clock;
  const delta = ahead < CUT_OFF ? ahead : LONGEST;
  let level = 0;
  while (level < LEVELS - 1 && delta >= 63 * 8 ** level) level++;
  const grain = 8 ** level;
  return (Math.floor((clock + delta) / grain) + 1) * grain;
}

/** How late a timer `delta` ticks ahead may be: an eighth and a little more, 8 of 63. */
export const worstDelay = (delta: number): number => Math.max(1, (delta * 8) / 63);

interface Armed {
  readonly fires: number;
  readonly level: number;
  /** Of two in one slot, the one put there last fires first. */
  readonly order: number;
}

/** The naive model of the wheel: a list of who fires when. */
export class WheelModel {
  readonly #armed = new Map<number, Armed>();
  #order = 0;
  /** The next tick. */
  clock = 0;

  arm(row: number, expires: number): void {
    const due = fires(this.clock, expires);
    const level = this.#levelOf(expires);
    const before = this.#armed.get(row);
    // A timer that stays in its slot keeps its place there.
    if (before?.fires === due && before.level === level) return;
    this.#armed.set(row, { fires: due, level, order: this.#order++ });
  }

  disarm(row: number): void {
    this.#armed.delete(row);
  }

  isPending(row: number): boolean {
    return this.#armed.has(row);
  }

  /** Everybody due up to and including `until`, as `ROW@TICK`. `expire` may arm again. */
  advance(until: number, expire: (row: number, tick: number) => void): void {
    for (;;) {
      const tick = Math.min(...[...this.#armed.values()].map(({ fires: due }) => due));
      if (tick > until) break;
      this.clock = tick + 1;
      const due = [...this.#armed].filter(([, armed]) => armed.fires === tick);
      due.sort(([, a], [, b]) => b.level - a.level || b.order - a.order);
      for (const [row, armed] of due) {
        // Somebody before it in the same tick may have taken it off.
        if (this.#armed.get(row) !== armed) continue;
        this.#armed.delete(row);
        expire(row, tick);
      }
    }
    this.clock = Math.max(this.clock, until + 1);
  }

  #levelOf(expires: number): number {
    const ahead = expires - this.clock;
    const delta = ahead < CUT_OFF ? ahead : LONGEST;
    let level = 0;
    while (level < LEVELS - 1 && delta >= 63 * 8 ** level) level++;
    return level;
  }
}
