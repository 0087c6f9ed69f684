/** A statement of a page, and what shows that it is true. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript } from "../../../src/core/capture/transcript.ts";
import { runIpvsadm, wordsOf } from "../../../src/core/control/interpreter.ts";
import { factsOf } from "../../../src/core/explain/decode/facts.ts";
import type { HeaderFacts } from "../../../src/core/explain/decode/packet-facts.ts";
import { flowLine } from "../../../src/core/explain/summary.ts";
import { explainTranscript } from "../../../src/core/replay/past.ts";
import type { WalkEvent } from "../../../src/core/trace/events.ts";
import { type StoryConfig, story, storyDirector } from "../../support/story.ts";

export interface Claim {
  /** Words of the page, as they stand there but for line breaks. */
  readonly says: string;
  /** A recording of the kernel that shows it, in fixtures; its picks, replies and listings are compared by `verify`. */
  readonly recording?: string;
  /** Fails if it is not so. */
  readonly shown: () => void;
}

export const VIP = "12.11.0.101:80";

/** A service with two real servers by a method, the later one picked first. */
export const service = (options = "", method = "-m"): string[] => [
  `ipvsadm -A -t ${VIP} -s rr ${options}`.trim(),
  `ipvsadm -a -t ${VIP} -r 172.16.1.2:80 ${method}`,
  `ipvsadm -a -t ${VIP} -r 172.16.1.3:80 ${method}`,
];

/** The `number`-th client's packet, or that of another port. */
export const tcp = (time: number, flags: string, port = 40000, client = "12.11.0.10"): string =>
  `${time} eth0 tcp ${client}:${port} > ${VIP} ${flags}`;

/** What a packet's flow was when it left: `A > B TCP S`; empty if nothing left. */
export const sent = (events: readonly WalkEvent[]): string[] =>
  events.flatMap((event) => {
    const ip = event.kind === "sent" ? factsOf(event.bytes)?.ip : undefined;
    return ip === undefined ? [] : [flowLine(ip)];
  });

/** The innermost header of the last packet that left. */
export function lastHeader(events: readonly WalkEvent[], of: "inner" | "outer" = "inner"): HeaderFacts {
  const last = events.findLast((event) => event.kind === "sent");
  const header = last?.kind === "sent" ? factsOf(last.bytes)?.ip?.headers.at(of === "inner" ? -1 : 0) : undefined;
  if (header === undefined) throw new Error("nothing was sent");
  return header;
}

export const kinds = (events: readonly WalkEvent[]): string[] => events.map(({ kind }) => kind);

export const verdictOf = (events: readonly WalkEvent[]): string =>
  events.findLast((event) => event.kind === "verdict")?.verdict ?? "";

/** Each real server that the story's connections have, in the order of the clients' ports. */
export function servers(lines: readonly string[], config?: StoryConfig): string[] {
  const rows = listing(lines, "-Lnc", config).split("\n").slice(2);
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => columns.length >= 6 && !columns[3]?.endsWith(":0"))
    .toSorted((a, b) => portOf(a[3]) - portOf(b[3]))
    .map((columns) => columns[5] ?? "");
}

const portOf = (end = ""): number => Number(end.split(":").at(-1));

/** What ipvsadm lists when the story is over. */
export function listing(lines: readonly string[], words: string, config?: StoryConfig): string {
  const director = storyDirector(lines, config);
  return runIpvsadm(wordsOf(words), { server: director.server }).out;
}

/** Weight, active and inactive connections of a real server at the end. */
export function counts(lines: readonly string[], server = "172.16.1.3:80"): (string | undefined)[] {
  const row =
    listing(lines, "-Ln")
      .split("\n")
      .find((line) => line.includes(`-> ${server} `)) ?? "";
  return row.trim().split(/\s+/).slice(3);
}

/** The walks of a recording's packets. */
export function walksOf(recording: string): WalkEvent[][] {
  const parsed = parseTranscript(readFileSync(`fixtures/${recording}.jsonl`, "utf8"));
  if (parsed.kind !== "transcript") throw new Error(recording);
  const walks: WalkEvent[][] = [];
  explainTranscript(parsed.transcript, {}, (told) => {
    if (told.kind === "walk") walks.push([...told.explanation.events]);
  });
  return walks;
}

/** Some walk of the recording is such a one. */
export const someWalk = (recording: string, is: (events: readonly WalkEvent[]) => boolean): void =>
  void expect(walksOf(recording).some(is), recording).equals(true);

export { story };
