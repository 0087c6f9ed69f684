/** Asks the running director, for commands that show what it says. */
import { askDirector, NoDirector } from "../io/control/client.ts";
import { chooseSocket } from "../io/control/socket-path.ts";
import { FAILED, Failure, NO_DIRECTOR } from "./failure.ts";

/** The socket of the director that is meant. Rejects with Failure. */
export async function socketOrFail(named: string | undefined): Promise<string> {
  const choice = await chooseSocket(named);
  if (choice.kind === "none") throw new Failure(NO_DIRECTOR, choice.message);
  return choice.path;
}

/** What a path of the director answers with, parsed. Rejects with Failure. */
export const getOrFail = <Answer>(socket: string, path: string): Promise<Answer> => askOrFail(socket, "GET", path);

/** The same of a path that does something. */
export const postOrFail = <Answer>(socket: string, path: string, body?: object): Promise<Answer> =>
  askOrFail(socket, "POST", path, body);

async function askOrFail<Answer>(socket: string, method: "GET" | "POST", path: string, body?: object): Promise<Answer> {
  try {
    const { status, text } = await askDirector(socket, method, path, body);
    const answer = JSON.parse(text) as Answer & { readonly error?: string };
    if (status !== 200) throw new Failure(FAILED, answer.error ?? text);
    return answer;
  } catch (error) {
    if (error instanceof NoDirector) throw new Failure(NO_DIRECTOR, error.message);
    if (error instanceof SyntaxError) throw new Failure(FAILED, `${socket} answers as no director does`);
    throw error;
  }
}
