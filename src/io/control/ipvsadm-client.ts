/** An ipvsadm command line, run by the director that is running. It must start fast: what only some lines need is loaded for them. */
import { readFileSync } from "node:fs";
import { relay, WrongInput } from "./relayed.ts";

const STANDARD_INPUT = 0;

/** Runs the words of one command line; resolves to the exit status: 3 if no director answers, and one is needed. */
export const runIpvsadmClient = (programName: string, words: readonly string[]): Promise<number> =>
  relay(
    programName,
    "/v1/ipvsadm",
    async () => ({ programName, words, ...(readsRules(programName, words) && { stdin: await readRules() }) }),
    async () => {
      if (programName !== "ipvsadm") return undefined;
      const { runWithoutTable } = await import("../../core/control/line.ts");
      return runWithoutTable(words, programName);
    },
  );

/** Rejects with WrongInput for what is of another kind. */
async function readRules(): Promise<string> {
  const { wrongBytes } = await import("../file-kind.ts");
  const bytes = readFileSync(STANDARD_INPUT);
  const wrong = wrongBytes("standard input", bytes, "rules");
  if (wrong !== undefined) throw new WrongInput(wrong);
  return bytes.toString("utf8");
}

/** Whether the command reads standard input, which must not be waited for otherwise. */
const readsRules = (programName: string, words: readonly string[]): boolean =>
  programName === "ipvsadm-restore" || words.some((word) => word === "--restore" || /^-[^-]*R/.test(word));
