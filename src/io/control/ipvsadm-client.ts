/** An ipvsadm command line, run by the director that is running. */
import { readFileSync } from "node:fs";
import { runWithoutTable } from "../../core/control/line.ts";
import { relay } from "./relayed.ts";

const STANDARD_INPUT = 0;

/** Runs the words of one command line; resolves to the exit status: 3 if no director answers, and one is needed. */
export const runIpvsadmClient = (programName: string, words: readonly string[]): Promise<number> =>
  relay(
    programName,
    "/v1/ipvsadm",
    () => {
      const stdin = readsRules(programName, words) ? { stdin: readFileSync(STANDARD_INPUT, "utf8") } : {};
      return { programName, words, ...stdin };
    },
    () => (programName === "ipvsadm" ? runWithoutTable(words, programName) : undefined),
  );

/** Whether the command reads standard input, which must not be waited for otherwise. */
const readsRules = (programName: string, words: readonly string[]): boolean =>
  programName === "ipvsadm-restore" || words.some((word) => word === "--restore" || /^-[^-]*R/.test(word));
