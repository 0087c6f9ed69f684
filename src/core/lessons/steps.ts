/** A file of steps at the director: `ipvsadm ...` and `sleep SECONDS`, one to a line, run in order. */
import { WorkError, type WorkFiles } from "./lesson.ts";

export type LessonStep =
  | { readonly kind: "ipvsadm"; readonly line: number; readonly words: string }
  | { readonly kind: "sleep"; readonly line: number; readonly seconds: number };

/** In all. */
const LONGEST_SLEEP = 300;

/** The steps of a file, without comments and empty lines; throws WorkError for a line that is neither of the two. */
export function readSteps(files: WorkFiles, file: string): LessonStep[] {
  const steps: LessonStep[] = [];
  const mistakes: string[] = [];
  for (const [index, text] of (files[file] ?? "").split(/\r?\n/).entries()) {
    const words = text.trim();
    if (words === "" || words.startsWith("#")) continue;
    const step = stepOf(words, index + 1);
    if (step === undefined) {
      const what = `"ipvsadm ..." or "sleep SECONDS" with 1 to ${LONGEST_SLEEP} seconds`;
      mistakes.push(`${file}:${index + 1}: expected ${what}, got "${words}"`);
    } else steps.push(step);
  }
  const sum = secondsOf(steps);
  if (sum > LONGEST_SLEEP)
    mistakes.push(`${file}: expected no more than ${LONGEST_SLEEP} seconds of sleep in all, got ${sum}`);
  if (mistakes.length > 0) throw new WorkError(mistakes);
  return steps;
}

/** How long all steps take. */
export const secondsOf = (steps: readonly LessonStep[]): number =>
  steps.reduce((sum, step) => sum + (step.kind === "sleep" ? step.seconds : 0), 0);

function stepOf(text: string, line: number): LessonStep | undefined {
  const [, words] = /^ipvsadm\s+(\S.*)$/.exec(text) ?? [];
  if (words !== undefined) return { kind: "ipvsadm", line, words };
  const [, digits = ""] = /^sleep\s+(\d{1,4})$/.exec(text) ?? [];
  const seconds = Number(digits);
  return seconds >= 1 && seconds <= LONGEST_SLEEP ? { kind: "sleep", line, seconds } : undefined;
}
