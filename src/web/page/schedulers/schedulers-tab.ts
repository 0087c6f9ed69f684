/** The tab where several schedulers deal out the same sessions: what is chosen, how far it has gone, and what was guessed. */
import { SCHEDULER_NAMES } from "../../../core/ipvs/schedulers/schedulers.ts";
import { type Assignment, assign, type Session } from "../../../core/simulator/sessions.ts";

/** How long sessions are: all stay open; all are equally short; every third one is long, and the others are short. */
export const LENGTHS = ["open", "equal", "mixed"] as const;
export type Length = (typeof LENGTHS)[number];

export const MOST_SESSIONS = 40;
export const MOST_SERVERS = 6;
const MOST_CLIENTS = MOST_SESSIONS;

/** In seconds; a session begins each second. */
const EQUAL = 3.5;
const LONG = 14.5;
const SHORT = 1.5;

export interface SchedulersSetup {
  readonly schedulers: readonly string[];
  readonly weights: readonly number[];
  readonly sessions: number;
  readonly lengths: Length;
  /** Clients that the sessions come from, in turn; as many as there are sessions for one each. */
  readonly clients: number;
  readonly firstAddedFirst: boolean;
}

/** The lecture's table first: wrr with weights 2 and 1 gives sessions 1 3 4 6 7 and 2 5 8. */
export const FIRST_SCHEDULERS: SchedulersSetup = {
  schedulers: ["wrr", "rr", "wlc", "sed", "sh"],
  weights: [2, 1],
  sessions: 12,
  lengths: "open",
  clients: MOST_CLIENTS,
  firstAddedFirst: false,
};

/** Sessions that have begun when the tab is opened. */
const FIRST_SHOWN = 8;

export class SchedulersTab {
  setup = FIRST_SCHEDULERS;
  /** Sessions that have begun. */
  shown = FIRST_SHOWN;
  /** Whose reason is told: a scheduler, and the session's place. */
  told: { readonly scheduler: string; readonly session: number } | undefined;
  /** Guessed servers by `scheduler session`. */
  readonly #guesses = new Map<string, number>();
  readonly #known = new Map<string, readonly Assignment[]>();

  choose(change: Partial<SchedulersSetup>): void {
    this.setup = soundSchedulers({ ...this.setup, ...change });
    this.shown = Math.min(this.shown, this.setup.sessions);
    this.told = undefined;
    this.#known.clear();
    this.#guesses.clear();
  }

  /** One scheduler more, or one less. */
  toggle(name: string): void {
    const { schedulers } = this.setup;
    const chosen = schedulers.includes(name) ? schedulers.filter((known) => known !== name) : [...schedulers, name];
    this.choose({ schedulers: chosen.length === 0 ? schedulers : chosen });
  }

  goTo(shown: number): void {
    this.shown = Math.min(this.setup.sessions, Math.max(0, shown));
  }

  /** What the scheduler does with each session. */
  assignmentsOf(scheduler: string): readonly Assignment[] {
    const known = this.#known.get(scheduler);
    if (known !== undefined) return known;
    const { weights, firstAddedFirst } = this.setup;
    const assignments = assign({ scheduler, weights, firstAddedFirst, sessions: this.sessions });
    this.#known.set(scheduler, assignments);
    return assignments;
  }

  get sessions(): Session[] {
    const { sessions, lengths, clients } = this.setup;
    return Array.from({ length: sessions }, (_, number) => ({
      client: number % clients,
      begins: number,
      ends: number + lengthOf(lengths, number),
    }));
  }

  /** A guess for the next session of a scheduler. */
  guess(scheduler: string, server: number): void {
    if (this.shown < this.setup.sessions) this.#guesses.set(`${scheduler} ${this.shown}`, server);
  }

  guessOf(scheduler: string, session: number): number | undefined {
    return this.#guesses.get(`${scheduler} ${session}`);
  }

  /** How many guesses have been settled, and how many of them were right. */
  get score(): { readonly right: number; readonly of: number } {
    let [right, of] = [0, 0];
    for (const [key, server] of this.#guesses) {
      const [scheduler = "", session = ""] = key.split(" ");
      if (Number(session) >= this.shown) continue;
      of++;
      if (this.assignmentsOf(scheduler)[Number(session)]?.server === server) right++;
    }
    return { right, of };
  }
}

const lengthOf = (lengths: Length, number: number): number =>
  lengths === "open" ? Number.POSITIVE_INFINITY : lengths === "equal" ? EQUAL : number % 3 === 0 ? LONG : SHORT;

const within = (value: number, least: number, most: number): number =>
  Number.isFinite(value) ? Math.min(most, Math.max(least, Math.round(value))) : least;

/** The nearest setup that makes sense. */
export function soundSchedulers(wish: SchedulersSetup): SchedulersSetup {
  const schedulers = wish.schedulers.filter((name) => SCHEDULER_NAMES.includes(name));
  const weights = wish.weights.slice(0, MOST_SERVERS).map((weight) => within(weight, 0, 100));
  return {
    schedulers: schedulers.length === 0 ? FIRST_SCHEDULERS.schedulers : schedulers,
    weights: weights.length === 0 ? FIRST_SCHEDULERS.weights : weights,
    sessions: within(wish.sessions, 1, MOST_SESSIONS),
    lengths: LENGTHS.includes(wish.lengths) ? wish.lengths : FIRST_SCHEDULERS.lengths,
    clients: within(wish.clients, 1, MOST_CLIENTS),
    firstAddedFirst: wish.firstAddedFirst,
  };
}
