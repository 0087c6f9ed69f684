/** Who hears the walk of each packet, and what is kept in mind so that causes can be told. */
import type { Trace } from "../trace/events.ts";
import { type Verdict, verdictEvent } from "../trace/verdict.ts";
import type { Frame } from "../wire/frame.ts";
import { Inquiry } from "./causes/inquiry.ts";
import { WalkInQuestion } from "./causes/walk-in-question.ts";
import type { Director } from "./director.ts";
import { History } from "./history.ts";
import { observeSync } from "./sync-observer.ts";

export class Tracing {
  readonly #director: Director;
  #inquiry: Inquiry | undefined;
  #question: WalkInQuestion | undefined;
  #known: Trace | undefined;
  #history: History | undefined;

  constructor(director: Director) {
    this.#director = director;
  }

  /** Has this one hear the walk of each packet from now on; nobody if `undefined`, and then explaining costs nothing. */
  listen(trace: Trace | undefined): void {
    const { path, server } = this.#director;
    const asks = trace?.wantsCauses !== false;
    this.#question =
      trace instanceof WalkInQuestion ? trace : trace && asks ? new WalkInQuestion(trace, this.#asking()) : undefined;
    path.trace = this.#question ?? trace;
    this.#known = path.trace === trace && trace?.known !== undefined ? trace : undefined;
    if (trace !== undefined && asks && this.#history === undefined) this.remember();
    server.sync.observer = trace && observeSync(path, trace);
  }

  #asking(): Inquiry {
    this.#inquiry ??= new Inquiry(this.#director);
    return this.#inquiry;
  }

  /** The listener, if it is content to know the connection of a plain packet. */
  get known(): Trace | undefined {
    return this.#known;
  }

  /** A walk that somebody hears is over: why it ended so, and how. */
  conclude(verdict: Verdict, family: Frame["family"]): void {
    const { trace } = this.#director.path;
    if (trace === undefined) return;
    if (this.#question !== undefined)
      for (const cause of this.#question.causes(verdict)) trace.add({ kind: "cause", cause });
    trace.add(verdictEvent(verdict, family));
  }

  /** Connections that are gone, from when somebody first listened or asked to `remember`. */
  get history(): History | undefined {
    return this.#history;
  }

  /** Keeps in mind what connections there were, for explanations to come; until `forget`. */
  remember(): void {
    const { path, server } = this.#director;
    const { connections } = server;
    const history = new History(path);
    this.#history = history;
    connections.hastened = (row) => history.hasten(row);
    connections.expired = (row) => history.end(row);
  }

  /** Nobody asks any more: what is gone is gone. */
  forget(): void {
    const { connections } = this.#director.server;
    this.#history = undefined;
    connections.hastened = undefined;
    connections.expired = undefined;
  }
}
