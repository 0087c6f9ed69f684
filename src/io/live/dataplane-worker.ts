/** The dataplane's thread. */
import { parentPort, workerData } from "node:worker_threads";
import { inlineTheWalk } from "../inlining.ts";
import { Dataplane } from "./dataplane.ts";
import type { DataplaneSetup } from "./messages.ts";

inlineTheWalk();
if (parentPort !== null) new Dataplane(workerData as DataplaneSetup, parentPort).run();
