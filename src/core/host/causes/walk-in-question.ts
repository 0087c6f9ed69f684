/** A walk that is under way, kept until its causes have been looked for. */
import type { Cause } from "../../trace/causes.ts";
import type { Trace, WalkEvent } from "../../trace/events.ts";
import type { VerdictName } from "../../trace/verdict.ts";
import type { Director } from "../director.ts";
import { causesOf } from "./causes.ts";

/** One within another (a tunnel's) ends first. */
export class WalkInQuestion implements Trace {
  readonly #listener: Trace;
  readonly #events: WalkEvent[] = [];

  constructor(listener: Trace) {
    this.#listener = listener;
  }

  add(event: WalkEvent): void {
    if (event.kind === "received" || this.#events.length > 0) this.#events.push(event);
    this.#listener.add(event);
  }

  causes(director: Director, verdict: VerdictName): Cause[] {
    const start = this.#events.findLastIndex(({ kind }) => kind === "received");
    return start < 0 ? [] : causesOf(director, this.#events.splice(start), verdict);
  }
}
