/** The controls of a host of the core. */
import { runIpvsadm, wordsOf } from "../core/control/interpreter.ts";
import type { Director as Stack } from "../core/host/director.ts";
import { sysctlKey, sysctlRefusal, sysctlValue } from "../core/host/sysctls.ts";
import type { Connection, Stats } from "./connection.ts";
import type { Controls } from "./controls.ts";
import { IpvsadmError, UsageError } from "./errors.ts";
import { connectionsOf, statsOf } from "./listing.ts";
import { got } from "./wrong-use.ts";

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
    if (typeof line !== "string")
      throw new UsageError(`expected a line of ipvsadm such as "-A -t 10.1.0.100:80 -s rr", got ${got(line)}`);
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
    if (typeof name !== "string")
      throw new UsageError(`expected the name of a switch such as "net.ipv4.vs.conn_reuse_mode", got ${got(name)}`);
    const key = sysctlKey(name);
    const refusal =
      value === undefined
        ? sysctlRefusal(key, sysctlValue(this.#stack, key) === undefined ? "no such switch" : "set")
        : sysctlRefusal(key, this.#stack.setSysctl(key, value));
    if (refusal !== undefined) throw new UsageError(refusal);
    return value === undefined ? sysctlValue(this.#stack, key) : undefined;
  }
}
