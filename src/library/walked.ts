/** Walks of the core as the library tells them. */
import { explanationOf } from "../core/explain/explanation.ts";
import { sentence } from "../core/explain/sentences/sentences.ts";
import { plainText } from "../core/explain/styled.ts";
import { walkText } from "../core/explain/walk-text.ts";
import type { ConnectionView, WalkEvent } from "../core/trace/events.ts";
import { type Address, formatAddress } from "../core/wire/address.ts";
import { inspectedAs, withGettersRead } from "./inspected.ts";
import { connectionOf } from "./listing.ts";
import { Fields } from "./packet/fields.ts";
import { frameText } from "./packet/text.ts";
import type { Received, SentFrame, Step, Verdict } from "./walk.ts";

export const sentFrame = (port: string, bytes: Uint8Array): SentFrame =>
  withGettersRead({
    port,
    bytes,
    get text() {
      return frameText(bytes);
    },
    get fields() {
      return new Fields(bytes);
    },
  });

export function stepOf(event: WalkEvent): Step {
  const { kind, ...values } = event;
  const step = { code: kind, values: told(values), toString: () => sentence(event) } as Step;
  return inspectedAs(step, stepShown);
}

/** Its sentence; alone with the others, or if there is room, with what the sentence was made of. */
function stepShown(step: Step, depth: number): object {
  const { code, values } = step;
  return depth > 0 ? { code, values, sentence: String(step) } : { code, sentence: String(step) };
}

export const received = (
  verdict: Verdict,
  events: readonly WalkEvent[],
  sent: readonly SentFrame[],
  arrived: { readonly number: number; readonly port: string; readonly bytes: Uint8Array; readonly seconds: number },
): Received => ({
  verdict,
  sent,
  steps: events.map(stepOf),
  explain: () => plainText(walkText(explanationOf(arrived, events))),
});

/** A value for people. */
function told(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (isAddress(value)) return formatAddress(value);
  if (isConnection(value)) return connectionOf(value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, told(inner)]));
}

const isAddress = (value: object): value is Address => "family" in value && "words" in value;
const isConnection = (value: object): value is ConnectionView => "clientAddress" in value && "virtualAddress" in value;
