/**
 * Which transitions of the TCP states a suite reached, through frames that a director received. After its last test it says
 * how many, and fails if one is missing that can be reached: what cannot is listed, with the reason, in unreachable.json.
 * A run of only some of its tests is not held to that.
 */
import { readFileSync } from "node:fs";
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

function note(lab: Lab): void {
  const mode = lab.director.server.sysctl.secure_tcp === 3 ? "secure" : "normal";
  for (const { protocol, direction, before, event } of lab.eventsOf("state")) {
    if (protocol === "TCP") reachedTransitions.add(transitionName(mode, direction, before, event));
  }
}

listeners.push(note);

const isComplete = (suite: Mocha.Suite): boolean =>
  suite.tests.every(({ state }) => state === "passed") && suite.suites.every(isComplete);

/** A suite calls this where it is described. */
export function reachesEveryTransition(suite: Mocha.Suite): void {
  after(() => {
    const count = allTransitions.length - unreachableTransitions.size;
    console.log(`    TCP transitions ${reachedTransitions.size} of ${count}`);
    if (!isComplete(suite)) return;
    const missed = allTransitions.filter((name) => !reachedTransitions.has(name) && !unreachableTransitions.has(name));
    const wrong = allTransitions.filter((name) => reachedTransitions.has(name) && unreachableTransitions.has(name));
    if (missed.length > 0) throw new Error(`never reached: ${missed.join(", ")}`);
    if (wrong.length > 0) throw new Error(`listed as unreachable, and reached: ${wrong.join(", ")}`);
  });
}
