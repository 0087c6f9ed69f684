/** What the last command of a session brought to the director: told, explained, and held against what somebody expected. */
import { parseCase } from "../capture/case-text.ts";
import { formatCase } from "../capture/case-writer.ts";
import type { TranscriptEvent } from "../capture/transcript.ts";
import type { Director } from "../host/director.ts";
import { unmetExpectation } from "../replay/expectations.ts";
import { runTranscript } from "../replay/transcript-run.ts";
import type { Network } from "../simulator/network.ts";
import type { Recorder } from "./recorder.ts";
import { type Answer, failed, said } from "./session.ts";
import { briefLines, explainMadeUp, noSuchPacket, type ToldPacket, walkLines } from "./told.ts";

export class LastPackets {
  readonly #recorder: Recorder;
  readonly #network: Network;
  /** Packets of the director before the last command. */
  #before = 0;
  /** Where those of the last command begin that brought any. */
  #lastBrought = 0;

  constructor(recorder: Recorder, network: Network) {
    this.#recorder = recorder;
    this.#network = network;
  }

  /** A command begins that does something. */
  begin(): void {
    const packets = this.#recorder.packets().length;
    if (packets > this.#before) this.#lastBrought = this.#before;
    this.#before = packets;
  }

  /** Each in a line or two. */
  brief(): string[] {
    return this.#ofLastCommand().flatMap(briefLines);
  }

  /** What became of them, or of packet N, or would of one in words. */
  explain(words: string): Answer {
    const packets = this.#recorder.packets();
    if (words === "") {
      const now = this.#ofLastCommand();
      const last = now.length > 0 ? now : packets.slice(this.#lastBrought, this.#before);
      return last.length === 0 ? noSuchPacket(0) : said(...last.flatMap(briefLines));
    }
    if (!/^\d+$/.test(words)) return explainMadeUp(words, this.#directorSoFar());
    const wanted = packets[Number(words) - 1];
    return wanted === undefined ? noSuchPacket(packets.length) : said(...walkLines(wanted));
  }

  /** Whether they came to what an `expect` of a case says. */
  expect(text: string): Answer {
    if (text === "")
      return failed("expected expect and what the last command came to, such as expect sent eth1 to 172.16.1.2:80");
    const head = this.#recorder.transcript().head;
    const parsed = parseCase(`${formatCase({ head, events: [] })}\nwait 1 s\nexpect ${text}\n`);
    if (parsed.kind === "errors") return failed(...parsed.errors.map(({ message }) => message));
    const walk = this.#ofLastCommand().flatMap(({ events }) => events);
    const sent = walk.flatMap((event) => (event.kind === "sent" ? [{ dev: event.dev, frame: event.bytes }] : []));
    const event: TranscriptEvent = { do: "sleep", t: 0, seconds: 0 };
    const unmet = unmetExpectation(head, parsed.transcript.events.at(-1)?.expect ?? [], { event, walk, sent });
    return unmet === undefined
      ? said()
      : failed(`expected ${unmet.expected}, got`, ...unmet.got.split("\n").map((line) => `  ${line}`));
  }

  #ofLastCommand(): ToldPacket[] {
    return this.#recorder.packets().slice(this.#before);
  }

  /** One that has lived through the same: the session's own is left alone. */
  #directorSoFar(): Director | undefined {
    const present: Director[] = [];
    runTranscript(this.#recorder.transcript(), undefined, (director) => present.push(director));
    const [director] = present;
    director?.advance(this.#network.now);
    return director;
  }
}
