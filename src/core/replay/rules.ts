/** Gives a director the rules of its configuration, before the first frame. */
import { refusalsOf, runRules } from "../control/restore.ts";
import type { RulesConfig } from "../host/config/config.ts";
import type { Director } from "../host/director.ts";

/**
 * Runs the lines as ipvsadm-restore does, but past wrong usage, too, and lists what was refused: `rules.ipvs:3: Service already
 * exists`. A line that only lacks a service whose own line was refused is not listed.
 */
export function loadRules(director: Director, { file, firstLine, lines }: RulesConfig): string[] {
  const options = { comments: true, toTheEnd: true };
  const { lines: outcomes } = runRules(lines.join("\n"), { server: director.server }, options);
  return toldRefusals({ file, firstLine }, refusalsOf(outcomes));
}

/** Refused lines that are told one by one: one mistake may stand in thousands. */
const MOST_TOLD = 20;

/** Refusals as lines for people, of rules that begin at `firstLine` of `file`. */
export function toldRefusals(
  { file, firstLine }: Pick<RulesConfig, "file" | "firstLine">,
  refused: readonly { readonly line: number; readonly message: string }[],
): string[] {
  const told = refused.slice(0, MOST_TOLD).map(({ line, message }) => `${file}:${firstLine + line - 1}: ${message}`);
  const more = refused.length - told.length;
  return more === 0 ? told : [...told, `${file}: ${more} more ${more === 1 ? "line is" : "lines are"} refused`];
}

/** The rules as command lines of ipvsadm, without comments and empty lines. */
export const ruleLines = ({ lines }: RulesConfig): string[] =>
  lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
