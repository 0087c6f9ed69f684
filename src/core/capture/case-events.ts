/** The lines of a case that say what happens, as the values of a transcript's events. */
import { expandBraces, MOST_TEXTS } from "../packet/braces.ts";
import { PROTOCOLS_IN_WORDS } from "../packet/made-up-packet.ts";
import { HEAD_WORDS, splitSwitch } from "./case-head.ts";
import { parseDuration } from "./duration.ts";
import { type Statement, StatementError } from "./statement.ts";
import type { ValueLine } from "./transcript.ts";

type Value = Record<string, unknown>;

/** Words at the beginning of a line that arrives as a packet; `frame` is one in hexadecimal digits. */
const PACKET_WORDS: ReadonlySet<string> = new Set([...PROTOCOLS_IN_WORDS, "icmp6", "frame"]);
/** Commands that print: what they print is compared only where it is written down. */
export const LISTS = /^$|^-\w*[LlS]|^--(list|save)\b/;

/** When a statement is, and how often. */
interface When {
  readonly t?: number;
  readonly times?: number;
  readonly every?: number;
}

export class CaseEvents {
  readonly #lines: { readonly line: number; readonly values: readonly Value[] }[] = [];
  /** Said by an `at` on a line of its own. */
  #at: number | undefined;

  /** Whether anything has happened yet. */
  get begun(): boolean {
    return this.#lines.length > 0;
  }

  /** Throws StatementError for a line that cannot be. */
  take({ line, text }: Statement): void {
    if (text.startsWith("|")) this.#printed("out", text.slice(1));
    else if (text.startsWith("!")) this.#printed("err", text.slice(1));
    else if (/^expect\s/.test(text)) this.#expect(splitExpectations(text.slice("expect".length)));
    else this.#begin(line, text);
  }

  end(): ValueLine[] {
    return this.#lines.flatMap(({ line, values }) => values.map((value) => ({ line, value })));
  }

  #begin(line: number, text: string): void {
    const { when, body } = this.#when(text);
    const [said = "", ...expectations] = splitOutside(body, "=>");
    if (said === "" && expectations.length === 0 && when.t !== undefined) {
      this.#at = when.t;
      return;
    }
    const values = eventsOf(said.trim());
    this.#at = undefined;
    this.#lines.push({
      line,
      values: values.map((value, index) => ({ ...value, ...(index === 0 ? when : { ...when, t: undefined }) })),
    });
    if (expectations.length > 0) this.#expect(splitExpectations(expectations.join("=>")));
  }

  /** `at 1.5 s, 8 times every 100 ms: BODY`. */
  #when(text: string): { readonly when: When; readonly body: string } {
    const [, said, body = ""] = /^((?:at\s|\d+\s+times\b|every\s)[^:"]*?)(?::(?=\s)|$)(.*)$/.exec(text) ?? [];
    const before = this.#at === undefined ? {} : { t: this.#at };
    if (said === undefined) return { when: before, body: text };
    const [, at, times, every] =
      /^(?:at\s+([\d.]+\s*[a-z]*))?[\s,]*(?:(\d+)\s+times)?\s*(?:every\s+([\d.]+\s*[a-z]*))?$/.exec(said.trim()) ?? [];
    if (at === undefined && times === undefined)
      throw new StatementError(
        `expected a time such as "at 1.5 s" or "8 times every 100 ms" before the colon, got "${said.trim()}"`,
      );
    return {
      when: {
        ...before,
        ...(at !== undefined && { t: spanOf(at) }),
        ...(times !== undefined && { times: Number(times) }),
        ...(every !== undefined && { every: spanOf(every) }),
      },
      body: body.trim(),
    };
  }

  #expect(texts: readonly string[]): void {
    for (const value of this.#last("a packet or a command before expect").values)
      for (const text of texts) expectOf(value, text);
  }

  /** A line that the command before it printed. */
  #printed(key: "out" | "err", text: string): void {
    for (const value of this.#last("a command before what it printed").values) {
      if (value.do !== "ipvsadm" && value.do !== "proc")
        throw new StatementError(
          `expected a command before what it printed, not ${value.do === "rx" ? "a packet" : String(value.do)}`,
        );
      const said = text.replace(/^ /, "");
      value[key] = `${value[key] ?? ""}${said.endsWith("\\") ? said.slice(0, -1) : `${said}\n`}`;
      if (key === "err") value.code ??= 0;
    }
  }

  #last(what: string): { readonly values: readonly Value[] } {
    const last = this.#lines.at(-1);
    if (last === undefined) throw new StatementError(`expected ${what}`);
    return last;
  }
}

