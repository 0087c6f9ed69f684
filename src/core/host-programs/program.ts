/** What a program that configures a host works with, and what it leaves behind. */
import type { Outcome } from "../control/environment.ts";
import type { HostConfig } from "../host/config/config.ts";
import type { Director } from "../host/director.ts";

/** Frames and bytes of an interface since the start. */
export interface Traffic {
  readonly received: number;
  readonly receivedBytes: number;
  readonly sent: number;
  readonly sentBytes: number;
  readonly sendErrors: number;
}

/** The host that a program runs on: a director, whose interfaces no other program of the machine can see. */
export interface Machine {
  readonly director: Director;
  readonly traffic: (dev: string) => Traffic | undefined;
  /** The texts of the files that `filesOf` names; `undefined` for one that cannot be read. */
  readonly files: (name: string) => string | undefined;
  /** Makes another configuration of interfaces and routes the one in force. */
  readonly reconfigure: (config: HostConfig) => void;
}

/** Runs a program; `words` are argv without its name. */
export type Program = (words: readonly string[], machine: Machine) => Outcome;

/** Thrown to end a program with a message on standard error. */
export class ProgramEnd extends Error {
  override readonly name = "ProgramEnd";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export const printed = (out: string): Outcome => ({ code: 0, out, err: "" });
export const DONE: Outcome = printed("");

/** Ends a program that was asked for what Linux can do and a director cannot. Says so as tapvs, so that nobody takes it for the program's own. */
export const notHere = (code: number, what: string): ProgramEnd => new ProgramEnd(code, `tapvs: ${what}`);

/** What the kernel refuses a change of addresses or routes with. */
export type Refused = "EEXIST" | "ESRCH" | "EINVAL" | "ENODEV" | "ENETUNREACH" | "EADDRNOTAVAIL";

/** strerror(3). */
export const ERROR_TEXTS: Readonly<Record<Refused, string>> = {
  EEXIST: "File exists",
  ESRCH: "No such process",
  EINVAL: "Invalid argument",
  ENODEV: "No such device",
  ENETUNREACH: "Network is unreachable",
  EADDRNOTAVAIL: "Cannot assign requested address",
};
