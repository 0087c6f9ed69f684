/** Gives a director the rules of its configuration, before the first frame. */
import { refusalOf, runRules } from "../control/restore.ts";
import type { RulesConfig } from "../host/config/config.ts";
import type { Director } from "../host/director.ts";

/**
 * Runs the lines as ipvsadm-restore does, and lists what was refused: `rules.ipvs:3: Service already exists`. Lines
 * behind wrong usage are not looked at.
 */
export function loadRules(director: Director, { file, firstLine, lines }: RulesConfig): string[] {
  const { lines: outcomes } = runRules(lines.join("\n"), { server: director.server }, { comments: true });
  return outcomes.flatMap((outcome) => {
    const refusal = refusalOf(outcome);
    return refusal === undefined ? [] : [`${file}:${firstLine + outcome.line - 1}: ${refusal}`];
  });
}

/** The rules as command lines of ipvsadm, without comments and empty lines. */
export const ruleLines = ({ lines }: RulesConfig): string[] =>
  lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
