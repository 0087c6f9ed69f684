/** Reads the events of a transcript: one line is one event, or as many as its braces and its `times` say. */

import type { PlainValue } from "../host/config/plain-value.ts";
import { readSysctl, sysctlKey, sysctlRefusal } from "../host/sysctls.ts";
import { isProcFile, PROC_FILES } from "../ipvs/proc-files.ts";
import { DEFAULT_KERNEL } from "../kernel/releases.ts";
import { expandBraces, MOST_TEXTS } from "../packet/braces.ts";
import { type MadeUpPacket, PacketError } from "../packet/made-up-packet.ts";
import { parsePacket } from "../packet/read-packet.ts";
import { bytesOf, parseHex, splitWords } from "../packet/words.ts";
import { type Expectation, parseExpectation } from "./expectation.ts";
import { arrivesOn, arrivingFrame, leavingFrame } from "./packet-place.ts";
import type { TranscriptEvent, TranscriptHead } from "./transcript.ts";

/** The keys of each event beside `do`, `t` and those of EVERY_EVENT. */
const EVENT_KEYS = {
  ipvsadm: ["args", "code", "out", "err"],
  rx: ["dev", "frame", "packet", "segment"],
  tx: ["dev", "frame", "packet"],
  sleep: ["seconds"],
  sysctl: ["key", "value"],
  proc: ["name", "out"],
} as const satisfies Record<TranscriptEvent["do"], readonly string[]>;
/** `times` and `every` repeat the event, `expect` says what is to come of it. */
const EVERY_EVENT = ["times", "every", "expect"] as const;

const isEventName = (name: unknown): name is TranscriptEvent["do"] =>
  typeof name === "string" && Object.hasOwn(EVENT_KEYS, name);

/** From one packet in words to the next, in seconds, where nothing else is said. */
const BETWEEN_PACKETS = 0.001;
/** About 31 years: more is a mistake, and a clock of microseconds would lose some of them. */
const MOST_SECONDS = 1e9;

/** An event without its time. */
type Untimed = {
  [Kind in TranscriptEvent["do"]]: Omit<Extract<TranscriptEvent, { do: Kind }>, "t" | "expect">;
}[TranscriptEvent["do"]];

/** Reads one event after the other; the clock goes on with them. */
export class EventReader {
  /** `undefined` if the head is wrong itself: then it has no say. */
  readonly #head: TranscriptHead | undefined;
  readonly #devices: ReadonlySet<string>;
  /** When the last event was, in seconds. */
  #clock = 0;
  /** When an event is that does not say when. */
  #next = 0;

  constructor(head: TranscriptHead | undefined) {
    this.#head = head;
    this.#devices = new Set(head?.interfaces.map(({ name }) => name));
  }

  /** The events of a line. What is wrong is added to the problems of `line`, and then the result is not to be used. */
  read(line: PlainValue): TranscriptEvent[] {
    const kind = line.field("do").value;
    if (!isEventName(kind)) {
      if (line.isMapping()) line.field("do").expected(`one of ${Object.keys(EVENT_KEYS).join(", ")}`);
      return [];
    }
    line.hasFields(["do", "t", ...EVENT_KEYS[kind], ...EVERY_EVENT]);
    const t = this.#time(line);
    const once = kind === "rx" || kind === "tx" ? this.#frames(line, kind) : this.#one(line, kind);
    const times = optional(line.field("times"), (field) => field.integer(1, MOST_TEXTS)) ?? 1;
    if (t === undefined || once.length === 0) return [];
    if (once.length * times > MOST_TEXTS) {
      line.refuse(`expected at most ${MOST_TEXTS} events of one line, got ${once.length * times}`);
      return [];
    }
    const all = Array.from({ length: times }, () => once).flat();
    return this.#timed(line, all, t);
  }

  #time(line: PlainValue): number | undefined {
    const field = line.field("t");
    // Of a frame that was recorded the time is known, and what is sent is so by what came before it.
    const isSent = line.field("do").value === "tx";
    const t = field.present || line.field("frame").present ? seconds(field) : isSent ? this.#clock : this.#next;
    if (t !== undefined && t < this.#clock)
      return field.refuse(`expected a time not before ${this.#clock} s, that of the line before, got ${t}`);
    return t;
  }

