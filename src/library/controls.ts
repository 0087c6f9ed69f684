/** What can be asked of a director, and told to it, without a frame: rules, connections, counters, switches. */
import type { Connection, Stats } from "./connection.ts";

/** The controls of a director. */
export interface Controls {
  /** Names of its interfaces, in their order. */
  readonly ports: readonly string[];

  /**
   * Runs a command line of ipvsadm(8), without the program's name, and returns what it prints. Throws IpvsadmError, with exit status and
   * text, for what ipvsadm or the kernel would refuse.
   */
  ipvsadm(line: string): string;

  /** The connection table, as `ipvsadm -Lnc` has it, templates included, in no order that means anything. */
  connections(): readonly Connection[];

  /** Counters of services and real servers, and of verdicts. */
  stats(): Stats;

  /** The value of a kernel switch by its name in sysctl(8). Throws UsageError if there is no such switch. */
  sysctl(name: string): string;

  /** Sets one, as `sysctl -w NAME=VALUE`. Throws UsageError, in the words of sysctl(8), for what the kernel refuses. */
  sysctl(name: string, value: number | string): void;
}
