/** The dataplane as the main thread sees it: questions in, answers out. */
import { Worker } from "node:worker_threads";
import type { Log } from "../log.ts";
import { DeviceError } from "../system/errors.ts";
import { addressOf, close, eventfd, O_CLOEXEC, O_NONBLOCK, write } from "../system/libc.ts";
import {
  type Answers,
  type DataplaneMessage,
  type DataplaneSetup,
  type DirectorRequest,
  SIGNAL_EXPLAINED,
  SIGNAL_MESSAGES,
  SIGNALS,
} from "./messages.ts";
import { Refusal } from "./refusal.ts";

type Settle = { readonly resolve: (answer: never) => void; readonly reject: (error: Error) => void };

/** Takes an explained packet, one line of JSON. */
export type TakeExplained = (line: string) => void;

interface Listener {
  readonly filter: string;
  readonly take: TakeExplained;
}

/** A running dataplane. */
export class LiveDirector {
  /** Resolves when it can be asked; it takes no frames until it is asked to begin. */
  readonly ready: Promise<void>;
  /** Resolves when the thread has ended; rejects with DeviceError if a device is gone, and with other errors for bugs. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #wake = eventfd(0, O_NONBLOCK | O_CLOEXEC);
  readonly #signals = new Int32Array(new SharedArrayBuffer(SIGNALS * 4));
  /** What an eventfd counts by: 1, in eight bytes. */
  readonly #one = new Uint8Array(BigUint64Array.of(1n).buffer);
  readonly #waiting = new Map<number, Settle>();
  readonly #listeners = new Map<number, Listener>();
  readonly #log: Pick<Log, "warning" | "notice">;
  #announce: () => void = () => {};
  #next = 1;
  #over = false;
  #failure: DeviceError | undefined;

  constructor(setup: Omit<DataplaneSetup, "wake" | "signals">, log: Pick<Log, "warning" | "notice">) {
    this.#log = log;
    const workerData: DataplaneSetup = { ...setup, wake: this.#wake, signals: this.#signals };
    this.#worker = new Worker(new URL("./dataplane-worker.js", import.meta.url), { workerData });
    this.ready = new Promise((resolve) => {
      this.#announce = resolve;
    });
    this.#worker.on("message", (message: DataplaneMessage) => this.#hear(message));
    this.ended = new Promise((resolve, reject) => {
      this.#worker.once("error", reject);
      this.#worker.once("exit", () => {
        this.#over = true;
        close(this.#wake);
        for (const { reject: refuse } of this.#waiting.values()) refuse(new Refusal("the director is stopping"));
        this.#waiting.clear();
        if (this.#failure === undefined) resolve();
        else reject(this.#failure);
      });
    });
    // Whoever waits for it hears of it; until then it is no surprise to be reported by Node.
    this.ended.catch(() => {});
  }

  /** Asks, and resolves to the answer; rejects with Refusal if it cannot be done. */
  ask<Request extends DirectorRequest>(request: Request): Promise<Answers[Request["kind"]]> {
    if (this.#over) return Promise.reject(new Refusal("the director is stopping"));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, request });
      Atomics.store(this.#signals, SIGNAL_MESSAGES, 1);
      write(this.#wake, addressOf(this.#one), this.#one.length);
    });
  }

  /** Has packets explained from now on; resolves to a function that ends it. The filter must be one. */
  async follow(filter: string, take: TakeExplained): Promise<() => void> {
    const id = this.#next++;
    this.#listeners.set(id, { filter, take });
    await this.#tellWishes();
    return () => {
      this.#listeners.delete(id);
      // At the very end nobody is there to be told.
      this.#tellWishes().catch(() => {});
    };
  }

  async #tellWishes(): Promise<void> {
    const filters = [...this.#listeners].map(([id, { filter }]) => ({ id, filter }));
    await this.ask({ kind: "explain", filters });
  }

  #hear(message: DataplaneMessage): void {
    switch (message.kind) {
      case "ready":
        this.#announce();
        return;
      case "answer":
        this.#settle(message.id)?.resolve(message.answer as never);
        return;
      case "refusal":
        this.#settle(message.id)?.reject(new Refusal(message.message));
        return;
      case "warning":
        this.#log.warning(message.message);
        return;
      case "notice":
        this.#log.notice(message.message);
        return;
      case "failure":
        this.#failure = new DeviceError(message.code, message.message);
        return;
      case "explained":
        Atomics.sub(this.#signals, SIGNAL_EXPLAINED, 1);
        for (const id of message.to) this.#listeners.get(id)?.take(message.line);
    }
  }

  #settle(id: number): Settle | undefined {
    const settle = this.#waiting.get(id);
    this.#waiting.delete(id);
    return settle;
  }
}
