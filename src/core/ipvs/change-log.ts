/** What commands did to services and servers, the last of it: an explanation asks who deleted a server, and when. */
import type { Change } from "../trace/causes.ts";

const MOST = 512;

export class ChangeLog {
  /** The command that is being carried out, as it was typed. */
  command = "";
  readonly #changes: Change[] = [];

  note(change: Omit<Change, "command">): void {
    this.#changes.push({ ...change, command: this.command });
    if (this.#changes.length > MOST) this.#changes.shift();
  }

  /** In the order in which they were made. */
  list(): readonly Change[] {
    return [...this.#changes];
  }

  /** Another director's, in place of its own. */
  takeOver(changes: readonly Change[]): void {
    this.#changes.splice(0, this.#changes.length, ...changes);
  }

  /** The last change that is such a one. */
  last(is: (change: Change) => boolean): Change | undefined {
    return this.#changes.findLast(is);
  }
}
