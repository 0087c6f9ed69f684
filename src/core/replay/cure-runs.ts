/** Recordings and captures as something to be lived through with another setting. */
import type { Packet } from "../capture/packet.ts";
import type { Transcript, TranscriptEvent } from "../capture/transcript.ts";
import type { Explanation } from "../explain/explanation.ts";
import type { DirectorConfig } from "../host/config/config.ts";
import type { Director } from "../host/director.ts";
import type { Replay, Setting } from "./cures.ts";
import { explainCapture, explainTranscript } from "./past.ts";
import { loadRules, ruleLines } from "./rules.ts";

/** What a transcript sets up, and the replay of its frame `number`. */
export function transcriptTrial({ head, events, lines }: Transcript, number: number): [Setting, Replay] {
  const commands = events.flatMap((event) => (event.do === "ipvsadm" ? [event.args] : []));
  const replay: Replay = ({ host, commands: changed, held }) => {
    let command = 0;
    const others = events.flatMap((event): TranscriptEvent[] => {
      if (event.do === "sysctl") return event.key in held ? [] : [event];
      if (event.do !== "ipvsadm") return [event];
      const args = changed[command++];
      return args === undefined ? [] : args.split("\n").map((line) => ({ ...event, args: line }));
    });
    return only((tell) =>
      explainTranscript({ head: { ...head, ...host }, events: others, lines }, { only: number, until: number }, tell),
    );
  };
  return [{ host: head, commands, held: {} }, replay];
}

/** The same of a capture with the configuration of its director. */
export function captureTrial(config: DirectorConfig, packets: Iterable<Packet>, number: number): [Setting, Replay] {
  const replay: Replay = ({ host, commands }) => {
    const lines = commands.flatMap((line) => line?.split("\n") ?? []);
    const prepare = (director: Director): void =>
      void loadRules(director, { ...config.rules, lines: lines.filter((line) => line !== "") });
    return only((tell) => explainCapture({ ...config, ...host }, prepare, packets, { only: number }, tell));
  };
  return [{ host: config, commands: ruleLines(config.rules), held: {} }, replay];
}

type Tell = Parameters<typeof explainTranscript>[2];

/** The one walk that is told. */
function only(run: (tell: Tell) => unknown): Explanation | undefined {
  let found: Explanation | undefined;
  run((story) => {
    if (story.kind === "walk") found = story.explanation;
  });
  return found;
}
