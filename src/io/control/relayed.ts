/** A command line that the running director runs: its output and its exit status become ours. */
import { systemError } from "../system-error.ts";
import { askDirector, NoDirector } from "./client.ts";
import { chooseSocket } from "./socket-path.ts";

const NO_DIRECTOR = 3;
const WRONG_USAGE = 2;
const FAILED = 1;

/** Standard input is not what the command reads from it. */
export class WrongInput extends Error {
  override readonly name = "WrongInput";
}

interface RelayedAnswer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Sends what `body` makes to a path of the director; resolves to the exit status, 3 if no director answers. `body` may throw
 * what the system says of standard input, or WrongInput. `alone` makes what the command line comes to without a director, if it needs none.
 */
export async function relay(
  programName: string,
  path: string,
  body: () => object | Promise<object>,
  alone: () => Promise<RelayedAnswer | undefined> = () => Promise.resolve(undefined),
): Promise<number> {
  const show = (answer: RelayedAnswer): number => {
    process.stdout.write(answer.out);
    process.stderr.write(answer.err);
    return answer.code;
  };
  const nobody = async (message: string): Promise<number> => {
    const answer = await alone();
    return answer === undefined ? say(NO_DIRECTOR, message) : show(answer);
  };
  const say = (code: number, message: string): number => {
    process.stderr.write(`${programName}: ${message}\n`);
    return code;
  };
  const choice = await chooseSocket(undefined);
  if (choice.kind === "none") return nobody(choice.message);
  try {
    const { status, text } = await askDirector(choice.path, "POST", path, await body());
    if (status !== 200) return say(FAILED, errorOf(text) ?? `${choice.path} answers as no director does`);
    return show(JSON.parse(text) as RelayedAnswer);
  } catch (error) {
    if (error instanceof NoDirector) return nobody(error.message);
    if (error instanceof SyntaxError) return say(FAILED, `${choice.path} answers as no director does`);
    if (error instanceof WrongInput) return say(WRONG_USAGE, `standard input: ${error.message}`);
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
