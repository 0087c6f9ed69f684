/**
 * Which transitions of the TCP states and which drop reasons the tests reached, through frames that a director received.
 * After the last test it says how many, and fails if one is missing that can be reached: what cannot is listed, with the
 * reason, in unreachable.json. A run of only some of the tests is not held to that.
 */
import { readFileSync } from "node:fs";
import { DROP_REASONS } from "../../../src/core/trace/verdict.ts";
import { type Lab, listeners } from "../../support/lab.ts";
import { DIRECTIONS, EVENTS, STATES } from "./tcp-table.ts";

interface Unreachable {
  readonly transitions: readonly {
    readonly states: readonly string[];
    readonly directions: readonly string[];
    readonly reason: string;
  }[];
  readonly drops: readonly { readonly name: string; readonly reason: string }[];
}

export const unreachable: Unreachable = JSON.parse(readFileSync("test/core/ipvs/unreachable.json", "utf8"));

const MODES = ["normal", "secure"] as const;
const reachedTransitions = new Set<string>();
const reachedDrops = new Set<string>();

/** `normal input NONE syn` */
export const transitionName = (mode: string, direction: string, before: string, event: string): string =>
  `${mode} ${direction} ${before} ${event}`;

export const allTransitions: readonly string[] = MODES.flatMap((mode) =>
  DIRECTIONS.flatMap((direction) =>
    STATES.flatMap((state) => EVENTS.map((event) => transitionName(mode, direction, state, event))),
  ),
);

export const unreachableTransitions: ReadonlySet<string> = new Set(
  unreachable.transitions.flatMap(({ states, directions }) =>
    MODES.flatMap((mode) =>
      directions.flatMap((direction) =>
        states.flatMap((state) => EVENTS.map((event) => transitionName(mode, direction, state, event))),
      ),
    ),
  ),
);

function note(lab: Lab, verdict: string): void {
  if (DROP_REASONS.some(({ name }) => name === verdict)) reachedDrops.add(verdict);
  const mode = lab.director.server.sysctl.secure_tcp === 3 ? "secure" : "normal";
  for (const { protocol, direction, before, event } of lab.eventsOf("state")) {
    if (protocol === "TCP") reachedTransitions.add(transitionName(mode, direction, before, event));
  }
}

listeners.push(note);

/** The suites that are to reach everything; each calls this where it is described. */
const suites: Mocha.Suite[] = [];
export const reachesEverything = (suite: Mocha.Suite): void => void suites.push(suite);

const isComplete = (suite: Mocha.Suite): boolean =>
  suite.tests.every(({ state }) => state === "passed") && suite.suites.every(isComplete);

/** How many suites call `reachesEverything`. */
const SUITES = 2;

after(() => {
  const drops = DROP_REASONS.map(({ name }) => name);
  const lost = new Set(unreachable.drops.map(({ name }) => name));
  const counted = `TCP transitions ${reachedTransitions.size} of ${allTransitions.length - unreachableTransitions.size}`;
  console.log(`    ${counted}, drop reasons ${reachedDrops.size} of ${drops.length - lost.size}`);
  if (suites.length < SUITES || !suites.every(isComplete)) return;
  const missed = [
    ...allTransitions.filter((name) => !reachedTransitions.has(name) && !unreachableTransitions.has(name)),
    ...drops.filter((name) => !reachedDrops.has(name) && !lost.has(name)),
  ];
  const wrong = [
    ...allTransitions.filter((name) => reachedTransitions.has(name) && unreachableTransitions.has(name)),
    ...drops.filter((name) => reachedDrops.has(name) && lost.has(name)),
  ];
  if (missed.length > 0) throw new Error(`never reached: ${missed.join(", ")}`);
  if (wrong.length > 0) throw new Error(`listed as unreachable, and reached: ${wrong.join(", ")}`);
});
