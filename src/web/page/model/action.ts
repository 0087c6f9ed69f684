/** What a person does while the network runs; each at its moment, so that everything can happen once more. */

/** `client` counts from 0. */
export type Deed =
  | { readonly kind: "request"; readonly client: number }
  /** A request as long as one segment can be. */
  | { readonly kind: "long"; readonly client: number }
  | { readonly kind: "burst"; readonly count: number }
  | { readonly kind: "ping"; readonly client: number }
  | { readonly kind: "datagram"; readonly client: number }
  /** A datagram in three fragments. */
  | { readonly kind: "fragments"; readonly client: number }
  /** A command line of ipvsadm without the program's name. */
  | { readonly kind: "ipvsadm"; readonly line: string };

/** `at` is in microseconds of the network's clock. */
export type Action = Deed & { readonly at: number };

export const MOST_IN_BURST = 1000;

/** The actions with one more, in the order of their moments; of equal ones the newest is last. */
export const withAction = (actions: readonly Action[], action: Action): Action[] =>
  [...actions, action].sort((a, b) => a.at - b.at);

const LETTERS = { request: "r", long: "l", ping: "p", datagram: "d", fragments: "f" } as const;
type Lettered = keyof typeof LETTERS;

/** As links carry it: `r0@0`, `b100@3340`, `x-Ln@5000`. */
export function actionText(action: Action): string {
  const what =
    action.kind === "burst"
      ? `b${action.count}`
      : action.kind === "ipvsadm"
        ? `x${action.line}`
        : `${LETTERS[action.kind]}${action.client}`;
  return `${what}@${action.at}`;
}

/** The action of such a text; `undefined` if it is none. */
export function parseAction(text: string): Action | undefined {
  const [, letter, what = "", time] = /^([a-z])(.*)@(\d{1,15})$/s.exec(text) ?? [];
  const at = Number(time);
  if (letter === "x") return { kind: "ipvsadm", line: what, at };
  if (!/^\d{1,4}$/.test(what)) return undefined;
  const number = Number(what);
  if (letter === "b") return number >= 1 && number <= MOST_IN_BURST ? { kind: "burst", count: number, at } : undefined;
  const kind = (Object.keys(LETTERS) as Lettered[]).find((name) => LETTERS[name] === letter);
  return kind === undefined ? undefined : { kind, client: number, at };
}
