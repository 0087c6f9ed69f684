/** Where checks are made from: this process's own network, or namespaces of others. */
import { Worker } from "node:worker_threads";
import type { Finding, Probe } from "./checks/check.ts";
import { closeIcmp } from "./checks/icmp.ts";
import { probe } from "./checks/probe.ts";
import type { NetnsAnswer, NetnsRequest } from "./netns-worker.ts";

interface Settle {
  readonly resolve: (finding: Finding) => void;
  readonly reject: (error: Error) => void;
}

class Namespace {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Settle>();
  #next = 1;

  constructor(name: string) {
    this.#worker = new Worker(new URL("./netns-worker.js", import.meta.url), { workerData: name });
    this.#worker.unref();
    this.#worker.on("message", (answer: NetnsAnswer) => {
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

  /** Resolves to what a check found; rejects if it cannot be made. */
  probe(what: Probe, netns: string | undefined): Promise<Finding> {
    if (netns === undefined) return probe(what);
    let namespace = this.#namespaces.get(netns);
    if (namespace === undefined) {
      namespace = new Namespace(netns);
      this.#namespaces.set(netns, namespace);
    }
    return namespace.probe(what);
  }

  close(): void {
    for (const namespace of this.#namespaces.values()) namespace.close();
    this.#namespaces.clear();
    closeIcmp();
  }
}