/** What is written down of a command is its own; the rest is expected of it. */
function expectOf(value: Value, text: string): void {
  const code = /^code\s+(\d{1,3})$/.exec(text)?.[1];
  if (value.do === "ipvsadm" && code !== undefined) value.code = Number(code);
  else if ((value.do === "ipvsadm" || value.do === "proc") && text === "prints nothing") value.out = "";
  else {
    // What is only expected in part is not written down.
    if (value.do === "ipvsadm" && /^(fails|prints)\b/.test(text))
      for (const key of ["code", "out", "err"]) delete value[key];
    value.expect = [...((value.expect as string[] | undefined) ?? []), text];
  }
}

function spanOf(text: string): number {
  const span = parseDuration(text);
  if (span === undefined)
    throw new StatementError(`expected a time such as 15 min, 1.5 s or 200 ms, got "${text.trim()}"`);
  return span;
}

/** The events of a statement: one, but for braces in a command. */
function eventsOf(text: string): Value[] {
  const [word = "", ...words] = text.split(/\s+/);
  const rest = text.slice(word.length).trim();
  if (word.startsWith("-")) return commandsOf(text);
  if (PACKET_WORDS.has(word)) return [arrivalOf(text)];
  switch (word) {
    case "ipvsadm":
      return commandsOf(rest);
    case "wait":
      return [{ do: "sleep", seconds: spanOf(rest) }];
    case "tx": {
      const [dev = ""] = words;
      return [{ do: "tx", dev, packet: rest.slice(dev.length).trim() }];
    }
    case "sysctl": {
      const [key, value] = splitSwitch(rest.replace(/^-w\s+/, ""));
      return [{ do: "sysctl", key, value }];
    }
    case "cat":
      return [{ do: "proc", name: rest.replace(/^\/proc\/net\//, "") }];
    default:
      throw new StatementError(
        `expected a packet such as tcp 10.1.0.1:40000 > 10.1.0.100:80 S, a line of ipvsadm, wait, at, expect, sysctl -w, cat, tx, or of the director ${HEAD_WORDS.join(", ")}; got "${text}"`,
      );
  }
}

/** `segment N` at the end says that the packet stands for many. */
function arrivalOf(text: string): Value {
  const [, packet, segment] = /^(.*\S)\s+segment\s+(\d+)$/.exec(text) ?? [];
  return segment === undefined ? { do: "rx", packet: text } : { do: "rx", packet, segment: Number(segment) };
}

function commandsOf(text: string): Value[] {
  const lines = expandBraces(text);
  if (lines === undefined) throw new StatementError(`expected braces that stand for at most ${MOST_TEXTS} commands`);
  return lines.map((args) => ({ do: "ipvsadm", args, ...(LISTS.test(args) ? {} : { code: 0, out: "", err: "" }) }));
}

/** Expectations stand between commas. */
const splitExpectations = (text: string): string[] =>
  splitOutside(text, ",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** Splits at a sign that stands in no quotes and no braces. */
function splitOutside(text: string, sign: string): string[] {
  const parts = [""];
  let braces = 0;
  for (let at = 0; at < text.length; ) {
    const [quoted] = /^"(?:[^"\\]|\\.)*"/.exec(text.slice(at)) ?? [];
    const splits = braces === 0 && text.startsWith(sign, at);
    const piece = splits ? sign : (quoted ?? text[at] ?? "");
    if (piece === "{") braces++;
    if (piece === "}") braces = Math.max(0, braces - 1);
    if (splits) parts.push("");
    else parts[parts.length - 1] += piece;
    at += piece.length;
  }
  return parts;
}
