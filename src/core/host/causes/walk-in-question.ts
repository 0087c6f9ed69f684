/** A walk that is under way, kept until its causes have been looked for. */
import type { Cause } from "../../trace/causes/causes.ts";
import type { Trace, WalkEvent } from "../../trace/events.ts";
import type { Verdict } from "../../trace/verdict.ts";
import { causesOf } from "./causes.ts";
import type { Inquiry } from "./inquiry.ts";

const NONE: readonly Cause[] = [];

/** One within another (a tunnel's) ends first. */
export class WalkInQuestion implements Trace {
  readonly #listener: Trace;
  readonly #inquiry: Inquiry;
  /** Those of walks that are under way; what lies behind them is left of others. An array that is emptied would be made anew. */
  readonly #events: WalkEvent[] = [];
  #count = 0;

  constructor(listener: Trace, inquiry: Inquiry) {
    this.#listener = listener;
    this.#inquiry = inquiry;
  }

  add(event: WalkEvent): void {
    if (this.#count > 0 || event.kind === "received") this.#events[this.#count++] = event;
    this.#listener.add(event);
  }

  /** Of the walk that began last, which is over. */
  causes(verdict: Verdict): readonly Cause[] {
    const inquiry = this.end(verdict);
    return inquiry === undefined ? NONE : causesOf(inquiry);
  }

  /** The walk that began last is over: whom to ask about it. `undefined` if its beginning was not heard. */
  end(verdict: Verdict): Inquiry | undefined {
    if (this.#count === 0) return undefined;
    this.#count = this.#inquiry.begin(this.#events, this.#count, verdict);
    return this.#inquiry;
  }
}
