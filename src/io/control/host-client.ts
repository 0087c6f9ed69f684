/** A command line of ifconfig, ip, route or sysctl, run by the director that is running. */
import { readFileSync } from "node:fs";
import { filesOf } from "../../core/host-programs/programs.ts";
import { systemError } from "../system-error.ts";
import { relay } from "./relayed.ts";

/** Runs the words of one command line; resolves to the exit status, 3 if no director answers. `name` is what was typed. */
export const runHostClient = (program: string, words: readonly string[], name = program): Promise<number> =>
  relay(name, "/v1/host", () => ({ program, words, files: textsOf(filesOf(program, words)) }));

/** The texts of those that can be read: the program says which could not. */
function textsOf(files: readonly string[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const file of files) {
    try {
      texts[file] = readFileSync(file, "utf8");
    } catch (error) {
      if (systemError(error) === undefined) throw error;
    }
  }
  return texts;
}
