/** How commands end when something is wrong. */

/** It was tried and failed, or a comparison found a difference. */
export const FAILED = 1;
/** The command line or a configuration file is wrong. */
export const WRONG_USAGE = 2;
/** No director is running. */
export const NO_DIRECTOR = 3;
/** A privilege or a device is missing. */
export const NO_PRIVILEGE = 4;

export type ExitCode = typeof FAILED | typeof WRONG_USAGE | typeof NO_DIRECTOR | typeof NO_PRIVILEGE;

/** Thrown by a command for a mistake that a person can put right: its lines go to standard error as they are, without a stack trace. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: ExitCode;
  readonly lines: readonly string[];

  constructor(code: ExitCode, ...lines: string[]) {
    super(lines.join("\n"));
    this.code = code;
    this.lines = lines;
  }
}
