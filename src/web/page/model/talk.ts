/** What clients said and what became of it: a line for each action that sends something. */

import { outcomeOf } from "../../../core/explain/ladder.ts";
import type { AnswerEnd } from "../../../core/simulator/datagrams.ts";
import type { WebClient, WebEnd } from "../../../core/simulator/web.ts";
import { formatAddress } from "../../../core/wire/address.ts";

export type Tone = "pending" | "good" | "bad";

/** How a talk stands. */
export interface Standing {
  readonly tone: Tone;
  readonly text: string;
}

export interface Talk {
  /** Microseconds. */
  readonly at: number;
  /** Who said what: `client: GET /`. */
  readonly title: string;
  standing(): Standing;
  /** How many still wait for an answer. */
  readonly waiting: number;
}

const toneOf = ({ kind }: WebEnd): Tone => (kind === "pending" ? "pending" : kind === "answered" ? "good" : "bad");

/** One request. */
export const webTalk = (at: number, title: string, program: WebClient): Talk => ({
  at,
  title,
  standing: () => ({ tone: toneOf(program.end), text: outcomeOf(program.end) }),
  get waiting() {
    return program.end.kind === "pending" ? 1 : 0;
  },
});

/** Many requests, summed up by how they ended: `600 answered by rs1, 400 by rs2`. */
export const burstTalk = (at: number, title: string, count: number, programs: readonly WebClient[]): Talk => ({
  at,
  title,
  get waiting() {
    return count - programs.filter(({ end }) => end.kind !== "pending").length;
  },
  standing: () => {
    const ends = new Map<string, number>();
    for (const { end } of programs) {
      if (end.kind === "pending") continue;
      const words = end.kind === "answered" ? `"${end.body}"` : end.kind;
      ends.set(words, (ends.get(words) ?? 0) + 1);
    }
    const done = [...ends.values()].reduce((sum, number) => sum + number, 0);
    const failed = programs.some(({ end }) => toneOf(end) === "bad");
    const words = [...ends].sort(([a], [b]) => a.localeCompare(b)).map(([end, number]) => `${number} × ${end}`);
    if (done < count) words.push(`${count - done} under way`);
    return { tone: failed ? "bad" : done < count ? "pending" : "good", text: words.join(", ") };
  },
});

/** A ping or a datagram; `answered` words an answer. */
export class AnswerTalk implements Talk {
  readonly at: number;
  readonly title: string;
  end: AnswerEnd | undefined;

  constructor(at: number, title: string) {
    this.at = at;
    this.title = title;
  }

  get waiting(): number {
    return this.end === undefined ? 1 : 0;
  }

  standing(): Standing {
    switch (this.end?.kind) {
      case undefined:
        return { tone: "pending", text: "The client still waits." };
      case "answered":
        return { tone: "good", text: `An answer from ${formatAddress(this.end.from)}: ${answerWords(this.end.data)}.` };
      case "unreachable":
        return { tone: "bad", text: `The client is told: ${this.end.icmp}.` };
      case "timed-out":
        return { tone: "bad", text: "No answer within 5 s." };
    }
  }
}

const LONGEST_QUOTE = 20;

/** Letters as they are, if there are only a few. */
const answerWords = (data: Uint8Array): string =>
  data.length <= LONGEST_QUOTE && data.every((byte) => byte >= 0x20 && byte < 0x7f)
    ? `"${String.fromCharCode(...data)}"`
    : `${data.length} bytes`;
