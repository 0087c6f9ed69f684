/** Makes checks from another network namespace: a thread may be in one of its own (setns(2)), and its sockets with it. */
import { parentPort, workerData } from "node:worker_threads";
import { lastError } from "../system/errors.ts";
import { O_CLOEXEC, open, setns } from "../system/libc.ts";
import type { Finding, Probe } from "./checks/check.ts";
import { probe } from "./checks/probe.ts";

const CLONE_NEWNET = 0x40000000;

export interface NetnsRequest {
  readonly id: number;
  readonly probe: Probe;
}

export type NetnsAnswer =
  /** Entered the namespace, or tried to: what goes wrong is told with every check. */
  | { readonly kind: "entered" }
  | { readonly kind: "finding"; readonly id: number; readonly finding: Finding }
  | { readonly kind: "unable"; readonly id: number; readonly why: string };

/** Why this thread could not enter the namespace; `undefined` if it did. */
function enter(name: string): string | undefined {
  const descriptor = open(`/run/netns/${name}`, O_CLOEXEC, 0);
  if (descriptor >= 0 && setns(descriptor, CLONE_NEWNET) === 0) return undefined;
  return `the namespace ${name}: ${lastError().text}`;
}

if (parentPort !== null) {
  const port = parentPort;
  const obstacle = enter(String(workerData));
  port.postMessage({ kind: "entered" } satisfies NetnsAnswer);
  port.on("message", ({ id, probe: what }: NetnsRequest) => {
    const unable = (why: string): void => port.postMessage({ kind: "unable", id, why } satisfies NetnsAnswer);
    if (obstacle !== undefined) return unable(obstacle);
    probe(what).then(
      (finding) => port.postMessage({ kind: "finding", id, finding } satisfies NetnsAnswer),
      (error: unknown) => unable(error instanceof Error ? error.message : String(error)),
    );
  });
}
