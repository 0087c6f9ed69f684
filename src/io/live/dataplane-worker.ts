/** The dataplane's thread. */
import { parentPort, workerData } from "node:worker_threads";
import { Dataplane } from "./dataplane.ts";
import type { DataplaneSetup } from "./messages.ts";

if (parentPort !== null) new Dataplane(workerData as DataplaneSetup, parentPort).run();
