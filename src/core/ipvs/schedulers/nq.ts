/** Never queue: the first idle destination; when all are busy, as sed. Mirrors net/netfilter/ipvs/ip_vs_nq.c. */
import type { Destination } from "../destination.ts";
import { describeExpectedDelay, refusal } from "./describe.ts";
import { leastLoadScheduler } from "./least-load.ts";
import { activeWithNew } from "./sed.ts";

/** Less than any load per weight, and the same for all that are idle. */
const NOTHING = -(2 ** 33);

const idle = ({ activeConnections }: Destination): boolean => activeConnections === 0;

/** @ipvs #Y schedulers "nq: the newest server without active connections, else the smallest (active + 1) / weight" */
export const nq = leastLoadScheduler("nq", {
  load: (destination) => (idle(destination) ? NOTHING : activeWithNew(destination)),
  weight: (destination) => (idle(destination) ? 1 : destination.weight),
  describe: (destination) => refusal(destination) ?? (idle(destination) ? "idle" : describeExpectedDelay(destination)),
});
