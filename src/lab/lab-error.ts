/** What a person can mend: `message` is the whole text, `exitCode` what the command ends with. */
export class LabError extends Error {
  override readonly name = "LabError";
  /** 1 it failed, 2 wrong usage, 3 no such lab, 4 no privilege or a program is missing. */
  readonly exitCode: 1 | 2 | 3 | 4;

  constructor(exitCode: 1 | 2 | 3 | 4, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
