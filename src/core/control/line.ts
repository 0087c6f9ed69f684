/** Runs one command line, typed or read by `-R` (ipvsadm.c: process_options). */
import { ControlError } from "../ipvs/control-error.ts";
import { checkRequest } from "./checks.ts";
import { type LineProblem, readCommandLine } from "./command-line.ts";
import { changeOf } from "./commands.ts";
import { type ControlEnvironment, type Outcome, readingOf } from "./environment.ts";
import { Exit, STATUS_MINUS_ONE } from "./exit.ts";
import { helpText, VERSION_LINE } from "./help.ts";
import { kernelErrorText } from "./kernel-errors.ts";
import { listingText } from "./listings.ts";
import { portNamesOnly } from "./names.ts";
import { type Request, schedulerOf } from "./request.ts";
import { parseSchedulerFlags } from "./scheduler-flags.ts";

export interface LineOutcome extends Outcome {
  /** The program ended here: lines that follow are not run. */
  readonly ends: boolean;
}

/** Runs the words of one line; `restore` does what `-R` means here. */
export function runLine(
  words: readonly string[],
  environment: ControlEnvironment,
  restore: () => LineOutcome,
): LineOutcome {
  try {
    const request = readCommandLine(words, readingOf(environment));
    if (isProblem(request)) return { code: STATUS_MINUS_ONE, out: "", err: request.problem, ends: false };
    if (request.schedulerFlags !== undefined) {
      request.service.flags |= parseSchedulerFlags(request.schedulerFlags, schedulerOf(request));
    }
    checkRequest(request);
    return request.command === "restore" ? restore() : runRequest(request, words, environment);
  } catch (thrown) {
    if (!(thrown instanceof Exit)) throw thrown;
    return { code: thrown.code, out: thrown.out, err: thrown.err, ends: true };
  }
}

/** What a line comes to that touches no table: help, version, wrong usage; `undefined` for all others. */
export function runWithoutTable(words: readonly string[], programName: string): Outcome | undefined {
  const reading = { names: portNamesOnly, programName, posixlyCorrect: false };
  try {
    const request = readCommandLine(words.length === 0 ? ["-L"] : words, reading);
    if (isProblem(request)) return { code: STATUS_MINUS_ONE, out: "", err: request.problem };
    if (request.command === "help") return { code: 0, out: helpText(programName), err: "" };
    if (request.command === "version") return { code: 0, out: VERSION_LINE, err: "" };
    checkRequest(request);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof Exit)) throw thrown;
    return { code: thrown.code, out: thrown.out, err: thrown.err };
  }
}

const isProblem = (read: Request | LineProblem): read is LineProblem => "problem" in read;

function runRequest(request: Request, words: readonly string[], environment: ControlEnvironment): LineOutcome {
  const change = changeOf(request.command);
  try {
    if (change === undefined) return { code: 0, out: listingText(request, environment), err: "", ends: false };
    environment.server.changes.command = [environment.programName ?? "ipvsadm", ...words].join(" ");
    change(environment.server, request);
    return { code: 0, out: "", err: "", ends: false };
  } catch (thrown) {
    if (!(thrown instanceof ControlError)) throw thrown;
    return { code: STATUS_MINUS_ONE, out: "", err: `${kernelErrorText(request.command, thrown)}\n`, ends: false };
  }
}
