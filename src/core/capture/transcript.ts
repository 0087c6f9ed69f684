/**
 * Transcripts: what a director was told, what it received and what it sent, one JSON value a line. Line 1 describes the director, every
 * further line is one event in order. A transcript is a recording of the kernel to compare with, or what the emulator did.
 */

import type { HostConfig } from "../host/config.ts";
import { HOST_KEYS, readHostConfig, readHz, readKernel } from "../host/config-reader.ts";
import { describeProblem, PlainValue, type Problem } from "../host/plain-value.ts";
import { readSysctl, sysctlKey, sysctlRefusal } from "../host/sysctls.ts";
import { isProcFile, PROC_FILES } from "../ipvs/proc-files.ts";
import type { KernelConfig } from "../kernel/releases.ts";
import { kernelOf, REFERENCE_KERNEL } from "../kernel/releases.ts";
import { modulesShown } from "./modules-shown.ts";

/** The director of a transcript. */
export interface TranscriptHead extends HostConfig {
  readonly name?: string;
  /** What the recorded kernel calls itself, `Linux 6.1.176`; absent in a transcript that says `hz` and `release` instead. */
  readonly recordedOn?: string;
}

/** One line after the first. `t` is the clock in seconds; it never goes back. */
export type TranscriptEvent =
  /** A control command with its exit code and what it printed. */
  | {
      readonly do: "ipvsadm";
      readonly t: number;
      readonly args: string;
      readonly code: number;
      readonly out: string;
      readonly err: string;
    }
  /** A frame that arrives at the director (rx), or that the director sends (tx) after the event before it. */
  | {
      readonly do: "rx" | "tx";
      readonly t: number;
      readonly dev: string;
      readonly frame: Uint8Array;
      /** Of an arrival that stands for many: payload bytes of each packet; their checksums are left to be made. */
      readonly segment?: number;
    }
  /** Time passes. */
  | { readonly do: "sleep"; readonly t: number; readonly seconds: number }
  | { readonly do: "sysctl"; readonly t: number; readonly key: string; readonly value: number | string }
  /** What a file of /proc/net says. */
  | { readonly do: "proc"; readonly t: number; readonly name: string; readonly out: string };

/** `lines[i]` is the line, from 1, that `events[i]` stands in. */
export interface Transcript {
  readonly head: TranscriptHead;
  readonly events: readonly TranscriptEvent[];
  readonly lines: readonly number[];
}

/** A mistake in a transcript, to stand behind its file's name: `FILE:LINE: message`. */
export interface TranscriptError {
  readonly line: number;
  readonly message: string;
}

export type ParsedTranscript =
  | { readonly kind: "transcript"; readonly transcript: Transcript }
  | { readonly kind: "errors"; readonly errors: readonly TranscriptError[] };

/**
 * Parses all of a transcript, or lists everything that is wrong with it. Blank lines after the first are passed over, and
 * so is a byte order mark.
 */
export function parseTranscript(text: string): ParsedTranscript {
  const errors: TranscriptError[] = [];
  const [first = "", ...rest] = text.replace(/^\uFEFF/, "").split("\n");
  const head = parseLine(first, 1, errors, readHead);
  const names = new Set(head?.interfaces.map(({ name }) => name));
  const events: TranscriptEvent[] = [];
  const lines: number[] = [];
  let clock = 0;
  for (const [index, lineText] of rest.entries()) {
    if (lineText.trim() === "") continue;
    const line = index + 2;
    const event = parseLine(lineText, line, errors, (value) => readEvent(value, clock, head && names));
    if (event === undefined) continue;
    clock = event.t;
    events.push(event);
    lines.push(line);
  }
  if (head === undefined || errors.length > 0) return { kind: "errors", errors };
  const modules = head.modules ?? modulesShown(events);
  return { kind: "transcript", transcript: { head: { ...head, ...(modules && { modules }) }, events, lines } };
}

/** One line as JSON and then as what `read` expects; all problems found go to `errors`. */
function parseLine<T>(
  text: string,
  line: number,
  errors: TranscriptError[],
  read: (value: PlainValue) => T | undefined,
): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const what = line === 1 ? "the description of the director" : "an event";
    errors.push({ line, message: `expected ${what} as one JSON object, got ${quoted(text)}` });
    return undefined;
  }
  const problems: Problem[] = [];
  const result = read(new PlainValue(value, [], problems));
  for (const problem of problems) errors.push({ line, message: describeProblem(problem) });
  return problems.length === 0 ? result : undefined;
}

const quoted = (text: string): string =>
  text.length > 60 ? `${JSON.stringify(text.slice(0, 60))}...` : JSON.stringify(text);

function readHead(top: PlainValue): TranscriptHead | undefined {
  if (!top.hasFields(["transcript", "name", "clock", ...HOST_KEYS])) return undefined;
  const version = top.field("transcript");
  if (version.value !== 1) version.expected("version 1 of transcripts");
  const name = optionalText(top.field("name"));
  const { value: recordedOn } = top.field("kernel");
  const kernel = readRecordedKernel(top);
  return {
    ...readHostConfig(top, kernel),
    ...(name !== undefined && { name }),
    ...(typeof recordedOn === "string" && { recordedOn }),
  };
}