  /** The events at their times, with what is expected of each. */
  #timed(line: PlainValue, events: readonly Untimed[], start: number): TranscriptEvent[] {
    const expectations = this.#expectations(line.field("expect"), events.length);
    const every = optional(line.field("every"), seconds);
    let t = start;
    return events.map((event, index) => {
      const expect = expectations[index] ?? [];
      const timed = { ...event, t, ...(expect.length > 0 && { expect }) };
      this.#clock = t;
      t = rounded(t + (every ?? durationOf(event)));
      this.#next = t;
      return timed;
    });
  }

  /**
   * Of each event, what is expected of it. Braces in an expectation stand for one event after the other, and begin
   * again where there are more events.
   */
  #expectations(field: PlainValue, count: number): (readonly Expectation[])[] {
    const texts = typeof field.value === "string" ? [field] : field.items();
    const columns = texts.map((text) => {
      const choices = expandBraces(text.text("what is expected, in words") ?? "") ?? [];
      return choices.flatMap((choice) => this.#expectation(text, choice));
    });
    return Array.from({ length: count }, (_, index) =>
      columns.flatMap((column) => column[index % Math.max(1, column.length)] ?? []),
    );
  }

  #expectation(field: PlainValue, text: string): Expectation[] {
    const read = parseExpectation(text, this.#devices);
    if ("text" in read) return [read];
    field.refuse(`expected ${read.expected}, got ${JSON.stringify(text)}`);
    return [];
  }

  /** A frame, or one for each packet that the words stand for. */
  #frames(line: PlainValue, kind: "rx" | "tx"): Untimed[] {
    const field = line.field("packet");
    const segment = optional(line.field("segment"), (value) => value.integer(1, 65_535));
    const stands = segment === undefined ? {} : { segment };
    if (!field.present) return this.#frame(line, kind).map((event) => ({ ...event, ...stands }));
    if (line.field("frame").present) line.field("frame").refuse("expected a packet or a frame, not both");
    const texts = expandBraces(field.text("a packet in words") ?? "");
    if (texts === undefined) field.refuse(`expected braces that stand for at most ${MOST_TEXTS} packets`);
    return (texts ?? []).flatMap((words) => {
      const event = this.#packet(line, field, kind, words);
      return event === undefined ? [] : [{ ...event, ...stands }];
    });
  }

  #packet(line: PlainValue, field: PlainValue, kind: "rx" | "tx", words: string): Untimed | undefined {
    const [first, digits, on, port, more] = splitWords(words);
    const bytes = first === "frame" ? bytesOf(digits ?? "") : undefined;
    const made = bytes === undefined ? packetOf(field, words) : undefined;
    if (this.#head === undefined || (bytes === undefined && made === undefined)) return undefined;
    const named = line.field("dev").present ? this.#device(line) : undefined;
    const said = bytes === undefined ? made?.dev : on === "on" && more === undefined ? port : undefined;
    const dev = named ?? said ?? (made && arrivesOn(this.#head, made));
    if (dev === undefined)
      return field.refuse("no network of the director has its source: say on which interface it arrives, by on DEV");
    if (!this.#devices.has(dev))
      return field.refuse(`"on ${dev}": expected one of the director's interfaces, ${[...this.#devices].join(", ")}`);
    if (made === undefined) return bytes && { do: kind, dev, frame: bytes };
    if (kind === "tx") return { do: kind, dev, frame: leavingFrame(this.#head, dev, made) };
    return { do: kind, dev, frame: arrivingFrame(this.#head, dev, made), packet: words };
  }

  #device(line: PlainValue): string | undefined {
    return line
      .field("dev")
      .parsed("the name of one of the interfaces", (name) =>
        this.#head === undefined || this.#devices.has(name) ? name : undefined,
      );
  }

  #frame(line: PlainValue, kind: "rx" | "tx"): Untimed[] {
    const dev = this.#device(line);
    const frame = line.field("frame").parsed("a frame as pairs of hexadecimal digits", parseHex);
    return dev === undefined || frame === undefined ? [] : [{ do: kind, dev, frame }];
  }

  #one(line: PlainValue, kind: Exclude<TranscriptEvent["do"], "rx" | "tx">): Untimed[] {
    switch (kind) {
      case "ipvsadm":
        return [command(line)];
      case "sleep":
        return [{ do: kind, seconds: seconds(line.field("seconds")) ?? 0 }];
      case "sysctl":
        return this.#switch(line);
      case "proc": {
        const open = line.field("out").present ? {} : ({ open: true } as const);
        return [{ do: kind, name: procName(line.field("name")) ?? "", out: output(line, "out"), ...open }];
      }
    }
  }

  #switch(line: PlainValue): Untimed[] {
    const { value } = line.field("value");
    const written = line.field("key").text("the name of a sysctl") ?? "";
    if (written === "") return [];
    if (typeof value !== "string" && typeof value !== "number") {
      line.field("value").expected("a number or a text");
      return [];
    }
    const key = sysctlKey(written);
    const kernel = this.#head?.kernel ?? DEFAULT_KERNEL;
    const refusal = this.#head && sysctlRefusal(key, readSysctl(key, value, [...this.#devices], kernel).outcome);
    if (refusal !== undefined) line.field("value").refuse(refusal);
    return [{ do: "sysctl", key, value }];
  }
}

/** How long an event takes where nobody says more. */
const durationOf = (event: Untimed): number =>
  event.do === "sleep" ? event.seconds : event.do === "rx" ? BETWEEN_PACKETS : 0;

/** To a microsecond, so that sums do not drift. */
const rounded = (time: number): number => Math.round(time * 1e6) / 1e6;

const optional = <T>(field: PlainValue, read: (field: PlainValue) => T | undefined): T | undefined =>
  field.present ? read(field) : undefined;

/** What a command gave may be absent in a transcript that nobody has recorded yet. */
const output = (line: PlainValue, key: string): string =>
  optional(line.field(key), (field) => field.text("a text")) ?? "";

/** A command of which neither exit code nor output is written down is open. */
function command(line: PlainValue): Untimed {
  const given = ["code", "out", "err"].some((key) => line.field(key).present);
  const code = optional(line.field("code"), (field) => field.integer(0, 255)) ?? 0;
  const args = line.field("args").text("the arguments of ipvsadm") ?? "";
  const said = { out: output(line, "out"), err: output(line, "err") };
  return { do: "ipvsadm", args, code, ...said, ...(given ? {} : { open: true }) };
}

function packetOf(field: PlainValue, words: string): MadeUpPacket | undefined {
  try {
    return parsePacket(words);
  } catch (error) {
    if (!(error instanceof PacketError)) throw error;
    return field.refuse(error.message);
  }
}

const procName = (field: PlainValue): string | undefined =>
  field.parsed(`the name of a file in /proc/net, ${PROC_FILES.join(", ")}`, (name) =>
    isProcFile(name) ? name : undefined,
  );

function seconds(field: PlainValue): number | undefined {
  const { value } = field;
  return typeof value === "number" && value >= 0 && value <= MOST_SECONDS
    ? value
    : field.expected(`seconds, 0 to ${MOST_SECONDS}`);
}
