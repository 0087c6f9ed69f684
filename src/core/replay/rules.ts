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
  return refusalsOf(outcomes).map(({ line, message }) => `${file}:${firstLine + line - 1}: ${message}`);
}

/** The rules as command lines of ipvsadm, without comments and empty lines. */
export const ruleLines = ({ lines }: RulesConfig): string[] =>
  lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
