/**
 * ipvsadm 1.31 over the emulator's virtual server: words in, tables changed, what it prints out. One language for the
 * command line, for rules and for recordings.
 */
import type { ControlEnvironment, Outcome } from "./environment.ts";
import { runLine } from "./line.ts";
import { runRules } from "./restore.ts";

export type { ControlEnvironment, Outcome } from "./environment.ts";

const NOT_ALLOWED: Outcome = {
  code: 2,
  out: "",
  err: "Can't initialize ipvs: Permission denied (you must be root)\nAre you sure that IP Virtual Server is built in the kernel or as module?\n",
};

/**
 * Runs one command line; `words` are argv without the program's name. No words list the table.
 * @ipvs #Y control "The command line of ipvsadm 1.31: grammar, order of checks, messages and exit status"
 */
export function runIpvsadm(words: readonly string[], environment: ControlEnvironment): Outcome {
  if (environment.mayChange === false) return NOT_ALLOWED;
  const { code, out, err } = runLine(words.length === 0 ? ["-L"] : words, environment, () => ({
    ...runRules(environment.stdin ?? "", environment),
    ends: true,
  }));
  return { code, out, err };
}

/** The words of a recorded command line, which stand between blanks; none of them has blanks in it. */
export const wordsOf = (line: string): string[] => line.split(/\s+/).filter(Boolean);
