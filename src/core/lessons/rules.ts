/** The student's lines for ipvsadm. What ipvsadm refuses is told with its line, and with what was expected there. */
import { type RuleOutcome, refusalsOf, runRules } from "../control/restore.ts";
import type { Host } from "../simulator/host.ts";
import { WorkError, type WorkFiles } from "./lesson.ts";

/** Gives the director the lines of a file, as ipvsadm-restore does; throws WorkError for those that are refused. */
export function giveRules(director: Host, files: WorkFiles, file: string): void {
  const mistakes = refusalsIn(director, files[file] ?? "").map(({ line, message }) => `${file}:${line}: ${message}`);
  if (mistakes.length > 0) throw new WorkError(mistakes);
}

/** Runs one line; why it was refused, `undefined` if it was not. Comments and empty lines are passed over. */
export const giveRule = (director: Host, text: string): string | undefined => refusalsIn(director, text)[0]?.message;

function refusalsIn(director: Host, text: string): { readonly line: number; readonly message: string }[] {
  const lines = text.split("\n").map((line) => line.trim());
  const options = { comments: true, toTheEnd: true };
  const { lines: outcomes } = runRules(lines.join("\n"), { server: director.stack.server }, options);
  return refusalsOf(outcomes).map(({ line }) => {
    const said = saidBy(outcomes.find((outcome) => outcome.line === line));
    return { line, message: told(said) };
  });
}

const saidBy = (outcome: RuleOutcome | undefined): string =>
  (outcome?.err || outcome?.out || "").trim().split("\n")[0] ?? "";

const told = (said: string): string =>
  said === "" || said.startsWith("Try ")
    ? `ipvsadm does not understand this line. Expected ${expected("")}`
    : `ipvsadm says: ${said}. Expected ${expected(said)}`;

const EXPECTED: readonly (readonly [RegExp, string])[] = [
  [/not defined|No such service/, "a line with -A for this service above it"],
  [/Service already exists/, "each service only once"],
  [/Destination already exists/, "each real server only once in a service (-e changes one that is there)"],
  [/Scheduler/, "the name of a scheduler behind -s: rr, wrr, lc, wlc, sed, nq, ..."],
  [/No such destination/, "a real server that was added with -a before"],
];

/** What would have been right, by what ipvsadm said. */
const expected = (said: string): string =>
  EXPECTED.find(([pattern]) => pattern.test(said))?.[1] ??
  "words of ipvsadm, such as: -A -t 12.11.0.101:80 -s rr, or: -a -t 12.11.0.101:80 -r 172.16.1.2 -m";
