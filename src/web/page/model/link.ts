/** What is watched as the fragment of a link, and back. */
import type { FaultName } from "../../../core/simulator/faults.ts";
import { MODES, type Mode } from "../../../core/simulator/layout.ts";
import { AF_INET, AF_INET6 } from "../../../core/wire/address.ts";
import { type Action, actionText, parseAction, withAction } from "./action.ts";
import { FIRST_SETUP, type Setup, soundSetup } from "./setup.ts";

export interface Shared {
  readonly setup: Setup;
  /** The other mode of a comparison; `undefined` if nothing is compared. */
  readonly other: Mode | undefined;
  readonly actions: readonly Action[];
  /** Microseconds. */
  readonly head: number;
}

/** Links are short: only what is not as it is at first stands in them. */
export function fragmentOf({ setup, other, actions, head }: Shared): string {
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
  return words.toString();
}

/** No later moment is gone to. */
const LATEST = 30 * 86_400 * 1e6;

/** What a fragment says; `undefined` if it names no mode. What is wrong in it is passed over. */
export function parseFragment(fragment: string): Shared | undefined {
  const words = new URLSearchParams(fragment.replace(/^#/, ""));
  const mode = modeOf(words.get("mode"));
  if (mode === undefined) return undefined;
  const number = (name: string, otherwise: number): number => {
    const text = words.get(name) ?? "";
    return /^\d{1,15}$/.test(text) ? Number(text) : otherwise;
  };
  const weights = words.get("weights")?.split(",").map(Number);
  const setup = soundSetup({
    mode,
    family: words.get("family") === "ipv6" ? AF_INET6 : AF_INET,
    scheduler: words.get("scheduler") ?? FIRST_SETUP.scheduler,
    ...(weights !== undefined && { weights }),
    clients: number("clients", FIRST_SETUP.clients),
    persistentSeconds: number("persistent", 0),
    mtu: number("mtu", FIRST_SETUP.mtu),
    faults: (words.get("faults")?.split(",") ?? []) as FaultName[],
  });
  let actions: Action[] = [];
  for (const text of words.getAll("do")) {
    const action = parseAction(text);
    if (action !== undefined && action.at <= LATEST) actions = withAction(actions, action);
  }
  return { setup, other: modeOf(words.get("versus")), actions, head: Math.min(LATEST, number("time", 0)) };
}

const modeOf = (text: string | null): Mode | undefined => MODES.find((mode) => mode === text);
