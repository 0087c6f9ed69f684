/** Goes forward and back in one or two runs of the same actions, by one clock. Going back is living through it all again. */
import { type Action, type TimedAction, withAction } from "./action.ts";
import { Run } from "./run.ts";
import type { Setup } from "./setup.ts";

/** With more requests at once, nobody asks for each frame's walk. */
const CROWD = 40;
/** In microseconds. */
const SECOND = 1e6;
/** No moment: nothing is to be reached. */
const NOWHERE = -1;

export class Player {
  #setups: readonly Setup[];
  #actions: readonly TimedAction[];
  #runs: readonly Run[] = [];
  #head = 0;
  #target = NOWHERE;
  #again = false;

  constructor(setups: readonly Setup[], actions: readonly TimedAction[], head = 0) {
    this.#setups = setups;
    this.#actions = actions;
    this.#restart();
    this.goTo(head);
  }

  get runs(): readonly Run[] {
    return this.#runs;
  }

  get setups(): readonly Setup[] {
    return this.#setups;
  }

  get actions(): readonly TimedAction[] {
    return this.#actions;
  }

  /** The time that is shown, in microseconds; while `busy`, the time that will be. */
  get head(): number {
    return this.#target === NOWHERE ? this.#head : this.#target;
  }

  /** What happened before the moment to be reached happens once more. */
  get again(): boolean {
    return this.busy && this.#again;
  }

  /** There is a moment to be reached yet: call `work`. */
  get busy(): boolean {
    return this.#target !== NOWHERE;
  }

  /** Nothing is left to happen but timeouts. */
  get idle(): boolean {
    return this.due === Number.POSITIVE_INFINITY;
  }

  /** When the next thing happens in any run; Infinity if nothing is left. */
  get due(): number {
    return Math.min(...this.#runs.map(({ due }) => due));
  }

  /** How many connections have expired while nothing arrived, in all runs. */
  get expired(): number {
    return this.#runs.reduce((sum, { housekeeping }) => sum + housekeeping.length, 0);
  }

  /** The time, in microseconds, at which the first connection has expired for certain, in any run; `undefined` if there are none. */
  get nextTimeout(): number | undefined {
    const times = this.#runs.flatMap(({ nextTimeout, topology }) => {
      if (nextTimeout === undefined) return [];
      // Seconds left are cut to whole ones.
      const left = (nextTimeout + 1) * SECOND;
      return [left + topology.director.stack.server.ticks.latest(left)];
    });
    return times.length === 0 ? undefined : this.head + Math.ceil(Math.min(...times));
  }

  #restart(): void {
    this.#runs = this.#setups.map((setup) => new Run(setup, this.#actions));
    this.#head = 0;
    this.#again = true;
  }

  /** Other setups, the same actions, the same time. */
  choose(setups: readonly Setup[]): void {
    const { head } = this;
    this.#setups = setups;
    this.#restart();
    this.goTo(head);
  }

  /** Somebody does something now. */
  act(action: Action): void {
    const timed = { ...action, at: this.head };
    this.#actions = withAction(this.#actions, timed);
    for (const run of this.#runs) run.add(timed);
    this.goTo(this.head);
  }

  /** Nobody did anything, and the clock stands at 0. */
  clear(): void {
    this.#actions = [];
    this.#restart();
    this.#target = NOWHERE;
  }

  /** Makes `time` the moment to be reached. */
  goTo(time: number): void {
    if (time < this.#head || this.#runs.some(({ now }) => now > time)) this.#restart();
    this.#target = time;
  }

  /** Comes nearer to the moment to be reached, as long as `mayGoOn`; whether it is reached. */
  work(mayGoOn: () => boolean = () => true): boolean {
    if (this.#target === NOWHERE) return true;
    for (const run of this.#runs) if (!run.advance(this.#target, mayGoOn)) return false;
    this.#head = this.#target;
    this.#target = NOWHERE;
    this.#again = false;
    return true;
  }

  /** To the next moment at which a frame has arrived; false if there is none. */
  forward(): boolean {
    this.work();
    for (;;) {
      const next = this.#next();
      if (next === undefined) return this.#toTheLast();
      const stops = next.step();
      if (!stops || next.now <= this.#head) continue;
      this.goTo(next.now);
      return this.work();
    }
  }

  /** Everything that is left but timeouts, as long as `mayGoOn`; whether all of it has happened. Nothing is explained of a crowd. */
  rush(mayGoOn: () => boolean): boolean {
    this.work();
    const crowded = this.#runs.some(({ simulation }) => simulation.waiting > CROWD);
    for (const { topology } of this.#runs) topology.network.explains = !crowded;
    let next = this.#next();
    while (next !== undefined && mayGoOn()) {
      next.step();
      next = this.#next();
    }
    for (const { topology } of this.#runs) topology.network.explains = true;
    this.goTo(Math.max(this.#head, ...this.#runs.map(({ now }) => now)));
    this.work();
    return next === undefined;
  }

  /** Somebody may have given up waiting after the last frame arrived: that is a moment, too. */
  #toTheLast(): boolean {
    const last = Math.max(...this.#runs.map(({ now }) => now));
    if (last <= this.#head) return false;
    this.goTo(last);
    return this.work();
  }

  /** The run in which something happens first. */
  #next(): Run | undefined {
    let first: Run | undefined;
    for (const run of this.#runs) if (run.due < (first?.due ?? Number.POSITIVE_INFINITY)) first = run;
    return first;
  }

  /** To the moment before this one; false if this is the first. */
  back(): boolean {
    this.work();
    const before = this.#runs.flatMap(({ stops }) => stops.findLast((time) => time < this.#head) ?? []);
    if (this.#head === 0) return false;
    this.goTo(Math.max(0, ...before));
    return true;
  }
}
