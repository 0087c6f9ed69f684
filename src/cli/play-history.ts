/** Lines that were typed at the prompt, kept from one session to the next. */
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { makeFolder } from "../io/folder.ts";
import { systemError } from "../io/system-error.ts";
import { say } from "./output.ts";

/** Lines that are kept; a file with twice as many is shortened. */
const MOST_LINES = 1000;
const OWN_FOLDER = 0o700;
const OWN_FILE = 0o600;

export class PlayHistory {
  /** `undefined` once nothing can be kept, or is not wanted. */
  #file: string | undefined;
  readonly #lines: string[];

  private constructor(file: string | undefined, lines: readonly string[]) {
    this.#file = file;
    this.#lines = [...lines];
  }

  /** One that is forgotten at the end. */
  static forgotten = (): PlayHistory => new PlayHistory(undefined, []);

  /** What earlier sessions left. What cannot be read or kept is told in a line, and forgotten. */
  static kept(): PlayHistory {
    const history = new PlayHistory(undefined, []);
    history.#attempt(() => {
      const file = historyFile();
      if (file === undefined) return;
      history.#file = file;
      makeFolder(dirname(file), OWN_FOLDER);
      appendFileSync(file, "", { mode: OWN_FILE });
      const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
      history.#lines.push(...lines.slice(-MOST_LINES));
      if (lines.length > 2 * MOST_LINES) writeFileSync(file, `${history.#lines.join("\n")}\n`);
    });
    return history;
  }

  /** The oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Kept at once, so that neither a session beside this one nor a sudden end loses it. */
  add(line: string): void {
    if (line.trim() === "") return;
    this.#lines.push(line);
    this.#attempt(() => {
      if (this.#file !== undefined) appendFileSync(this.#file, `${line}\n`);
    });
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      const failure = systemError(error);
      if (failure === undefined) throw error;
      say(`${this.#file ?? homedir()}: ${failure.text}: what is typed is not kept`);
      this.#file = undefined;
    }
  }
}

/** Below the state folder of the XDG base directories; `undefined` in a home of somebody else, as behind sudo: the file would be root's. */
function historyFile(): string | undefined {
  const { XDG_STATE_HOME: state = "" } = process.env;
  const home = homedir();
  const isOwn = process.getuid === undefined || statSync(home, { throwIfNoEntry: false })?.uid === process.getuid();
  if (!isOwn) return undefined;
  return join(state.startsWith("/") ? state : join(home, ".local", "state"), "tapvs", "play_history");
}
