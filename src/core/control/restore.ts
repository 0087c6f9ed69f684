/** Rules, one command line to a line: what `-S` writes and `-R` reads (config_stream.c; ipvsadm.c: restore_table). */
import { tryHelp } from "./command-line.ts";
import { type ControlEnvironment, type Outcome, programNameOf } from "./environment.ts";
import { type LineOutcome, runLine } from "./line.ts";
import { MissingServices } from "./missing-services.ts";

export interface RuleOutcome extends Outcome {
  /** From 1. */
  readonly line: number;
  readonly words: readonly string[];
}

export interface RulesOutcome extends Outcome {
  /** The lines that were run; empty ones are not among them. */
  readonly lines: readonly RuleOutcome[];
  /** The last of them ended the run; what followed was not looked at. */
  readonly ended: boolean;
}

export interface RulesOptions {
  /** Lines that begin with `#` are passed over, as ipvsadm-restore does; `-R` itself takes them for commands. */
  readonly comments?: boolean;
  /** Lines behind wrong usage are run, too: whoever mends a file wants to know all that is wrong with it. */
  readonly toTheEnd?: boolean;
}

/**
 * The words of a line as `-R` splits it: at blanks, tabs and carriage returns, without quoting. The word `ipvsadm` is
 * dropped wherever it stands, and so is what follows a NUL in a word.
 */
export const splitWords = (line: string): string[] =>
  line
    .split(/[ \t\r\n]+/)
    .filter((word) => word !== "" && word !== "ipvsadm")
    .map((word) => word.split("\0", 1)[0] ?? "");

/**
 * Why a line of a file was refused, in one line; `undefined` if it was not. Where ipvsadm would only point to its help, which is no use
 * to whoever reads a line of a file, it is the word that is no command.
 */
function refusalOf({ code, out, err, words: [first = ""] }: RuleOutcome): string | undefined {
  if (code === 0 && err === "") return undefined;
  const [said = ""] = (err || out).trim().split("\n");
  if (said === "") return `ipvsadm would end with ${code}`;
  if (!said.startsWith("Try `")) return said;
  return first.startsWith("-") ? `expected a command such as -A or -a, got ${first}` : `unexpected argument ${first}`;
}

/** What is refused of rules, by lines from 1, and no line for nothing but a service that is missing because its own line was refused. */
export function refusalsOf(outcomes: readonly RuleOutcome[]): { readonly line: number; readonly message: string }[] {
  const missing = new MissingServices();
  return outcomes.flatMap((outcome) => {
    const message = refusalOf(outcome);
    return message === undefined || missing.follows(outcome) ? [] : [{ line: outcome.line, message }];
  });
}

/**
 * Runs rules as `ipvsadm -R` does: past what the kernel refuses and past unknown options, but no further than the first
 * wrong usage. The status is that of the last line.
 * @ipvs #Y control "-R: a refused line is reported and passed over, wrong usage ends the run"
 */
export function runRules(text: string, environment: ControlEnvironment, options: RulesOptions = {}): RulesOutcome {
  const lines: RuleOutcome[] = [];
  let last: LineOutcome | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    if (options.comments === true && line.startsWith("#")) continue;
    const words = splitWords(line);
    if (words.length === 0) continue;
    last = runLine(words, environment, () => {
      throw tryHelp(programNameOf(environment));
    });
    lines.push({ line: index + 1, words, code: last.code, out: last.out, err: last.err });
    if (last.ends && options.toTheEnd !== true) break;
  }
  const all = (part: "out" | "err"): string => lines.map((outcome) => outcome[part]).join("");
  return { code: last?.code ?? 0, out: all("out"), err: all("err"), lines, ended: last?.ends ?? false };
}
