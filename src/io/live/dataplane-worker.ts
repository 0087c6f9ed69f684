/** The dataplane's thread. */
import { parentPort, workerData } from "node:worker_threads";
import { inlineTheWalk } from "../inlining.ts";
import { DeviceError } from "../system/errors.ts";
import { Dataplane } from "./dataplane.ts";
import type { DataplaneMessage, DataplaneSetup } from "./messages.ts";

inlineTheWalk();
if (parentPort !== null) {
  const main = parentPort;
  try {
    new Dataplane(workerData as DataplaneSetup, main).run();
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    main.postMessage({ kind: "failure", code: error.code, message: error.message } satisfies DataplaneMessage);
  }
}
