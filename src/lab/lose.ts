/** A director of a lab is killed under connections that stay open: how many of them break? */
import { setTimeout as sleep } from "node:timers/promises";
import { askDirector, NoDirector } from "../io/control/client.ts";
import { COUNTED_WITHIN, socketOfLab } from "./director-control.ts";
import { directorHost, directorNumbers, numberOf, socketOf } from "./directors.ts";
import { type HeldConnections, holdConnections } from "./held-connections.ts";
import { LabError } from "./lab-error.ts";
import type { Lab } from "./plan.ts";
import { isRunning } from "./processes.ts";
import type { LabProcess } from "./state.ts";

export interface Loss {
  readonly killed: string;
  /** Of the connections, those that began at each director. */
  readonly shares: readonly { readonly director: string; readonly connections: number }[];
  readonly held: HeldConnections;
  readonly broken: number;
}

/** Milliseconds until a director that is gone has been noticed by whoever takes over, and longer. */
const NOTICED = { ecmp: 1500, vrrp: 6000 } as const;

export async function loseDirector(
  lab: Lab,
  processes: readonly LabProcess[],
  { host, connections }: { readonly host: string; readonly connections: number },
): Promise<Loss> {
  const { several } = lab.director;
  if (several === undefined || numberOf(host) === undefined)
    throw new LabError(2, `lose: the lab ${lab.name} has no ${host} that others could stand in for`);
  const victim = processes.find((one) => one.host === host && one.program === "run" && isRunning(one));
  if (victim === undefined) throw new LabError(1, `${host}: tapvs does not run any more`);
  const before = await begunAt(lab);
  const open = await holdConnections(lab, connections);
  const after = await begunAt(lab);
  process.kill(victim.pid, "SIGKILL");
  await sleep(NOTICED[several.kind]);
  const held = await open.end();
  return {
    killed: host,
    shares: directorNumbers(lab).map((number, index) => ({
      director: directorHost(number),
      connections: (after[index] ?? 0) - (before[index] ?? 0),
    })),
    held,
    broken: held.reset + held.closed + held.silent,
  };
}

/** How many connections have begun at each director so far; 0 for one that does not answer. Counters are late by up to two seconds. */
async function begunAt(lab: Lab): Promise<number[]> {
  await sleep(COUNTED_WITHIN);
  return Promise.all(directorNumbers(lab).map((number) => connectionsOf(socketOf(socketOfLab(lab.name), number))));
}

async function connectionsOf(socket: string): Promise<number> {
  try {
    const { text } = await askDirector(socket, "GET", "/metrics");
    return Number(/^tapvs_service_connections_total\{.*\} (\d+)$/m.exec(text)?.[1] ?? 0);
  } catch (error) {
    if (error instanceof NoDirector) return 0;
    throw error;
  }
}
