/**
 * The programs by which a Linux host is configured, run on the director: its interfaces, routes and switches are inside
 * tapvs, where the machine's own programs do not see them. To add one: a file, and a line here. What each prints and how it
 * ends was recorded of net-tools 2.10, iproute2 6.1 and procps 4.0.2.
 */
import type { Outcome } from "../control/environment.ts";
import { ifconfig } from "./ifconfig.ts";
import { ip } from "./ip.ts";
import { type Machine, type Program, ProgramEnd } from "./program.ts";
import { netstat, route } from "./route.ts";
import { sysctl, sysctlFiles } from "./sysctl.ts";

const PROGRAMS: Readonly<Record<string, Program>> = { ifconfig, ip, netstat, route, sysctl };

export const HOST_PROGRAMS: readonly string[] = Object.keys(PROGRAMS);

/** The files that a command line reads, which whoever runs it must read for it. */
export const filesOf = (program: string, words: readonly string[]): readonly string[] =>
  program === "sysctl" ? sysctlFiles(words) : [];

/** Runs a command line; `undefined` if there is no such program. Nothing has changed if it fails, but for sysctl, which goes on. */
export function runHostProgram(program: string, words: readonly string[], machine: Machine): Outcome | undefined {
  const run = Object.hasOwn(PROGRAMS, program) ? PROGRAMS[program] : undefined;
  if (run === undefined) return undefined;
  try {
    return run(words, machine);
  } catch (thrown) {
    if (!(thrown instanceof ProgramEnd)) throw thrown;
    return { code: thrown.code, out: "", err: `${thrown.message}\n` };
  }
}
