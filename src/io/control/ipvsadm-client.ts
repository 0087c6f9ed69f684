/** An ipvsadm command line, run by the director that is running: its output and its exit status become ours. */
import { readFileSync } from "node:fs";
import { systemError } from "../system-error.ts";
import { askDirector, NoDirector } from "./client.ts";
import { chooseSocket } from "./socket-path.ts";

const NO_DIRECTOR = 3;
const STANDARD_INPUT = 0;

const FAILED = 1;

interface IpvsadmAnswer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the words of one command line; resolves to the exit status, 3 if no director answers. */
export async function runIpvsadmClient(programName: string, words: readonly string[]): Promise<number> {
  const say = (code: number, message: string): number => {
    process.stderr.write(`${programName}: ${message}\n`);
    return code;
  };
  const choice = chooseSocket(undefined);
  if (choice.kind === "none") return say(NO_DIRECTOR, choice.message);
  try {
    const stdin = readsRules(programName, words) ? { stdin: readFileSync(STANDARD_INPUT, "utf8") } : {};
    const { status, text } = await askDirector(choice.path, "POST", "/v1/ipvsadm", { programName, words, ...stdin });
    if (status !== 200) return say(FAILED, errorOf(text) ?? `${choice.path} answers as no director does`);
    const answer = JSON.parse(text) as IpvsadmAnswer;
    process.stdout.write(answer.out);
    process.stderr.write(answer.err);
    return answer.code;
  } catch (error) {
    if (error instanceof NoDirector) return say(NO_DIRECTOR, error.message);
    if (error instanceof SyntaxError) return say(FAILED, `${choice.path} answers as no director does`);
    const failure = systemError(error);
    if (failure === undefined) throw error;
    return say(FAILED, `standard input: ${failure.text}`);
  }
}

/** What a refused request is answered with, for people. */
function errorOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    return typeof error === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the command reads standard input, which must not be waited for otherwise. */
const readsRules = (programName: string, words: readonly string[]): boolean =>
  programName === "ipvsadm-restore" || words.some((word) => word === "--restore" || /^-[^-]*R/.test(word));
