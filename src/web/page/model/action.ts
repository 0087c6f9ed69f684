/** What a person does while the network runs; each at its time, so that everything can happen once more. */
import { FAULT_NAMES, type FaultName } from "../../../core/simulator/faults.ts";

/** `client` counts from 0. */
export type Action =
  | { readonly kind: "request"; readonly client: number }
  /** A request as long as one segment can be. */
  | { readonly kind: "long"; readonly client: number }
  | { readonly kind: "burst"; readonly count: number }
  | { readonly kind: "ping"; readonly client: number }
  | { readonly kind: "datagram"; readonly client: number }
  /** A datagram in three fragments. */
  | { readonly kind: "fragments"; readonly client: number }
  /** What is wrong is put right while the network runs: simulator/repairs.ts. */
  | { readonly kind: "repair"; readonly fault: FaultName }
  /** A director dies, or starts again: the one of this place. */
  | { readonly kind: "kill" | "start"; readonly director: number }
  /** A command line of ipvsadm without the program's name. */
  | { readonly kind: "ipvsadm"; readonly line: string };

/** `at` is in microseconds of the network's clock. */
export type TimedAction = Action & { readonly at: number };

export const MOST_IN_BURST = 10_000;

/** The actions with one more, in the order of their moments; of equal ones the newest is last. */
export const withAction = (actions: readonly TimedAction[], action: TimedAction): TimedAction[] =>
  [...actions, action].sort((a, b) => a.at - b.at);

const LETTERS = { request: "r", long: "l", ping: "p", datagram: "d", fragments: "f" } as const;
type Lettered = keyof typeof LETTERS;
const DIRECTOR_LETTERS = { k: "kill", s: "start" } as const;

/** As links carry it: `r0@0`, `b100@3340`, `x-Ln@5000`. */
export function actionText(action: TimedAction): string {
  return `${wordOf(action)}@${action.at}`;
}

function wordOf(action: Action): string {
  switch (action.kind) {
    case "burst":
      return `b${action.count}`;
    case "ipvsadm":
      return `x${action.line}`;
    case "repair":
      return `c${action.fault}`;
    case "kill":
    case "start":
      return `${action.kind === "kill" ? "k" : "s"}${action.director}`;
    default:
      return `${LETTERS[action.kind]}${action.client}`;
  }
}

/** The action of such a text; `undefined` if it is none. */
export function parseAction(text: string): TimedAction | undefined {
  const [, letter, what = "", time] = /^([a-z])(.*)@(\d{1,15})$/s.exec(text) ?? [];
  const at = Number(time);
  if (letter === "x") return { kind: "ipvsadm", line: what, at };
  if (letter === "c") {
    const fault = FAULT_NAMES.find((name) => name === what);
    return fault === undefined ? undefined : { kind: "repair", fault, at };
  }
  if (letter === "k" || letter === "s") {
    const kind = DIRECTOR_LETTERS[letter];
    return what === "0" || what === "1" ? { kind, director: Number(what), at } : undefined;
  }
  if (!/^\d{1,5}$/.test(what)) return undefined;
  const number = Number(what);
  if (letter === "b") return number >= 1 && number <= MOST_IN_BURST ? { kind: "burst", count: number, at } : undefined;
  const kind = (Object.keys(LETTERS) as Lettered[]).find((name) => LETTERS[name] === letter);
  return kind === undefined ? undefined : { kind, client: number, at };
}
