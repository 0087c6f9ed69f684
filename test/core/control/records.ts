/** The recorded runs of ipvsadm in fixtures/ipvsadm-transcripts, and what of them is not replayed. */
import { readdirSync, readFileSync } from "node:fs";

const FIXTURES = "fixtures/ipvsadm-transcripts";
const HERE = "test/core/control";

export interface RecordedCommand {
  /** `05-misuse/177`. */
  readonly id: string;
  readonly command: string;
  /** `null` where a shell ran the command. */
  readonly argv: readonly string[] | null;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  /** -11 for a program that a signal killed. */
  readonly exit: number;
}

export const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** The directories, one run each. */
export const runNames = (): string[] => readdirSync(FIXTURES).filter((name) => /^\d/.test(name));

export function recordsOf(run: string): RecordedCommand[] {
  const lines = readFileSync(`${FIXTURES}/${run}/index.jsonl`, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const record = JSON.parse(line);
    const { seq, cmd: command, argv, stdin, stdout, stderr, exit } = record;
    return { id: `${run}/${seq}`, command, argv, stdin: stdin ?? "", stdout, stderr, exit };
  });
}

/** What the run found when it began, beyond an empty table. */
export interface Boot {
  /** What the kernel mixed into the numbers of its service chains; see fixtures/ipvsadm-transcripts/README.md. */
  readonly chainByte: number;
  /** Command lines of an earlier run on the same kernel that left something behind. */
  readonly before: readonly string[];
}

const boots = readJson(`${FIXTURES}/boots.json`) as Readonly<Record<string, Partial<Boot>>>;

export const bootOf = (run: string): Boot => ({ chainByte: 0, before: [], ...boots[run] });

/** What is left out, each with its reason. */
export interface NotReplayed {
  /** Whole records, by id: not run at all. */
  readonly records: Readonly<Record<string, string>>;
  /** Lines of output that other programs or unemulated parts of the kernel printed, by id of the record. */
  readonly lines: Readonly<Record<string, { readonly pattern: string; readonly reason: string }>>;
}

export const notReplayed = readJson(`${HERE}/not-replayed.json`) as NotReplayed;

/** What clients and servers sent before a record's command, in the language of traffic.ts. */
export const traffic = readJson(`${HERE}/traffic.json`) as Readonly<Record<string, readonly string[]>>;

export const hostsFile = (): string => readFileSync(`${FIXTURES}/hosts`, "utf8");
