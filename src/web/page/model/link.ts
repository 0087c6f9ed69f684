/** What is watched as the fragment of a link, and back. */
import { SCHEDULER_NAMES } from "../../../core/ipvs/schedulers/schedulers.ts";
import { FAULT_NAMES, type FaultName } from "../../../core/simulator/faults.ts";
import { MODES, type Mode } from "../../../core/simulator/layout.ts";
import { SYNC_CHOICES } from "../../../core/simulator/two-directors.ts";
import { AF_INET, AF_INET6 } from "../../../core/wire/address.ts";
import { DRAWERS, type Drawer } from "../drawers.ts";
import { actionText, parseAction, type TimedAction, withAction } from "./action.ts";
import { LinkWords } from "./link-words.ts";
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
  if (setup.directors !== FIRST_SETUP.directors) words.set("directors", String(setup.directors));
  if (setup.sync !== FIRST_SETUP.sync) words.set("sync", setup.sync);
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

const AN_ACTION = "an action and its time in microseconds, such as r0@0";

const actionIn = (text: string): TimedAction | undefined => {
  const action = parseAction(text);
  return action !== undefined && action.at <= LATEST ? action : undefined;
};

const NAMES = [
  "mode",
  "versus",
  "family",
  "scheduler",
  "weights",
  "clients",
  "directors",
  "sync",
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
  const words = new LinkWords(fragment);
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
    actions: words.each("do", AN_ACTION, actionIn).reduce<TimedAction[]>(withAction, []),
    head: words.number("time", 0, LATEST, 0),
    drawer: words.choice("show", DRAWERS),
    presenting: words.choice("present", ["1"]) === "1",
    predicting: words.choice("predict", ["1"]) === "1",
  };
  words.unknown([...NAMES, ...OTHER_NAMES]);
  return { shared, problems: words.problems };
}

function setupIn(words: LinkWords, mode: Mode): Setup {
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
    directors: words.choice("directors", ["1", "2"]) === "2" ? 2 : 1,
    sync: words.choice("sync", SYNC_CHOICES) ?? FIRST_SETUP.sync,
    persistentSeconds: words.number("persistent", 0, LONGEST_PERSISTENCE, 0),
    mtu: words.number("mtu", 68, 65_535, FIRST_SETUP.mtu),
    faults: faults ?? [],
  });
}
