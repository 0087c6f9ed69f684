/** Predict mode: before each decision the viewer says what comes; in the end there is a score. */
import type { Decision } from "../../../core/explain/headlines/decisions.ts";
import type { ForeseenFrame, Outlook } from "./outlook.ts";

/** A decision that was guessed. */
export interface Guess {
  /** Number of the frame. */
  readonly packet: number;
  readonly question: string;
  readonly choices: readonly string[];
  readonly given: number;
  readonly right: number;
}

/** A decision that waits for a guess. */
export interface Pending {
  readonly frame: ForeseenFrame;
  readonly decision: Decision;
}

const isRight = ({ given, right }: Guess): boolean => given === right;

export class Prediction {
  readonly #guesses: Guess[] = [];
  pending: Pending | undefined;

  get guesses(): readonly Guess[] {
    return this.#guesses;
  }

  get score(): number {
    return this.#guesses.filter(isRight).length;
  }

  /** What is to be guessed before time goes on from `now`; it waits from then on. */
  ask(outlook: Outlook | undefined, now: number): Pending | undefined {
    const next = Math.min(
      ...(outlook?.frames ?? []).map(({ arrival }) => (arrival > now ? arrival : Number.POSITIVE_INFINITY)),
    );
    const coming = outlook?.frames.filter(({ arrival }) => arrival === next) ?? [];
    const open = coming.flatMap((frame) => frame.decisions.map((decision) => ({ frame, decision })));
    this.pending = open.find(({ frame, decision }) => !this.#wasAsked(frame, decision));
    return this.pending;
  }

  /** Each pick is asked for; what a method does, and where replies go, once. */
  #wasAsked({ number }: ForeseenFrame, { kind, question }: Decision): boolean {
    return this.#guesses.some((guess) => guess.question === question && (kind !== "pick" || guess.packet === number));
  }

  /** The viewer's choice for what is pending, by its place. */
  guess(given: number): void {
    if (this.pending === undefined) return;
    const { frame, decision } = this.pending;
    const { question, choices, right } = decision;
    this.#guesses.push({ packet: frame.number, question, choices, given, right });
    this.pending = undefined;
  }

  /** For a class: every question with what was said and what came, and the score. `link` leads to what was watched. */
  report(link: string): string {
    const guesses = this.#guesses.map((guess) => ({
      packet: guess.packet,
      question: guess.question,
      given: guess.choices[guess.given],
      right: guess.choices[guess.right],
      met: isRight(guess),
    }));
    return `${JSON.stringify({ v: 1, link, score: this.score, of: guesses.length, guesses }, undefined, 2)}\n`;
  }
}
