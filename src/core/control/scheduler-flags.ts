/** The flags of `-b`: three bits that schedulers give names to (ipvsadm.c: parse_sched_flags, print_sched_flags). */
import { SERVICE_SCHED1, SERVICE_SCHED2, SERVICE_SCHED3 } from "../ipvs/service.ts";
import { usageError } from "./exit.ts";

export const DEFAULT_SCHEDULER = "wlc";
/** The program copies the list into 128 bytes; what does not fit is lost. */
const LONGEST_LIST = 127;

const BITS: readonly number[] = [SERVICE_SCHED1, SERVICE_SCHED2, SERVICE_SCHED3];
const ANY_SCHEDULER: readonly string[] = ["flag-1", "flag-2", "flag-3"];
/** Names by scheduler; the third bit has none there. */
const NAMED: ReadonlyMap<string, readonly string[]> = new Map([
  ["sh", ["sh-fallback", "sh-port"]],
  ["mh", ["mh-fallback", "mh-port"]],
]);

/**
 * The bits of a comma-separated list for the scheduler of the same command line. Throws for a name that is unknown or
 * belongs to another scheduler.
 * differs: a list of nothing but commas kills ipvsadm 1.31 (signal 11); here it is refused like an unknown flag.
 */
export function parseSchedulerFlags(list: string, scheduler: string): number {
  if (/^,+$/.test(list)) throw usageError(`invalid scheduler flag \`${list}'`);
  return list
    .slice(0, LONGEST_LIST)
    .split(",")
    .filter(Boolean)
    .reduce((bits, name) => bits | flagBit(name, scheduler), 0);
}

function flagBit(name: string, scheduler: string): number {
  const general = ANY_SCHEDULER.indexOf(name);
  if (general >= 0) return BITS[general] ?? 0;
  for (const [owner, names] of NAMED) {
    const index = names.indexOf(name);
    if (index < 0) continue;
    if (owner !== (scheduler || DEFAULT_SCHEDULER)) throw usageError(`incompatible scheduler flag \`${name}'`);
    return BITS[index] ?? 0;
  }
  throw usageError(`invalid scheduler flag \`${name}'`);
}

/** The flags that are set; `undefined` if none is. The third bit of sh and mh has no name, so the list may be empty. */
export function schedulerFlagNames(flags: number, scheduler: string): string[] | undefined {
  const isSet = (bit: number): boolean => (flags & bit) !== 0;
  if (!BITS.some(isSet)) return undefined;
  const names = NAMED.get(scheduler) ?? ANY_SCHEDULER;
  return names.filter((_, index) => isSet(BITS[index] ?? 0));
}
