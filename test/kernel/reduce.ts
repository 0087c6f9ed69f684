/**
 * reduce.js RECORDING [OUT]: makes a recording that tapvs differs from smaller, by playing parts of its inputs on the real
 * kernel: what is not needed for a difference of the same kind goes. Writes the smallest that was found.
 * Exit status: 0 written; 1 the recording does not differ; 2 wrong usage, or no kernel can run here.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Transcript, TranscriptEvent } from "../../src/core/capture/transcript.ts";
import { formatTranscript } from "../../src/core/capture/transcript-writer.ts";
import { playOnKernel, whyNoKernel } from "./kernel.ts";
import { judge, transcriptOf } from "./verdict.ts";

const ROUNDS = 10;

/** The first difference without its place: `another frame was sent on eth0: IPv4 TTL`. */
const kindOf = (transcript: Transcript): string => judge(transcript).difference[0]?.replace(/^line \d+: /, "") ?? "";

const inputsOf = ({ events }: Transcript): TranscriptEvent[] => events.filter((event) => event.do !== "tx");

/** The inputs up to the first difference. */
function untilDifference(transcript: Transcript): TranscriptEvent[] {
  const line = Number(/^line (\d+)/.exec(judge(transcript).difference[0] ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
  return inputsOf({
    ...transcript,
    events: transcript.events.filter((_, index) => (transcript.lines[index] ?? 0) <= line),
  });
}

/** Plays several cases at once; the recordings of those that differ in the given way, by the number of the case. */
async function stillDiffering(
  head: Transcript["head"],
  cases: readonly (readonly TranscriptEvent[])[],
  kind: string,
): Promise<Map<number, string>> {
  const inputs = new Map(
    cases.map((events, number) => [`case_${String(number).padStart(4, "0")}`, formatTranscript({ head, events })]),
  );
  const differing = new Map<number, string>();
  await playOnKernel(inputs, (name, played) => {
    if ("failed" in played || kindOf(transcriptOf(played.recording, name)) !== kind) return;
    differing.set(Number(name.slice("case_".length)), played.recording);
  });
  return differing;
}

/** `events` without the stretches. */
const without = (
  events: readonly TranscriptEvent[],
  stretches: readonly (readonly [number, number])[],
): TranscriptEvent[] => events.filter((_, index) => !stretches.some(([from, to]) => index >= from && index < to));

/** All stretches of a length; which of them, alone and then together, may go. */
async function smaller(
  head: Transcript["head"],
  events: readonly TranscriptEvent[],
  length: number,
  kind: string,
): Promise<{ events: readonly TranscriptEvent[]; recording: string } | undefined> {
  const stretches = Array.from({ length: Math.ceil(events.length / length) }, (_, index) => {
    return [index * length, (index + 1) * length] as const;
  });
  const alone = await stillDiffering(
    head,
    stretches.map((stretch) => without(events, [stretch])),
    kind,
  );
  const free = stretches.filter((_, index) => alone.has(index));
  if (free.length === 0) return undefined;
  const odd = free.filter((_, index) => index % 2 === 1);
  const tries = [free, odd, free.slice(0, Math.ceil(free.length / 2)), free.slice(0, 1)].map((some) =>
    without(events, some),
  );
  const together = await stillDiffering(head, tries, kind);
  const best = [...together].sort(([a], [b]) => (tries[a]?.length ?? 0) - (tries[b]?.length ?? 0))[0];
  return best && { events: tries[best[0]] ?? events, recording: best[1] };
}

async function reduce(file: string, out: string): Promise<number> {
  const transcript = transcriptOf(readFileSync(file, "utf8"), file);
  const kind = kindOf(transcript);
  if (kind === "") {
    console.error(`${file}: tapvs does what was recorded`);
    return 1;
  }
  console.log(`looking for: ${kind}`);
  let events: readonly TranscriptEvent[] = untilDifference(transcript);
  let length = Math.max(1, Math.floor(events.length / 4));
  for (let round = 0; round < ROUNDS; round++) {
    const found = await smaller(transcript.head, events, length, kind);
    if (found !== undefined) {
      events = found.events;
      writeFileSync(out, found.recording);
      console.log(`${events.length} inputs are enough`);
    } else if (length === 1) break;
    length = Math.max(1, Math.floor(Math.min(length, events.length) / 2));
  }
  console.log(`the smallest is in ${out}`);
  return 0;
}

async function main(): Promise<number> {
  const [file, out = "reduced.jsonl"] = process.argv.slice(2);
  if (file === undefined) {
    console.error("usage: reduce.js RECORDING [OUT]");
    return 2;
  }
  const why = whyNoKernel();
  if (why === undefined) return reduce(file, out);
  console.error(`no kernel: ${why}`);
  return 2;
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (thrown: unknown) => {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exitCode = 1;
  },
);
