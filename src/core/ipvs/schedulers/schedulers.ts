/** All schedulers, by the names that `ipvsadm -s` takes. */
import { dh } from "./dh.ts";
import { fo } from "./fo.ts";
import { lblc } from "./lblc.ts";
import { lblcr } from "./lblcr.ts";
import { lc } from "./lc.ts";
import { mh } from "./mh.ts";
import { nq } from "./nq.ts";
import { ovf } from "./ovf.ts";
import { rr } from "./rr.ts";
import type { SchedulerFactory } from "./scheduler.ts";
import { sed } from "./sed.ts";
import { sh } from "./sh.ts";
import { twos } from "./twos.ts";
import { wlc } from "./wlc.ts";
import { wrr } from "./wrr.ts";

const FACTORIES: ReadonlyMap<string, SchedulerFactory> = new Map(
  Object.entries({ rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos }),
);

/** In the order of ipvsadm(8). */
export const SCHEDULER_NAMES: readonly string[] = [...FACTORIES.keys()];

/** The factory of the scheduler called `name`; `undefined` if there is none. */
export const schedulerFactory = (name: string): SchedulerFactory | undefined => FACTORIES.get(name);
