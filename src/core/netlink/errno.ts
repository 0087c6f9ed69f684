/** Error numbers of Linux on x86-64 and arm64 (include/uapi/asm-generic/errno-base.h, errno.h). */

import type { Flavoured } from "../flavoured.ts";
import { ControlError, type ControlErrorCode } from "../ipvs/control-error.ts";

/** Positive, as errno is; a reply carries it negated. 0 where nothing is wrong. */
export type Errno = Flavoured<"Errno">;

export const SUCCESS: Errno = 0;
export const EPERM: Errno = 1;
export const ENOENT: Errno = 2;
export const ESRCH: Errno = 3;
export const EBUSY: Errno = 16;
export const EINVAL: Errno = 22;
export const ERANGE: Errno = 34;
export const EOPNOTSUPP: Errno = 95;
export const EAFNOSUPPORT: Errno = 97;

const BY_CODE: Readonly<Record<ControlErrorCode, Errno>> = {
  EPERM,
  ENOENT,
  ESRCH,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL,
  ERANGE,
  EMSGSIZE: 90,
};

/** Does what may be refused; the number of the refusal. Other errors are thrown on. */
export function errnoOf(change: () => void): Errno {
  try {
    change();
    return SUCCESS;
  } catch (error) {
    if (error instanceof ControlError) return BY_CODE[error.code];
    throw error;
  }
}

const NAMES = new Map<Errno, string>([
  ...Object.entries(BY_CODE).map(([name, number]) => [number, name] as const),
  [EBUSY, "EBUSY"],
  [EOPNOTSUPP, "EOPNOTSUPP"],
  [EAFNOSUPPORT, "EAFNOSUPPORT"],
]);

/** `EEXIST`; `error 5` for one that the family never answers with. */
export const errnoName = (errno: Errno): string => NAMES.get(errno) ?? `error ${errno}`;
