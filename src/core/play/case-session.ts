/** A prompt on a case: `step` lives through its events one by one, and lines of the case language go on from there. */
import { amount } from "../amount.ts";
import { parseCase } from "../capture/case-text.ts";
import { formatCase } from "../capture/case-writer.ts";
import type { Transcript, TranscriptEvent } from "../capture/transcript.ts";
import type { Director } from "../host/director.ts";
import { type Outcome, outcomeWords, unmetExpectation } from "../replay/expectations.ts";
import { outcomesOf, withExpectations } from "../replay/transcript-case.ts";
import { runTranscript } from "../replay/transcript-run.ts";
import type { WalkEvent } from "../trace/events.ts";
import {
  type Answer,
  completions,
  failed,
  helpLines,
  type PlayCommands,
  runCommand,
  type Session,
  said,
} from "./session.ts";
import { briefLines, explainMadeUp, noSuchPacket, type ToldPacket, walkLines } from "./told.ts";

/** What may be written as it is in a case. */
const STATEMENTS: readonly (readonly [string, string])[] = [
  ["tcp A:P > B:P S, udp ..., icmp ...", "a packet arrives"],
  ["ipvsadm ..., -A ..., -Ln", "a line of ipvsadm"],
  ["wait 15 min, at 905 s", "time passes"],
  ["sysctl -w KEY=VALUE, cat /proc/net/ip_vs", ""],
];

/** An event, and what came of it. */
interface Lived {
  readonly event: TranscriptEvent;
  readonly outcome: Outcome;
  readonly packet: ToldPacket | undefined;
}

export class CaseSession implements Session {
  readonly #whole: Transcript;
  /** What has happened. */
  #done: Transcript;
  /** Index of the case's next event. */
  #next = 0;
  /** Seconds that the case is behind its own times. */
  #late = 0;
  readonly #commands: PlayCommands;

  constructor(transcript: Transcript) {
    const inputs = transcript.events.filter((event) => event.do !== "tx");
    this.#whole = { ...transcript, events: inputs, lines: inputs.map(() => 0) };
    this.#done = { ...this.#whole, events: [], lines: [] };
    this.#commands = this.#makeCommands();
  }

  get greeting(): readonly string[] {
    const { head, events } = this.#whole;
    const { interfaces } = head;
    return [
      `${head.name ?? "a case"}: a director with ${interfaces.map(({ name }) => name).join(", ")}, ${amount(events.length, "event")}. step, run, help`,
    ];
  }

