/** Reads one recorded case and verifies it. */
import { join } from "node:path";
import type { Transcript } from "../core/capture/transcript.ts";
import type { HostConfig } from "../core/host/config/config.ts";
import { switchesWithoutEffect } from "../core/host/sysctls.ts";
import { CaptureCase } from "../core/replay/capture-case.ts";
import type { LabOptions, RecordedListings } from "../core/replay/capture-lab.ts";
import type { CaseResult } from "../core/replay/case-result.ts";
import { verifyTranscript } from "../core/replay/transcript-case.ts";
import { readInOrder } from "./capture-file.ts";
import { describeConfigError, readConfig } from "./config.ts";
import { type CaptureLocation, type CaseLocation, CONFIG_FILE } from "./recorded-cases.ts";
import { readText } from "./text-file.ts";
import { parseTranscriptFile } from "./transcript-file.ts";

/** A case that could not be verified: what is wrong, and whether with how it was given or with what it holds. */
export interface CaseFailure {
  readonly fault: "usage" | "content";
  readonly errors: readonly string[];
}

/** Is told of a switch that a case sets and that means nothing here. */
export type TellIdle = (file: string, name: string) => void;

/** How cases are verified; what a capture lacks, a transcript has. */
export interface VerifyWish extends LabOptions {
  /** Called for each packet of a capture, so that a person can see how far the work is. */
  readonly each?: () => void;
}

/** Of one file; who has made so many has given the wrong file. */
const MOST_MISTAKES = 20;

/** Never throws for what a file holds. */
export async function verifyCase(
  location: CaseLocation,
  tell: TellIdle,
  wish: VerifyWish = {},
): Promise<CaseResult | CaseFailure> {
  return location.kind === "transcript"
    ? verifyTranscriptFile(location.path, tell, wish)
    : verifyCaptureDirectory(location, tell, wish);
}

function verifyTranscriptFile(path: string, tell: TellIdle, { most }: VerifyWish): CaseResult | CaseFailure {
  const read = readText(path, "transcript");
  if ("message" in read) return { fault: "usage", errors: [read.message] };
  const parsed = parseTranscriptFile(path, read.text);
  if (parsed.kind === "transcript") {
    const { head, events } = parsed.transcript;
    const later = events.flatMap((event) => (event.do === "sysctl" ? [[event.key, event.value] as const] : []));
    tellIdle(head, [...Object.entries(head.sysctl), ...later], path, tell);
    if (path.endsWith(".case") && expectsNothing(events))
      return { fault: "content", errors: [`${path}: expects nothing; tapvs case --fill writes down what happens`] };
    return verifyTranscript(parsed.transcript, most);
  }
  const told = parsed.errors.slice(0, MOST_MISTAKES);
  const more = parsed.errors.length - told.length;
  const errors = told.map(({ line, message }) => `${path}:${line}: ${message}`);
  return { fault: "content", errors: more === 0 ? errors : [...errors, `${path}: and ${more} more`] };
}

/** A case that says nothing of what is to come would be green whatever came. */
const expectsNothing = (events: Transcript["events"]): boolean =>
  !events.some(
    (event) =>
      event.do === "tx" || event.expect !== undefined || (event.do === "ipvsadm" && `${event.out}${event.err}` !== ""),
  );

function tellIdle(
  { interfaces }: Pick<HostConfig, "interfaces">,
  switches: Parameters<typeof switchesWithoutEffect>[1],
  file: string,
  tell: TellIdle,
): void {
  const devices = interfaces.map(({ name }) => name);
  for (const name of switchesWithoutEffect(devices, switches)) tell(file, name);
}

async function verifyCaptureDirectory(
  { name, path, wire }: CaptureLocation,
  tell: TellIdle,
  wish: VerifyWish,
): Promise<CaseResult | CaseFailure> {
  const configuration = readConfig(join(path, CONFIG_FILE));
  if (configuration.kind === "errors") return { fault: "usage", errors: configuration.errors.map(describeConfigError) };
  const { config } = configuration;
  tellIdle(config, Object.entries(config.sysctl), join(path, CONFIG_FILE), tell);
  const listings = [readListing(join(path, "stats.txt")), readListing(join(path, "connections.txt"))] as const;
  const [stats, connections] = listings;
  const unreadable = listings.flatMap((listing) =>
    listing !== undefined && "message" in listing ? [listing.message] : [],
  );
  if (unreadable.length > 0) return { fault: "usage", errors: unreadable };
  const text = (listing: (typeof listings)[number]) => (listing && "text" in listing ? listing.text : undefined);
  const recorded = new CaptureCase(name, config, wish);
  if (recorded.refused.length > 0) return { fault: "usage", errors: recorded.refused };
  return runCase(recorded, join(path, wire), { stats: text(stats), connections: text(connections) }, wish);
}

/** Packet by packet as the file is read; a second time up to a difference, to see how it came about. */
async function runCase(
  recorded: CaptureCase,
  wire: string,
  listings: RecordedListings,
  { each }: VerifyWish,
): Promise<CaseResult | CaseFailure> {
  const { late, error } = await readInOrder(wire, (packet) => {
    each?.();
    recorded.packet(packet);
  });
  if (error !== undefined) return { fault: error.kind === "unreadable" ? "usage" : "content", errors: [error.message] };
  const result = recorded.end(listings);
  if ("refused" in result) return { fault: "content", errors: result.unplaced.map((problem) => `${wire}: ${problem}`) };
  const notes =
    late === 0
      ? result.notes
      : [...result.notes, `${late} packets stand too far behind later ones: sort the capture (reordercap)`];
  const { difference } = result;
  if (difference?.finding.kind !== "frame") return { ...result, notes };
  const walk = recorded.walkTo(difference.finding);
  await readInOrder(
    wire,
    (packet) => {
      if (!walk.done) walk.packet(packet);
    },
    { enough: () => walk.done },
  );
  return { ...result, notes, difference: walk.completed(difference) };
}

/** A listing that need not be there. */
function readListing(file: string): ReturnType<typeof readText> | undefined {
  const read = readText(file);
  return "code" in read && read.code === "ENOENT" ? undefined : read;
}
