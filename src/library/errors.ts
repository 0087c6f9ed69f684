/** What the library throws: for wrong use only, never for the bytes of a frame. Every message says what was expected. */

/** Something was asked for that cannot be: an unknown interface, a packet in words that are none, a time that is no time. */
export class UsageError extends Error {
  /** `UsageError`, or the name of its kind. */
  override readonly name: string = "UsageError";
}

/** A mistake in a description of a director: where it stands, and what was expected there. */
export interface DescriptionProblem {
  /** `interfaces.eth0.mtu`, or `director.yaml:3:11` in a text; empty for the description as a whole. */
  readonly place: string;
  /** What was expected there, and what was found. */
  readonly message: string;
}

/** A description of a director that cannot be. `problems` are all of its mistakes, in their order. */
export class DescriptionError extends UsageError {
  override readonly name = "DescriptionError";
  /** All of them, in their order. */
  readonly problems: readonly DescriptionProblem[];

  /** Thrown by `createDirector`. */
  constructor(problems: readonly DescriptionProblem[]) {
    super(problems.map(({ place, message }) => (place === "" ? message : `${place}: ${message}`)).join("\n"));
    this.problems = problems;
  }
}

/** What `ipvsadm` refused, with the exit status and the text that ipvsadm(8) would end with. */
export class IpvsadmError extends UsageError {
  override readonly name = "IpvsadmError";
  /** As it was given. */
  readonly command: string;
  /** Exit status of ipvsadm(8), as an unsigned byte: 255 for most of what is refused. */
  readonly code: number;
  /** What it prints to standard output before it ends. */
  readonly out: string;
  /** What it prints to standard error. */
  readonly err: string;

  /** Thrown by `Director.ipvsadm`. */
  constructor(
    command: string,
    { code, out, err }: { readonly code: number; readonly out: string; readonly err: string },
  ) {
    const [said = `it ends with ${code}`] = (err || out).trim().split("\n");
    super(`ipvsadm ${command}: ${said}`);
    this.command = command;
    this.code = code;
    this.out = out;
    this.err = err;
  }
}
