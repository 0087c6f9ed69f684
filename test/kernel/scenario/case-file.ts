/** A case (docs/cases.md) as a scenario: the language of cases speaks IPv6, too. What it expects is judged on tapvs, which must do what the kernel did. */
import { parseCase } from "../../../src/core/capture/case-text.ts";
import type { Transcript, TranscriptEvent } from "../../../src/core/capture/transcript.ts";
import { formatIpv4 } from "../../../src/core/wire/address.ts";
import type { Scenario } from "./scenario.ts";
import { ScenarioError } from "./words.ts";

export const CASE = ".case";

/** The case itself; throws a ScenarioError with all that is wrong with it. */
export function readCase(text: string, file: string): Transcript {
  const parsed = parseCase(text);
  if (parsed.kind === "transcript") return parsed.transcript;
  throw new ScenarioError(parsed.errors.map(({ line, message }) => `${file}:${line}: ${message}`).join("\n"));
}

/** Its inputs, for the kernel to be played. */
export function compileCase(text: string, file: string, name: string): Scenario {
  const { head, events } = readCase(text, file);
  const inputs = events.filter((event) => event.do !== "tx").map(plain);
  const interfaces = head.interfaces.map((device, index) => ({ mac: standardMac(index), ...device }));
  return { head: { ...head, name, interfaces }, events: inputs, expectations: [], nameOf: formatIpv4 };
}

/** What tapvs gives the interfaces that have none, and the frames of the case are for (host/interfaces.ts). */
const standardMac = (index: number): Uint8Array => Uint8Array.of(2, 0, 0, 0, 0, index + 1);

/** What the kernel is told: frames as bytes, and nothing that is expected, or left open. */
function plain({ expect: _, ...event }: TranscriptEvent): TranscriptEvent {
  if (event.do === "rx") return { do: "rx", t: event.t, dev: event.dev, frame: event.frame };
  if (!("open" in event)) return event;
  const { open: _open, ...rest } = event;
  return rest;
}
