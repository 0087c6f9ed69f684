/** How a command line ends the program before its time. */

/** The status of `exit(-1)`. */
export const STATUS_MINUS_ONE = 255;

/**
 * Thrown to leave a command line for good, as `exit` does in ipvsadm: for wrong usage, for help, for one missing
 * service. It ends a whole `-R` run; a refusal by the kernel does not.
 */
export class Exit extends Error {
  override readonly name = "Exit";
  readonly code: number;
  readonly out: string;
  readonly err: string;

  constructor(code: number, out: string, err: string) {
    super(err === "" ? out : err);
    this.code = code;
    this.out = out;
    this.err = err;
  }
}

/** Wrong usage: one line on stderr, status 2. */
export const usageError = (message: string): Exit => new Exit(2, "", `${message}\n`);
