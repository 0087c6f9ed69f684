/** Lines of ipvsadm in a case whose form is wrong: what no table is needed to see. */
import { wordsOf } from "../control/interpreter.ts";
import { runWithoutTable } from "../control/line.ts";
import type { TranscriptError, ValueLine } from "./transcript.ts";

/** Those that are to succeed, told as the other mistakes of the case are; a case may show how ipvsadm refuses a line, too. */
export function wrongCommands(lines: readonly ValueLine[]): TranscriptError[] {
  return lines.flatMap(({ line, value }) => {
    const fault = faultOf(value as Record<string, unknown>);
    return fault === undefined ? [] : [{ line, message: fault }];
  });
}

function faultOf({ do: what, args, code = 0, err = "", expect = [] }: Record<string, unknown>): string | undefined {
  const foreseen = code !== 0 || err !== "" || (expect as string[]).some((text) => /^(fails|code)\b/.test(text));
  if (what !== "ipvsadm" || typeof args !== "string" || foreseen) return undefined;
  const outcome = runWithoutTable(wordsOf(args), "ipvsadm");
  if (outcome === undefined || outcome.code === 0) return undefined;
  const [said = ""] = (outcome.err || outcome.out).trim().split("\n");
  return `ipvsadm ${args}: ${said}; expected a line that it takes, or "=> fails" behind it`;
}
