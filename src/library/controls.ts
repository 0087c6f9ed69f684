/** What can be asked of a director, and told to it, without a frame: rules, connections, counters, switches. */
import { runIpvsadm, wordsOf } from "../core/control/interpreter.ts";
import type { Director as Stack } from "../core/host/director.ts";
import { sysctlKey, sysctlRefusal, sysctlValue } from "../core/host/sysctls.ts";
import { type Connection, connectionsOf, type Stats, statsOf } from "./connection.ts";
import { IpvsadmError, UsageError } from "./errors.ts";

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

/** The controls of a host. */
export class StackControls implements Controls {
  readonly #stack: Stack;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  get ports(): readonly string[] {
    return this.#stack.interfaces.map(({ name }) => name);
  }

  ipvsadm(line: string): string {
    const outcome = runIpvsadm(wordsOf(line), { server: this.#stack.server });
    if (outcome.code !== 0) throw new IpvsadmError(line, outcome);
    return outcome.out;
  }

  connections(): readonly Connection[] {
    return connectionsOf(this.#stack);
  }

  stats(): Stats {
    return statsOf(this.#stack);
  }

  sysctl(name: string): string;
  sysctl(name: string, value: number | string): void;
  // biome-ignore lint/suspicious/noConfusingVoidType: one overload reads, the other writes
  sysctl(name: string, value?: number | string): string | void {
    const key = sysctlKey(name);
    const refusal =
      value === undefined
        ? sysctlRefusal(key, sysctlValue(this.#stack, key) === undefined ? "no such switch" : "set")
        : sysctlRefusal(key, this.#stack.setSysctl(key, value));
    if (refusal !== undefined) throw new UsageError(refusal);
    return value === undefined ? sysctlValue(this.#stack, key) : undefined;
  }
}
