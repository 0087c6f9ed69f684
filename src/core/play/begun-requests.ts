/** Requests that were only begun, with `&`: what came of each is told when it is known. */
import type { Network } from "../simulator/network.ts";
import type { WebClient } from "../simulator/web.ts";
import { type Answer, failed, said } from "./session.ts";

interface Begun {
  readonly program: WebClient;
  /** What is told of it once its end stands. */
  readonly line: () => string;
}

export class BegunRequests {
  readonly #network: Network;
  #open: readonly Begun[] = [];

  constructor(network: Network) {
    this.#network = network;
  }

  add(program: WebClient, line: () => string): void {
    this.#open = [...this.#open, { program, line }];
  }

  get count(): number {
    return this.#open.length;
  }

  /** Those that have ended since the last time; where nothing is under way any more, no page comes to the others. */
  ended(): Answer {
    const isIdle = this.#network.due === Number.POSITIVE_INFINITY;
    const over = this.#open.filter(({ program }) => isIdle || program.end.kind !== "pending");
    this.#open = this.#open.filter((one) => !over.includes(one));
    const lines = over.map(({ line }) => line());
    return over.every(({ program }) => program.end.kind === "answered") ? said(...lines) : failed(...lines);
  }
}
