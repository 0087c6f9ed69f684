/** Exchanges of clients with the service: what was sent, and what became of it. One for each action that sends something. */

import { outcomeOf } from "../../../core/explain/drawings/ladder.ts";
import type { AnswerEnd } from "../../../core/simulator/datagrams.ts";
import type { WebClient, WebEnd } from "../../../core/simulator/web.ts";
import { formatAddress } from "../../../core/wire/address.ts";

export type Tone = "pending" | "good" | "bad";

/** How an exchange stands. */
export interface Status {
  readonly tone: Tone;
  readonly text: string;
}

export interface Exchange {
  /** Microseconds. */
  readonly at: number;
  /** Who said what: `client: GET /`. */
  readonly title: string;
  status(): Status;
  /** How many still wait for a reply. */
  readonly waiting: number;
  /** How a request of its own ended; `undefined` for all else. */
  readonly end?: WebEnd;
}

const toneOf = ({ kind }: WebEnd): Tone => (kind === "pending" ? "pending" : kind === "answered" ? "good" : "bad");

/** One request. */
export const webExchange = (at: number, title: string, program: WebClient): Exchange => ({
  at,
  title,
  status: () => ({ tone: toneOf(program.end), text: outcomeOf(program.end) }),
  get waiting() {
    return program.end.kind === "pending" ? 1 : 0;
  },
  get end() {
    return program.end;
  },
});

/** Many requests, summed up by how they ended: `600 × "I am rs1.", 400 × "I am rs2."`. */
export class BurstExchange implements Exchange {
  readonly at: number;
  readonly title: string;
  readonly count: number;
  /** Those that have not ended, as far as anybody looked. */
  #open: WebClient[] = [];
  readonly #ends = new Map<string, number>();
  #ended = 0;
  #failed = false;

  constructor(at: number, count: number) {
    this.at = at;
    this.title = `${count} requests`;
    this.count = count;
  }

  /** One of the requests has begun. */
  began(program: WebClient): void {
    this.#open.push(program);
  }

  get waiting(): number {
    this.#settle();
    return this.count - this.#ended;
  }

  /** Counts those that have ended since somebody looked last. */
  #settle(): void {
    const open = this.#open.filter(({ end }) => end.kind === "pending");
    if (open.length === this.#open.length) return;
    for (const { end } of this.#open) {
      if (end.kind === "pending") continue;
      const words = end.kind === "answered" ? `"${end.body}"` : end.kind;
      this.#ends.set(words, (this.#ends.get(words) ?? 0) + 1);
      this.#failed ||= toneOf(end) === "bad";
      this.#ended++;
    }
    this.#open = open;
  }

  status(): Status {
    const { waiting } = this;
    const words = [...this.#ends].sort(([a], [b]) => a.localeCompare(b)).map(([end, number]) => `${number} × ${end}`);
    if (waiting > 0) words.push(`${waiting} still open`);
    return { tone: this.#failed ? "bad" : waiting > 0 ? "pending" : "good", text: words.join(", ") };
  }
}

/** A ping or a datagram. */
export class DatagramExchange implements Exchange {
  readonly at: number;
  readonly title: string;
  reply: AnswerEnd | undefined;

  constructor(at: number, title: string) {
    this.at = at;
    this.title = title;
  }

  get waiting(): number {
    return this.reply === undefined ? 1 : 0;
  }

  status(): Status {
    switch (this.reply?.kind) {
      case undefined:
        return { tone: "pending", text: "The client still waits." };
      case "answered":
        return {
          tone: "good",
          text: `A reply from ${formatAddress(this.reply.from)}: ${replyWords(this.reply.data)}.`,
        };
      case "unreachable":
        return { tone: "bad", text: `The client is told: ${this.reply.icmp}.` };
      case "timed-out":
        return { tone: "bad", text: "No reply within 5 s." };
    }
  }
}

const LONGEST_QUOTE = 20;

/** Letters as they are, if there are only a few. */
const replyWords = (data: Uint8Array): string =>
  data.length <= LONGEST_QUOTE && data.every((byte) => byte >= 0x20 && byte < 0x7f)
    ? `"${String.fromCharCode(...data)}"`
    : `${data.length} bytes`;
