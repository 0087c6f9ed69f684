/** A director dies by a click, and starts again by the next. */
import type { Host } from "../../../core/simulator/host.ts";
import type { Action } from "./action.ts";

/** What a click on the host of that name does; on none, it is the one that is dead, or the first. `undefined` where nobody would take over. */
export function strikeOf(directors: readonly Host[], name: string): Action | undefined {
  if (directors.length < 2) return undefined;
  const named = directors.findIndex((one) => one.name === name);
  const dead = directors.findIndex(({ alive }) => !alive);
  const director = named >= 0 ? named : Math.max(0, dead);
  return { kind: directors[director]?.alive === true ? "kill" : "start", director };
}
