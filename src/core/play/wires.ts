/** The wires of a session's network: what goes over them, and how time passes there. */
import { parseDuration } from "../capture/duration.ts";
import { summary } from "../explain/summary.ts";
import type { Network } from "../simulator/network.ts";
import type { Recorder } from "./recorder.ts";
import { type Answer, failed, said } from "./session.ts";

const MICROSECONDS = 1e6;

export class Wires {
  readonly #network: Network;
  readonly #recorder: Recorder;
  /** Whether each frame is shown as it goes over a wire. */
  isWatched: boolean;

  constructor(network: Network, recorder: Recorder, isWatched: boolean) {
    this.#network = network;
    this.#recorder = recorder;
    this.isWatched = isWatched;
  }

  /** How many frames there were so far. */
  get count(): number {
    return this.#network.hops.length;
  }

  /** Those from a number on, a line each. */
  frames(from: number): string[] {
    return this.#network.hops
      .slice(from)
      .map(
        ({ time, segment, from: sender, to, bytes }) =>
          `${(time / MICROSECONDS).toFixed(6)} ${segment} ${sender} > ${to.join(", ")}: ${summary(bytes)}`,
      );
  }

  /** The same where nobody sees each as it goes. */
  unseen(from: number): string[] {
    return this.isWatched ? [] : this.frames(from);
  }

  tcpdump(word: string | undefined): Answer {
    if (word === "on" || word === "off") {
      this.isWatched = word === "on";
      return said();
    }
    return word === undefined ? said(...this.frames(0)) : failed("tcpdump: expected on or off, or nothing");
  }

  sleep(text: string): Answer {
    const seconds = parseDuration(text);
    if (seconds === undefined)
      return failed(`expected a time such as 900, 15 min or 200 ms${text === "" ? "" : `, got "${text}"`}`);
    this.#recorder.tell({ do: "sleep", t: this.#recorder.seconds, seconds });
    this.#network.runUntil(this.#network.now + seconds * MICROSECONDS);
    return said();
  }

  step(count: number): Answer {
    if (!(count >= 1)) return failed("step: expected a number, from 1");
    const before = this.count;
    let steps = 0;
    // Steps in which nothing is to be seen are timers of hosts.
    while (steps < count && this.#network.step()) if (this.count > before + steps) steps++;
    const lines = this.unseen(before);
    return lines.length === 0 && steps === 0
      ? failed("nothing is under way: begin with curl http://.../ &")
      : said(...lines);
  }
}
