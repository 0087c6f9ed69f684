/** The commands of tapvs. To add one: a file that makes its Command, and an entry here. */
import type { Command } from "commander";

export interface CommandEntry {
  readonly name: string;
  /** What the list of commands says of it. */
  readonly summary: string;
  /** Makes the command. Its file is imported only when it is asked for, so that the others start fast. */
  readonly load: () => Promise<Command>;
}

/** In the order of `tapvs --help`. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "replay",
    summary: "send the frames of a capture through a director, and write what it sends",
    load: async () => (await import("./replay.ts")).replayCommand(),
  },
  {
    name: "verify",
    summary: "replay recorded cases and compare with what was recorded",
    load: async () => (await import("./verify.ts")).verifyCommand(),
  },
];
