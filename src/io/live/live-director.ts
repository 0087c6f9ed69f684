/** The dataplane as the main thread sees it: questions in, answers out. */
import { Worker } from "node:worker_threads";
import { addressOf, close, eventfd, O_CLOEXEC, O_NONBLOCK, write } from "../system/libc.ts";
import type { Answers, DataplaneMessage, DataplaneSetup, DirectorRequest, RefusedRule } from "./messages.ts";

type Settle = { readonly resolve: (answer: never) => void; readonly reject: (error: Error) => void };

/** A running dataplane. */
export class LiveDirector {
  /** Resolves when frames flow; to the rules that were refused. */
  readonly ready: Promise<readonly RefusedRule[]>;
  /** Resolves when the thread has ended; rejects if it failed. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #wake = eventfd(0, O_NONBLOCK | O_CLOEXEC);
  readonly #signal = new Int32Array(new SharedArrayBuffer(4));
  /** What an eventfd counts by: 1, in eight bytes. */
  readonly #one = new Uint8Array(BigUint64Array.of(1n).buffer);
  readonly #waiting = new Map<number, Settle>();
  #next = 1;

  constructor(setup: Omit<DataplaneSetup, "wake" | "signal">) {
    const workerData: DataplaneSetup = { ...setup, wake: this.#wake, signal: this.#signal };
    this.#worker = new Worker(new URL("./dataplane-worker.js", import.meta.url), { workerData });
    let announce: (refused: readonly RefusedRule[]) => void = () => {};
    this.ready = new Promise((resolve) => {
      announce = resolve;
    });
    this.#worker.on("message", (message: DataplaneMessage) => {
      if (message.kind === "ready") announce(message.refused);
      else this.#settle(message.id, message.answer);
    });
    this.ended = new Promise((resolve, reject) => {
      this.#worker.once("error", reject);
      this.#worker.once("exit", () => {
        close(this.#wake);
        for (const { reject: refuse } of this.#waiting.values()) refuse(new Error("the dataplane has ended"));
        resolve();
      });
    });
  }

  /** Asks, and resolves to the answer. */
  ask<Request extends DirectorRequest>(request: Request): Promise<Answers[Request["kind"]]> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, request });
      Atomics.store(this.#signal, 0, 1);
      write(this.#wake, addressOf(this.#one), this.#one.length);
    });
  }

  #settle(id: number, answer: unknown): void {
    const settle = this.#waiting.get(id);
    this.#waiting.delete(id);
    settle?.resolve(answer as never);
  }
}
