/** What became of a frame: verdict, frames that were sent, and the steps between. */
import type { ConnectionView, WalkEvents, WalkKind } from "../core/trace/events.ts";
import type { VerdictName } from "../core/trace/verdict.ts";
import type { Address } from "../core/wire/address.ts";
import type { Connection } from "./connection.ts";
import type { Fields } from "./packet/fields.ts";

/**
 * How the walk of a packet ended: `sent`, `delivered` (the director itself was meant), `parked` (it waits for the next hop's MAC
 * address), `held` (a fragment that waits for the others), `accepted` (left to the host); all other names are reasons of a drop.
 */
export type Verdict = VerdictName;

/** A value of an event for people: addresses are texts. */
type Told<Value> = Value extends Address
  ? string
  : Value extends ConnectionView
    ? Connection
    : Value extends Uint8Array
      ? Uint8Array
      : Value extends readonly (infer Item)[]
        ? readonly Told<Item>[]
        : Value extends object
          ? { readonly [Name in keyof Value]: Told<Value[Name]> }
          : Value;

/** One step of a walk: `code` says what kind of step, and `values` what happened; `String(step)` is its sentence. */
export type Step = {
  readonly [Code in WalkKind]: {
    readonly code: Code;
    readonly values: Told<WalkEvents[Code]>;
    /** One sentence, or a few short ones. */
    toString(): string;
  };
}[WalkKind];

/** A frame that the director sent. */
export interface SentFrame {
  /** The name of the interface. */
  readonly port: string;
  /** From the Ethernet header on. */
  readonly bytes: Uint8Array;
  /** Its packet in words, those that `packet(words)` of `tapvs/packet` reads: `tcp 10.1.0.7:40000 > 10.2.0.2:80 S ttl 63`. */
  readonly text: string;
  /** What stands in it. */
  readonly fields: Fields;
}

/** What the director did by itself while time passed. */
export interface Passed {
  /** Frames that were sent, in order. */
  readonly sent: readonly SentFrame[];
  /** What happened, in order. */
  readonly steps: readonly Step[];
}

/** What became of a frame that arrived. */
export interface Received extends Passed {
  /** How the walk ended. */
  readonly verdict: Verdict;
  /** The walk as `tapvs explain` prints it: what came, each step, what went out with the fields that changed, and the end. */
  explain(): string;
}
