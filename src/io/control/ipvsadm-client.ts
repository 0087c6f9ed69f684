/** An ipvsadm command line, run by the director that is running: its output and its exit status become ours. */
import { readFileSync } from "node:fs";
import { askDirector, NoDirector } from "./client.ts";
import { chooseSocket } from "./socket-path.ts";

const NO_DIRECTOR = 3;
const STANDARD_INPUT = 0;

/** Runs the words of one command line; resolves to the exit status, 3 if no director answers. */
export async function runIpvsadmClient(programName: string, words: readonly string[]): Promise<number> {
  const choice = chooseSocket(undefined);
  if (choice.kind === "none") return refuse(programName, choice.message);
  const stdin = readsRules(programName, words) ? { stdin: readFileSync(STANDARD_INPUT, "utf8") } : {};
  try {
    const { status, text } = await askDirector(choice.path, "POST", "/v1/ipvsadm", { programName, words, ...stdin });
    const answer = JSON.parse(text) as { code: number; out: string; err: string; error?: string };
    if (status !== 200) return refuse(programName, answer.error ?? text);
    process.stdout.write(answer.out);
    process.stderr.write(answer.err);
    return answer.code;
  } catch (error) {
    if (!(error instanceof NoDirector)) throw error;
    return refuse(programName, error.message);
  }
}

function refuse(programName: string, message: string): number {
  process.stderr.write(`${programName}: ${message}\n`);
  return NO_DIRECTOR;
}

/** Whether the command reads standard input, which must not be waited for otherwise. */
const readsRules = (programName: string, words: readonly string[]): boolean =>
  programName === "ipvsadm-restore" || words.some((word) => word === "--restore" || /^-[^-]*R/.test(word));
