/** Packets explained for those who asked: which of them want this one, and the line that tells its walk. */
import { sentence, verdictSentence } from "../../core/explain/sentences/sentences.ts";
import { summary } from "../../core/explain/summary.ts";
import { verdictName } from "../../core/trace/verdict.ts";
import type { Walk } from "./observer.ts";
import { parseTraceFilter, type TraceFilter } from "./trace-filter.ts";

/** A packet's walk in words, as the stream of explained packets carries it. */
export interface ExplainedPacket {
  readonly v: 1;
  /** Microseconds since 1970. */
  readonly time: number;
  readonly port: string;
  readonly verdict: string;
  /** The packet in one line, what became of it in one sentence, and each step. */
  readonly packet: string;
  readonly outcome: string;
  readonly steps: readonly string[];
  /** So many packets before this one were not explained, because nobody read fast enough. */
  readonly lost?: number;
}

export class Explainer {
  #wishes: readonly { readonly id: number; readonly wants: TraceFilter }[] = [];

  get wanted(): boolean {
    return this.#wishes.length > 0;
  }

  /** Replaces all wishes. Filters that are none are passed over: they were refused where they came from. */
  wish(filters: readonly { readonly id: number; readonly filter: string }[]): void {
    this.#wishes = filters.flatMap(({ id, filter }) => {
      const wants = parseTraceFilter(filter);
      return typeof wants === "function" ? [{ id, wants }] : [];
    });
  }

  /** The ids of those who want to hear of this walk. */
  listenersOf(walk: Walk, port: string): number[] {
    const packet = { port, verdict: walk.verdict, bytes: walk.bytes };
    return this.#wishes.filter(({ wants }) => wants(packet)).map(({ id }) => id);
  }
}

export const explain = (
  { verdict, events, bytes, packets }: Walk,
  port: string,
  time: number,
  lost: number,
): ExplainedPacket => ({
  v: 1,
  time,
  port,
  verdict: verdictName(verdict),
  packet: `${summary(bytes)}${packets > 1 ? ` (one frame of ${packets} packets)` : ""}`,
  outcome: verdictSentence(events),
  steps: events.map(sentence),
  ...(lost > 0 && { lost }),
});
