/** Failed system calls as errors for people. */
import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import { errno } from "./libc.ts";

/** The code of an error number, `EBUSY`, and its text, `resource busy or locked`. */
export function errorText(number: number): { readonly code: string; readonly text: string } {
  const [code, text] = getSystemErrorMap().get(-number) ?? [`error ${number}`, `error ${number}`];
  return { code, text };
}

/** The number of an error code; EIO's for one that there is not. */
export const errorNumber = (code: string): number =>
  (constants.errno as Readonly<Record<string, number>>)[code] ?? constants.errno.EIO;

/** The error of the call just made. */
export const lastError = (): { readonly code: string; readonly text: string } => errorText(errno());

/**
 * The machine does not let the director work: no privilege, no device, or somebody else has it. `message` is the whole
 * line for people, without `tapvs:`.
 */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
  /** EPERM, EBUSY, ENODEV... */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
