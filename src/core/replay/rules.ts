/** Gives a director the rules of its configuration, before the first frame. */
import { runRules } from "../control/restore.ts";
import type { RulesConfig } from "../host/config/config.ts";
import type { Director } from "../host/director.ts";

/**
 * Runs the lines as ipvsadm-restore does, and lists what was refused: `rules.ipvs:3: Service already exists`. Lines
 * behind wrong usage are not looked at.
 */
export function loadRules(director: Director, { file, firstLine, lines }: RulesConfig): string[] {
  const { lines: outcomes } = runRules(lines.join("\n"), { server: director.server }, { comments: true });
  return outcomes
    .filter(({ code, err }) => code !== 0 || err !== "")
    .map(({ line, code, out, err }) => {
      const message = (err || out).trim().split("\n")[0] || `ipvsadm would end with ${code}`;
      return `${file}:${firstLine + line - 1}: ${message}`;
    });
}

/** The rules as command lines of ipvsadm, without comments and empty lines. */
export const ruleLines = ({ lines }: RulesConfig): string[] =>
  lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