  complete = (line: string): readonly string[] =>
    completions(this.#commands, line, ["tcp", "udp", "icmp", "icmpv6", "ipvsadm", "wait", "sysctl", "cat"]);

  run(line: string): Answer {
    const text = line.trim();
    const [name = "", ...words] = text.split(/\s+/);
    if (text === "" || text.startsWith("#")) return said();
    const command = Object.hasOwn(this.#commands, name) ? this.#commands[name] : undefined;
    if (command !== undefined) return runCommand(command, words, text.slice(name.length).trim());
    return this.#statement(/^(sleep)\s/.test(text) ? text.replace("sleep", "wait") : text);
  }

  /** Every line is over when it has been run. */
  end = (): Answer => said();

  #makeCommands(): PlayCommands {
    return {
      step: {
        most: 1,
        usage: "step [N]",
        what: "the next event of the case, or the next N",
        run: ([count = "1"]) => this.#steps(Number(count)),
      },
      run: { most: 0, usage: "run", what: "all that is left of it", run: () => this.#steps(Number.POSITIVE_INFINITY) },
      explain: {
        usage: "explain [N | PACKET]",
        what: "the walk of the last packet, of packet N, or of one that is only made up",
        run: (_, rest) => this.#explain(rest),
      },
      save: {
        most: 1,
        usage: "save FILE.case",
        what: "what happened so far, with what came of it as expectations",
        run: ([name]) =>
          name === undefined
            ? failed("save: expected the name of a file")
            : { lines: [], file: { name, text: formatCase(withExpectations(this.#done)) } },
      },
      help: { most: 0, usage: "help", what: "", run: () => said(...helpLines(this.#commands, STATEMENTS)) },
      quit: { most: 0, usage: "quit", what: "the end; exit is as good", run: () => ({ lines: [], over: true }) },
    };
  }

  #steps(count: number): Answer {
    if (!(count >= 1)) return failed("step: expected a number of events, from 1");
    const events = this.#whole.events.slice(this.#next, this.#next + count);
    if (events.length === 0) return failed("the case is over; lines of your own go on from here");
    this.#next += events.length;
    // Lines of one's own take time: the case goes on when they are over.
    this.#late = Math.max(this.#late, endOf(this.#done.events.at(-1)) - (events[0]?.t ?? 0));
    return this.#live(events.map((event) => ({ ...event, t: rounded(event.t + this.#late) })));
  }

  /** A line of the case language; what it names on a link is a neighbor from then on. */
  #statement(text: string): Answer {
    const before = this.#done.events.length;
    const parsed = parseCase(`${formatCase(this.#done)}\n${text}\n`);
    if (parsed.kind === "errors") return failed(...parsed.errors.map(({ message }) => message));
    const { head, events } = parsed.transcript;
    const told = events.slice(before);
    if (told.length > 0) {
      this.#done = { ...this.#done, head };
      return this.#live(told);
    }
    const expected = /^expect\s/.test(text)
      ? events.at(-1)?.expect?.slice(this.#done.events.at(-1)?.expect?.length)
      : undefined;
    const last = this.#outcomes().at(-1);
    const unmet = expected && last && unmetExpectation(head, expected, last.outcome);
    if (unmet === undefined) this.#done = parsed.transcript;
    return unmet ? failed(`expected ${unmet.expected}, got`, ...unmet.got.split("\n")) : said();
  }

  #live(events: readonly TranscriptEvent[]): Answer {
    const before = this.#done.events.length;
    const all = [...this.#done.events, ...events];
    this.#done = { ...this.#done, events: all, lines: all.map(() => 0) };
    const lived = this.#outcomes().slice(before);
    const lines = lived.flatMap(({ outcome, packet }) => this.#told(outcome, packet));
    const unmet = lived.flatMap(({ outcome, event }) => {
      const found = unmetExpectation(this.#done.head, event.expect ?? [], outcome);
      return found === undefined
        ? []
        : [`expected ${found.expected}, got`, ...found.got.split("\n").map((line) => `  ${line}`)];
    });
    return unmet.length === 0 ? said(...lines) : failed(...lines, ...unmet);
  }

  #told(outcome: Outcome, packet: ToldPacket | undefined): string[] {
    const { event } = outcome;
    if (packet !== undefined) return briefLines(packet);
    if (event.do === "ipvsadm") {
      const output = `${event.out}${event.err}`.trimEnd();
      return [`ipvsadm ${event.args}`, ...(output === "" ? [] : output.split("\n"))];
    }
    if (event.do === "proc") return event.out.trimEnd().split("\n");
    return outcomeWords(outcome)
      .split("\n")
      .filter((line) => line !== "sent nothing");
  }

  /** Everything that happened, lived through anew. */
  #outcomes(finished: (director: Director) => void = () => {}): Lived[] {
    const walks = new Map<number, WalkEvent[]>();
    const listen = (index: number) => {
      const walk: WalkEvent[] = [];
      walks.set(index, walk);
      return { add: (event: WalkEvent) => walk.push(event) };
    };
    const made = runTranscript(this.#done, (_, index) => listen(index), finished);
    const outcomes = outcomesOf(this.#done, made, walks);
    let number = 0;
    return this.#done.events.flatMap((event, index): Lived[] => {
      const outcome = outcomes.get(index);
      if (outcome === undefined) return [];
      if (event.do !== "rx") return [{ event, outcome, packet: undefined }];
      const packet = { number: ++number, seconds: event.t, dev: event.dev, bytes: event.frame, events: outcome.walk };
      return [{ event, outcome, packet }];
    });
  }

  #explain(words: string): Answer {
    if (words !== "" && !/^\d+$/.test(words)) return this.#whatIf(words);
    const packets = this.#outcomes().flatMap(({ packet }) => packet ?? []);
    const wanted = words === "" ? packets.at(-1) : packets[Number(words) - 1];
    if (wanted !== undefined) return said(...walkLines(wanted));
    return noSuchPacket(packets.length);
  }

  /** On a director that nobody sees again. */
  #whatIf(words: string): Answer {
    const present: Director[] = [];
    this.#outcomes((director) => present.push(director));
    return explainMadeUp(words, present[0]);
  }
}

/** When the next event can be, in seconds. */
const endOf = (event: TranscriptEvent | undefined): number =>
  event === undefined ? 0 : event.t + (event.do === "sleep" ? event.seconds : event.do === "rx" ? BETWEEN_PACKETS : 0);
const BETWEEN_PACKETS = 0.001;

const rounded = (time: number): number => Math.round(time * 1e6) / 1e6;
