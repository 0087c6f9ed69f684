/** What the kernel answers to a control request that it refuses (net/netfilter/ipvs/ip_vs_ctl.c). */
export type ControlErrorCode = "EEXIST" | "EINVAL" | "ENODEV" | "ENOENT" | "ERANGE" | "ESRCH" | "EPERM" | "EMSGSIZE";

/** An operator's request that cannot be honoured. `code` is stable; `message` is for people. */
export class ControlError extends Error {
  override readonly name = "ControlError";
  readonly code: ControlErrorCode;
  constructor(code: ControlErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