/** `kernel` is what a kernel calls itself, or `hz` and `release`; `clock` is its tick counter at t=0, and says its HZ for certain. */
function readRecordedKernel(top: PlainValue): KernelConfig {
  const said = top.field("kernel");
  const kernel = typeof said.value === "string" ? kernelOf(said.value) : (readKernel(said) ?? REFERENCE_KERNEL);
  const clock = top.field("clock");
  if (!clock.present || !clock.hasFields(["hz", "ticks"])) return kernel;
  const hz = readHz(clock.field("hz")) ?? kernel.hz;
  const { value: ticks } = clock.field("ticks");
  if (typeof ticks === "number" && ticks >= 0 && ticks <= Number.MAX_SAFE_INTEGER) return { ...kernel, hz, ticks };
  clock.field("ticks").expected("a tick counter, 0 or more");
  return kernel;
}

const optionalText = (field: PlainValue): string | undefined => (field.present ? field.text("a text") : undefined);

/** The keys of each event beside `do` and `t`. */
const EVENT_KEYS = {
  ipvsadm: ["args", "code", "out", "err"],
  rx: ["dev", "frame", "segment"],
  tx: ["dev", "frame"],
  sleep: ["seconds"],
  sysctl: ["key", "value"],
  proc: ["name", "out"],
} as const satisfies Record<TranscriptEvent["do"], readonly string[]>;

const isEventName = (name: unknown): name is TranscriptEvent["do"] =>
  typeof name === "string" && Object.hasOwn(EVENT_KEYS, name);

/** `devices` are the interfaces that frames may name; `undefined` if the head has no say because it is wrong itself. */
function readEvent(
  line: PlainValue,
  clock: number,
  devices: ReadonlySet<string> | undefined,
): TranscriptEvent | undefined {
  const kind = line.field("do").value;
  if (!isEventName(kind)) {
    if (!line.isMapping()) return undefined;
    return line.field("do").expected(`one of ${Object.keys(EVENT_KEYS).join(", ")}`);
  }
  line.hasFields(["do", "t", ...EVENT_KEYS[kind]]);
  const t = seconds(line.field("t"));
  if (t === undefined) return undefined;
  if (t < clock)
    return line.field("t").refuse(`expected a time not before ${clock} s, that of the line before, got ${t}`);
  return readFields(line, kind, t, devices);
}

function readFields(
  line: PlainValue,
  kind: TranscriptEvent["do"],
  t: number,
  devices: ReadonlySet<string> | undefined,
): TranscriptEvent | undefined {
  const text = (key: string, what = "a text"): string => line.field(key).text(what) ?? "";
  /** What a command gave may be absent in a transcript that nobody has recorded yet. */
  const output = (key: string): string => optionalText(line.field(key)) ?? "";
  switch (kind) {
    case "ipvsadm": {
      const code = line.field("code").present ? (line.field("code").integer(0, 255) ?? 0) : 0;
      return {
        do: kind,
        t,
        args: text("args", "the arguments of ipvsadm"),
        code,
        out: output("out"),
        err: output("err"),
      };
    }
    case "rx":
    case "tx": {
      const dev = line
        .field("dev")
        .parsed("the name of one of the interfaces", (name) =>
          devices === undefined || devices.has(name) ? name : undefined,
        );
      const frame = line.field("frame").parsed("a frame as pairs of hexadecimal digits", parseHex);
      const segment = line.field("segment").present ? line.field("segment").integer(1, 65535) : undefined;
      if (dev === undefined || frame === undefined) return undefined;
      return { do: kind, t, dev, frame, ...(segment !== undefined && { segment }) };
    }
    case "sleep":
      return { do: kind, t, seconds: seconds(line.field("seconds")) ?? 0 };
    case "sysctl": {
      const { value } = line.field("value");
      const written = text("key", "the name of a sysctl");
      if (written === "") return undefined;
      if (typeof value !== "string" && typeof value !== "number")
        return line.field("value").expected("a number or a text");
      const key = sysctlKey(written);
      const refusal = devices && sysctlRefusal(key, readSysctl(key, value, [...devices]).outcome);
      return refusal === undefined ? { do: kind, t, key, value } : line.field("value").refuse(refusal);
    }
    case "proc":
      return { do: kind, t, name: procName(line.field("name")) ?? "", out: output("out") };
  }
}

const procName = (field: PlainValue): string | undefined =>
  field.parsed(`the name of a file in /proc/net, ${PROC_FILES.join(", ")}`, (name) =>
    isProcFile(name) ? name : undefined,
  );

/** About 31 years: more is a mistake, and a clock of microseconds would lose some of them. */
const MOST_SECONDS = 1e9;

function seconds(field: PlainValue): number | undefined {
  const { value } = field;
  return typeof value === "number" && value >= 0 && value <= MOST_SECONDS
    ? value
    : field.expected(`seconds, 0 to ${MOST_SECONDS}`);
}

/** Bytes from pairs of hexadecimal digits; `undefined` for anything else. */
function parseHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
