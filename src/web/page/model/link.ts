/** What is watched as the fragment of a link, and back. */
import { SCHEDULER_NAMES } from "../../../core/ipvs/schedulers/schedulers.ts";
import { FAULT_NAMES, type FaultName } from "../../../core/simulator/faults.ts";
import { MODES, type Mode } from "../../../core/simulator/layout.ts";
import { AF_INET, AF_INET6 } from "../../../core/wire/address.ts";
import { DRAWERS, type Drawer } from "../drawers.ts";
import { actionText, parseAction, type TimedAction, withAction } from "./action.ts";
import { FIRST_SETUP, MOST_CLIENTS, MOST_SERVERS, MOST_WEIGHT, type Setup, soundSetup } from "./setup.ts";

export interface Shared {
  readonly setup: Setup;
  /** The other mode of a comparison; `undefined` if nothing is compared. */
  readonly other: Mode | undefined;
  readonly actions: readonly TimedAction[];
  /** Microseconds. */
  readonly head: number;
  /** What is open beside the drawing. */
  readonly drawer: Drawer | undefined;
  readonly presenting: boolean;
  readonly predicting: boolean;
}

/** What a fragment says, and what of it could not be, each in a sentence. */
export interface Parsed {
  /** `undefined` if it names no mode. */
  readonly shared: Shared | undefined;
  readonly problems: readonly string[];
}

/** Links are short: only what is not as it is at first stands in them. */
export function fragmentOf({ setup, other, actions, head, drawer, presenting, predicting }: Shared): string {
  const words = new URLSearchParams();
  words.set("mode", setup.mode);
  if (other !== undefined) words.set("versus", other);
  if (setup.family !== FIRST_SETUP.family) words.set("family", "ipv6");
  if (setup.scheduler !== FIRST_SETUP.scheduler) words.set("scheduler", setup.scheduler);
  if (setup.weights.join() !== FIRST_SETUP.weights.join()) words.set("weights", setup.weights.join());
  if (setup.clients !== FIRST_SETUP.clients) words.set("clients", String(setup.clients));
  if (setup.persistentSeconds > 0) words.set("persistent", String(setup.persistentSeconds));
  if (setup.mtu !== FIRST_SETUP.mtu) words.set("mtu", String(setup.mtu));
  if (setup.faults.length > 0) words.set("faults", setup.faults.join());
  for (const action of actions) words.append("do", actionText(action));
  if (head > 0) words.set("time", String(head));
  if (drawer !== undefined) words.set("show", drawer);
  if (presenting) words.set("present", "1");
  if (predicting) words.set("predict", "1");
  return words.toString();
}

/** No later moment is gone to. */
const LATEST = 30 * 86_400 * 1e6;
const LONGEST_PERSISTENCE = 86_400;

/** Reads the words of a link, and notes what is wrong with them. */
class Words {
  readonly problems: string[] = [];
  readonly #words: URLSearchParams;

  constructor(fragment: string) {
    this.#words = new URLSearchParams(fragment.replace(/^#/, ""));
  }

  #wrong(name: string, value: string, expected: string): void {
    this.problems.push(`${name}=${value} in the link: expected ${expected}`);
  }

  /** One of the choices; `undefined` if the word is missing or none of them. */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.#words.get(name);
    if (value === null) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.#wrong(name, value, `one of ${choices.join(", ")}`);
    return found;
  }

  number(name: string, least: number, most: number, otherwise: number): number {
    const value = this.#words.get(name);
    if (value === null) return otherwise;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    this.#wrong(name, value, `a whole number from ${least} to ${most}`);
    return otherwise;
  }

  /** Words behind each other, separated by commas; those that `read` cannot read are left out. */
  list<Item>(
    name: string,
    expected: string,
    most: number,
    read: (text: string) => Item | undefined,
  ): Item[] | undefined {
    const value = this.#words.get(name);
    if (value === null) return undefined;
    const texts = value.split(",");
    const items = texts.map(read);
    if (items.includes(undefined) || items.length > most) this.#wrong(name, value, expected);
    return items.slice(0, most).filter((item) => item !== undefined);
  }

  /** Every word of this name. */
  actions(): TimedAction[] {
    let actions: TimedAction[] = [];
    for (const text of this.#words.getAll("do")) {
      const action = parseAction(text);
      if (action !== undefined && action.at <= LATEST) actions = withAction(actions, action);
      else this.#wrong("do", text, "an action and its time in microseconds, such as r0@0");
    }
    return actions;
  }

  /** Names that nobody knows. */
  unknown(known: readonly string[]): void {
    for (const name of this.#words.keys())
      if (!known.includes(name)) this.#wrong(name, this.#words.get(name) ?? "", `one of the names ${known.join(", ")}`);
  }
}

const NAMES = [
  "mode",
  "versus",
  "family",
  "scheduler",
  "weights",
  "clients",
  "persistent",
  "mtu",
  "faults",
  "do",
  "time",
];
const OTHER_NAMES = ["show", "present", "predict"];

/** What a fragment says. What is wrong in it is passed over, and said. */
export function parseFragment(fragment: string): Parsed {
  if (fragment === "" || fragment === "#") return { shared: undefined, problems: [] };
  const words = new Words(fragment);
  const mode = words.choice("mode", MODES);
  if (mode === undefined) {
    const problems =
      words.problems.length > 0 ? words.problems : ["The link names no mode: expected mode=nat, dr, tun or fullnat"];
    return { shared: undefined, problems };
  }
  const setup = setupIn(words, mode);
  const shared: Shared = {
    setup,
    other: words.choice("versus", MODES),
    actions: words.actions(),
    head: words.number("time", 0, LATEST, 0),
    drawer: words.choice("show", DRAWERS),
    presenting: words.choice("present", ["1"]) === "1",
    predicting: words.choice("predict", ["1"]) === "1",
  };
  words.unknown([...NAMES, ...OTHER_NAMES]);
  return { shared, problems: words.problems };
}

function setupIn(words: Words, mode: Mode): Setup {
  const family = words.choice("family", ["ipv4", "ipv6"]) === "ipv6" ? AF_INET6 : AF_INET;
  const weights = words.list(
    "weights",
    `up to ${MOST_SERVERS} numbers from 0 to ${MOST_WEIGHT}`,
    MOST_SERVERS,
    (text) => (/^\d{1,5}$/.test(text) && Number(text) <= MOST_WEIGHT ? Number(text) : undefined),
  );
  const faults = words.list(
    "faults",
    `faults: ${FAULT_NAMES.join(", ")}`,
    FAULT_NAMES.length,
    (text): FaultName | undefined => FAULT_NAMES.find((name) => name === text),
  );
  return soundSetup({
    mode,
    family,
    scheduler: words.choice("scheduler", SCHEDULER_NAMES) ?? FIRST_SETUP.scheduler,
    ...(weights !== undefined && weights.length > 0 && { weights }),
    clients: words.number("clients", 1, MOST_CLIENTS, FIRST_SETUP.clients),
    persistentSeconds: words.number("persistent", 0, LONGEST_PERSISTENCE, 0),
    mtu: words.number("mtu", 68, 65_535, FIRST_SETUP.mtu),
    faults: faults ?? [],
  });
}
