/** The student's lines for ipvsadm. What ipvsadm refuses is told with its line, and with what was expected there. */
import { runRules } from "../control/restore.ts";
import type { Host } from "../simulator/host.ts";
import { WorkError, type WorkFiles } from "./lesson.ts";

/** Gives the director the lines of a file, as ipvsadm-restore does; throws WorkError for those that are refused. */
export function giveRules(director: Host, files: WorkFiles, file: string): void {
  const mistakes: string[] = [];
  for (const [index, text] of (files[file] ?? "").split("\n").entries()) {
    const refusal = giveRule(director, text);
    if (refusal !== undefined) mistakes.push(`${file}:${index + 1}: ${refusal}`);
  }
  if (mistakes.length > 0) throw new WorkError(mistakes);
}

/** Runs one line; why it was refused, `undefined` if it was not. Comments and empty lines are passed over. */
export function giveRule(director: Host, text: string): string | undefined {
  const { code, out, err } = runRules(text.trim(), { server: director.stack.server }, { comments: true });
  if (code === 0 && err === "") return undefined;
  const said = (err || out).trim().split("\n")[0] ?? "";
  if (said === "" || said.startsWith("Try ")) return `ipvsadm does not understand this line. Expected ${expected("")}`;
  return `ipvsadm says: ${said}. Expected ${expected(said)}`;
}

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
