/** Where checks are made from: this process's own network, or namespaces of others. */
import { Worker } from "node:worker_threads";
import type { CheckKind } from "../config/live.ts";
import type { Finding, Probe } from "./checks/check.ts";
import { closeIcmp, openIcmp } from "./checks/icmp.ts";
import { probe } from "./checks/probe.ts";
import type { NetnsAnswer, NetnsRequest } from "./netns-worker.ts";

interface Settle {
  readonly resolve: (finding: Finding) => void;
  readonly reject: (error: Error) => void;
}

class Namespace {
  /** Resolves when the thread has tried to enter it. */
  readonly entered: Promise<void>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Settle>();
  #next = 1;

  constructor(name: string) {
    this.#worker = new Worker(new URL("./netns-worker.js", import.meta.url), { workerData: name });
    this.#worker.unref();
    let enter = (): void => {};
    this.entered = new Promise((resolve) => {
      enter = resolve;
    });
    this.#worker.on("message", (answer: NetnsAnswer) => {
      if (answer.kind === "entered") return enter();
      const settle = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.kind === "finding") settle?.resolve(answer.finding);
      else settle?.reject(new Error(answer.why));
    });
  }

  probe(what: Probe): Promise<Finding> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, probe: what } satisfies NetnsRequest);
    });
  }

  close(): void {
    void this.#worker.terminate();
  }
}

export class Prober {
  readonly #namespaces = new Map<string, Namespace>();

  /** Opens what needs privileges, before they are given up. Throws Error, whose message is for people. */
  async prepare(kind: CheckKind, netns: string | undefined): Promise<void> {
    if (netns !== undefined) await this.#namespace(netns).entered;
    else if (kind === "icmp") openIcmp();
  }

  /** Resolves to what a check found; rejects if it cannot be made. */
  probe(what: Probe, netns: string | undefined): Promise<Finding> {
    return netns === undefined ? probe(what) : this.#namespace(netns).probe(what);
  }

  #namespace(name: string): Namespace {
    let namespace = this.#namespaces.get(name);
    if (namespace === undefined) {
      namespace = new Namespace(name);
      this.#namespaces.set(name, namespace);
    }
    return namespace;
  }

  close(): void {
    for (const namespace of this.#namespaces.values()) namespace.close();
    this.#namespaces.clear();
    closeIcmp();
  }
}
