/** Listening to a director: what it tells of while something happens, as a returned walk. */
import type { WalkEvent } from "../trace/events.ts";
import type { Director } from "./director.ts";

/** What came of it, and the events of the walk in their order. */
export interface Heard<Result> {
  readonly result: Result;
  readonly events: readonly WalkEvent[];
}

export interface Hearing {
  /** Where the events go; a new list if left out. */
  readonly events?: WalkEvent[];
  /** Causes are among them, for which the director remembers what has expired (Trace.wantsCauses); true if left out. */
  readonly wantsCauses?: boolean;
}

/** Does something with a director and hears what it tells meanwhile. Who listened before listens again afterwards. */
export function heard<Result>(
  director: Director,
  run: () => Result,
  { events = [], wantsCauses = true }: Hearing = {},
): Heard<Result> {
  const before = director.trace;
  director.trace = { add: (event) => events.push(event), wantsCauses };
  try {
    return { result: run(), events };
  } finally {
    director.trace = before;
  }
}
