/** What commands did to services and servers, the last of it: an explanation asks who deleted a server, and when. */
import type { Microseconds } from "../time/kernel-ticks.ts";
import type { Change } from "../trace/causes/told.ts";
import { type Destination, describeDestination } from "./destination.ts";
import { describeService, type Service } from "./service.ts";

const MOST = 512;
/** In microseconds. */
const SECOND = 1_000_000;

export class ChangeLog {
  /** The command that is being carried out, as it was typed. */
  command = "";
  readonly #changes: Change[] = [];
  /** How often services or servers have changed: what was put together of them is good as long as this is the same. */
  revision = 0;

  noteService(what: Change["what"], service: Service, now: Microseconds): void {
    this.#note({ what, service: describeService(service), server: "", before: 0, after: 0, seconds: now / SECOND });
  }

  /** `before`: the weight of a server that was edited. */
  noteServer(what: Change["what"], destination: Destination, now: Microseconds, before = 0): void {
    const service = describeService(destination.service);
    const server = describeDestination(destination);
    this.#note({ what, service, server, before, after: destination.weight, seconds: now / SECOND });
  }

  #note(change: Omit<Change, "command">): void {
    this.revision++;
    this.#changes.push({ ...change, command: this.command });
    if (this.#changes.length > MOST) this.#changes.shift();
  }

  /** In the order in which they were made. */
  list(): readonly Change[] {
    return [...this.#changes];
  }

  /** Another director's, in place of its own. */
  takeOver(changes: readonly Change[]): void {
    this.revision++;
    this.#changes.splice(0, this.#changes.length, ...changes);
  }

  /** The last change that is such a one. */
  last(is: (change: Change) => boolean): Change | undefined {
    return this.#changes.findLast(is);
  }
}
