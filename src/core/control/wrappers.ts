/** The two scripts that come with ipvsadm, ipvsadm-save(8) and ipvsadm-restore(8). */
import type { ControlEnvironment, Outcome } from "./environment.ts";
import { runIpvsadm } from "./interpreter.ts";
import { runRules } from "./restore.ts";

const HELP =
  "ipvsadm-save: Script to save the IPVS table to stdout.\n   With the -n option, prints out the table in numeric format.\n";

/** `ipvsadm-save [-n]`: `ipvsadm -S`. Words that begin with no dash are passed over. */
export function runIpvsadmSave(words: readonly string[], environment: ControlEnvironment): Outcome {
  if (words.some((word) => word.startsWith("-") && word !== "-n")) return { code: 1, out: "", err: HELP };
  return runIpvsadm(words.includes("-n") ? ["-S", "-n"] : ["-S"], environment);
}

/** `ipvsadm-restore`: clears the table, then runs the rules on stdin without those lines that begin with `#`. */
export function runIpvsadmRestore(environment: ControlEnvironment): Outcome {
  const cleared = runIpvsadm(["-C"], environment);
  if (cleared.code !== 0) return cleared;
  const { code, out, err } = runRules(environment.stdin ?? "", environment, { comments: true });
  return { code, out, err };
}
