/** Transcripts and cases: what a director was told, what it received and what it sent, line by line. docs/transcripts.md has the format. */
import { isCaseText, parseCase } from "../core/capture/case-text.ts";
import { parseTranscript, type TranscriptEvent } from "../core/capture/transcript.ts";
import { formatTranscriptEvent, formatTranscriptHead } from "../core/capture/transcript-writer.ts";
import { hostConfigValues } from "../core/host/config/writer.ts";
import { type ByteSource, checkSource } from "./capture.ts";
import type { Description } from "./description.ts";
import { UsageError } from "./errors.ts";
import { readDescription } from "./read-description.ts";

/** A line of a transcript. `t` is the clock in seconds; it never goes back. The first line, and no other, is the director's description. */
export type TranscriptLine =
  | { readonly do: "director"; readonly name?: string; readonly description: Description }
  /** A command, what follows `ipvsadm` in `args`, and what came of it: exit code, standard output, standard error. */
  | {
      readonly do: "ipvsadm";
      readonly t: number;
      readonly args: string;
      readonly code: number;
      readonly out: string;
      readonly err: string;
    }
  /** A frame that the director receives, or sends, from its Ethernet header on; `dev` is the interface. */
  | { readonly do: "rx" | "tx"; readonly t: number; readonly dev: string; readonly frame: Uint8Array }
  /** Time passes. */
  | { readonly do: "sleep"; readonly t: number; readonly seconds: number }
  /** A switch is set, by its name in sysctl(8). */
  | { readonly do: "sysctl"; readonly t: number; readonly key: string; readonly value: number | string }
  /** What the file `name` of /proc/net says. */
  | { readonly do: "proc"; readonly t: number; readonly name: string; readonly out: string };

/** A transcript that cannot be read: every mistake, each with its line. */
export class TranscriptError extends UsageError {
  override readonly name = "TranscriptError";
}

/**
 * The lines of a transcript (`*.jsonl`) or of a case in words (`*.case`), without what a case expects. Throws TranscriptError, which names
 * every line that is wrong, before the first one is given.
 */
export async function* readTranscript(source: string | ByteSource): AsyncGenerator<TranscriptLine, void, undefined> {
  const text = typeof source === "string" ? source : await textOf(source);
  const parsed = isCaseText(text) ? parseCase(text) : parseTranscript(text);
  if (parsed.kind === "errors")
    throw new TranscriptError(parsed.errors.map(({ line, message }) => `line ${line}: ${message}`).join("\n"));
  const { head, events } = parsed.transcript;
  yield { do: "director", ...(head.name !== undefined && { name: head.name }), description: hostConfigValues(head) };
  yield* events.map(lineOf);
}

async function textOf(source: ByteSource): Promise<string> {
  checkSource(source, "a transcript");
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of source instanceof Uint8Array ? [source] : source)
    text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** Without what only cases in words have. */
function lineOf(event: TranscriptEvent): Exclude<TranscriptLine, { do: "director" }> {
  switch (event.do) {
    case "ipvsadm": {
      const { t, args, code, out, err } = event;
      return { do: event.do, t, args, code, out, err };
    }
    case "rx":
    case "tx":
      return { do: event.do, t: event.t, dev: event.dev, frame: event.frame };
    case "sleep":
      return { do: event.do, t: event.t, seconds: event.seconds };
    case "sysctl":
      return { do: event.do, t: event.t, key: event.key, value: event.value };
    case "proc":
      return { do: event.do, t: event.t, name: event.name, out: event.out };
  }
}

/** The text of a transcript, line by line. Throws UsageError if the first line is not the description, or another one is. */
export async function* writeTranscript(
  lines: Iterable<TranscriptLine> | AsyncIterable<TranscriptLine>,
): AsyncGenerator<string, void, undefined> {
  let begun = false;
  for await (const line of lines) {
    if (begun === (line.do === "director"))
      throw new UsageError(`a line "${line.do}": expected the description of the director first, and only there`);
    begun = true;
    if (line.do !== "director") yield `${formatTranscriptEvent(line)}\n`;
    else {
      const { rules: _, ...host } = readDescription(line.description, undefined);
      yield `${formatTranscriptHead({ ...host, ...(line.name !== undefined && { name: line.name }) })}\n`;
    }
  }
}
