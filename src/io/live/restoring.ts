/** What a crashed director left comes into force again: its rules, those that can, and the others are named; then its connections. */

import { amount } from "../../core/amount.ts";
import { REFUSALS } from "../../core/explain/sentences/sync-refusals.ts";
import type { DirectorConfig } from "../../core/host/config/config.ts";
import type { Log } from "../log.ts";
import { DeviceError } from "../system/errors.ts";
import { systemError } from "../system-error.ts";
import { readConnections } from "./connections-file.ts";
import type { LiveDirector } from "./live-director.ts";
import { keepRefused, readState } from "./state-file.ts";

/** Refused lines that are named one by one: of a file that is no state file, all would be. */
const MOST_NAMED = 20;

/** False if there is nothing to restore. Throws DeviceError if the file cannot be read. */
export async function restoreRules(
  file: string,
  director: LiveDirector,
  host: DirectorConfig,
  log: Pick<Log, "info" | "warning">,
): Promise<boolean> {
  const lines = linesOf(file);
  if (lines === undefined) return false;
  const rules = lines.filter((line) => line.trim() !== "").length;
  const { refused } = await director.ask({ kind: "reload", host, rules: lines, good: true });
  for (const { line, message } of refused.slice(0, MOST_NAMED)) log.warning(`${file}:${line}: ${message}`);
  if (refused.length > 0)
    log.warning(
      `${file}: ${refused.length} of ${amount(rules, "rule")} refused; the file as it was ${kept(file, lines)}`,
    );
  if (rules > refused.length) log.info(`rules restored from ${file}`);
  else log.warning(`${file}: no rules in it, nothing restored`);
  return rules > refused.length;
}

/** Takes over the connections of the file, if it is there and whole. Throws DeviceError if it cannot be read. */
export async function restoreConnections(
  file: string,
  director: LiveDirector,
  log: Pick<Log, "info" | "warning">,
): Promise<void> {
  const found = readOrFail(file, readConnections);
  if (found === undefined) return;
  if (typeof found === "string") {
    log.warning(`${file}: ${found}; no connections restored`);
    return;
  }
  const { connections, refused } = await director.ask({ kind: "restore", snapshot: found });
  for (const [why, count] of refused)
    log.warning(`${file}: ${count} of ${found.connections} not restored: ${REFUSALS[why]}`);
  log.info(`${amount(connections, "connection")} restored from ${file}`);
}

const linesOf = (file: string): string[] | undefined => readOrFail(file, readState);

function readOrFail<What>(file: string, read: (file: string) => What): What {
  try {
    return read(file);
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    throw new DeviceError(failure.code, `${file}: ${failure.text}`);
  }
}

/** What became of the refused lines, since the file will be written anew without them. */
function kept(file: string, lines: readonly string[]): string {
  try {
    return `is kept as ${keepRefused(file, lines)}`;
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    return `cannot be kept: ${failure.text}`;
  }
}
