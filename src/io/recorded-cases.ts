/** Finds recorded cases: transcripts, and directories with a capture of both directions. */
import { readdirSync, type Stats, statSync } from "node:fs";
import { basename, join } from "node:path";
import { systemError } from "./system-error.ts";
import { isTranscriptName, transcriptName } from "./transcript-file.ts";

/** The two files that make a directory a case. */
export const CONFIG_FILE = "director.yaml";
export const WIRE_FILE = "wire.pcapng";
/** What the capture may be called, too. */
const WIRE_FILES: readonly string[] = ["pcapng", "pcap", "cap"]
  .map((ending) => `wire.${ending}`)
  .flatMap((name) => [name, `${name}.gz`, `${name}.zst`]);

export interface TranscriptLocation {
  readonly kind: "transcript";
  /** The file's name without `.jsonl` or `.case`. */
  readonly name: string;
  readonly path: string;
}

export interface CaptureLocation {
  readonly kind: "capture";
  /** The directory's. */
  readonly name: string;
  readonly path: string;
  /** The name of the capture in it. */
  readonly wire: string;
}

export type CaseLocation = TranscriptLocation | CaptureLocation;

/** A path where there is nothing to verify. */
export interface NoCase {
  readonly kind: "none";
  readonly path: string;
  /** For people, without the path. */
  readonly message: string;
}

/**
 * What a path stands for: a transcript, a directory with director.yaml and wire.pcapng, or all of these that lie in a
 * directory, by name.
 */
export function findCases(path: string): readonly (CaseLocation | NoCase)[] {
  const there = statusOf(path);
  if (typeof there === "string") return [{ kind: "none", path, message: there }];
  if (!there.isDirectory()) return [{ kind: "transcript", name: transcriptName(basename(path)), path }];
  const names = namesIn(path);
  if (typeof names === "string") return [{ kind: "none", path, message: names }];
  if (isCapture(names)) return [captureAt(path, names)];
  const found = names.sort().flatMap((name) => casesBelow(join(path, name)));
  const message = `no transcript (*.jsonl), no case (*.case) and no directory with ${CONFIG_FILE} and ${WIRE_FILE} is here`;
  return found.length > 0 ? found : [{ kind: "none", path, message }];
}

/** The capture of a case, if `path` is the folder of one; else `path` itself. */
export const captureIn = (path: string): string => fileIn(path, WIRE_FILES);

/** The configuration of a case, if `path` is the folder of one; else `path` itself. */
export const configIn = (path: string): string => fileIn(path, [CONFIG_FILE]);

/** Whether `path` is a folder with a configuration. */
export const isCaseFolder = (path: string): boolean => configIn(path) !== path;

function fileIn(path: string, wanted: readonly string[]): string {
  const there = statusOf(path);
  const names = typeof there !== "string" && there.isDirectory() ? namesIn(path) : [];
  const found = typeof names === "string" ? undefined : wanted.find((name) => names.includes(name));
  return found === undefined ? path : join(path, found);
}

const isCapture = (names: readonly string[]): boolean =>
  names.includes(CONFIG_FILE) || names.some((name) => WIRE_FILES.includes(name));

function captureAt(path: string, names: readonly string[]): CaseLocation | NoCase {
  const [wire, other] = WIRE_FILES.filter((name) => names.includes(name));
  const missing = [...(names.includes(CONFIG_FILE) ? [] : [CONFIG_FILE]), ...(wire === undefined ? [WIRE_FILE] : [])];
  if (wire === undefined || missing.length > 0)
    return { kind: "none", path, message: `${missing.join(" and ")} is missing` };
  if (other !== undefined) return { kind: "none", path, message: `${wire} and ${other} are there: which one is it?` };
  return { kind: "capture", name: basename(join(process.cwd(), path)), path, wire };
}

/** An entry of a directory that was named; what is no case is passed over. */
function casesBelow(path: string): (CaseLocation | NoCase)[] {
  const there = statusOf(path);
  if (typeof there === "string") return [{ kind: "none", path, message: there }];
  if (there.isFile())
    return isTranscriptName(path) ? [{ kind: "transcript", name: transcriptName(basename(path)), path }] : [];
  const names = there.isDirectory() ? namesIn(path) : [];
  if (typeof names === "string") return [{ kind: "none", path, message: names }];
  return isCapture(names) ? [captureAt(path, names)] : [];
}

/** The file's status, or why there is none. */
const statusOf = (path: string): Stats | string => tried(() => statSync(path));

const namesIn = (path: string): string[] | string => tried(() => readdirSync(path));

function tried<Result>(call: () => Result): Result | string {
  try {
    return call();
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    return failure.text;
  }
}
