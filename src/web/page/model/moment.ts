/** What is to be told of a moment: which frames have just come where, and which have just left. */
import { type FlowStep, follow } from "../../../core/explain/flow.ts";
import { tellingReceptions } from "../../../core/explain/receptions.ts";
import type { Hop, Reception } from "../../../core/simulator/network.ts";
import { completedAt } from "./motion.ts";
import type { Housekeeping, Run } from "./run.ts";

export interface Arrival {
  readonly step: FlowStep;
  /** What the hosts made of it that it was meant for; those that passed it over are left out. */
  readonly receptions: readonly Reception[];
}

export interface Moment {
  /** The last moment, up to the one that was asked for, at which anything arrived. */
  readonly time: number;
  readonly arrivals: readonly Arrival[];
  /** Frames sent at that very moment: most often because of an arrival. */
  readonly departures: readonly FlowStep[];
  /** What the director has done by itself since then. */
  readonly housekeeping: readonly Housekeeping[];
}

/** So many hops back a packet can have been one hop before. */
const WINDOW = 100;

/** The moment at a run's present time. */
export function momentOf(run: Run): Moment {
  const { topology } = run;
  const { hops } = topology.network;
  const time = run.stops.findLast((stop) => stop <= run.now) ?? 0;
  const arrived = new Set(completedAt(topology, time));
  const steps = follow(hops.slice(-WINDOW));
  return {
    time,
    arrivals: steps
      .filter(({ hop }) => arrived.has(hop))
      .map((step) => ({ step, receptions: toldReceptions(step.hop) })),
    departures: steps.filter(({ hop }) => hop.time === time && !arrived.has(hop)),
    housekeeping: run.housekeeping.filter((done) => done.time > time),
  };
}

/** If everybody passed it over, that is what there is to tell. */
function toldReceptions(hop: Hop): readonly Reception[] {
  const telling = tellingReceptions(hop);
  return telling.length === 0 ? hop.receptions.slice(0, 1) : telling;
}
