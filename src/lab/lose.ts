/** A director of a lab is killed under connections that stay open: how many of them break? */
import { setTimeout as sleep } from "node:timers/promises";
import { askDirector, NoDirector } from "../io/control/client.ts";
import { COUNTED_WITHIN, socketOfLab } from "./director-control.ts";
import { directorHost, directorNumbers, numberOf, socketOf } from "./directors.ts";
import { type HeldConnections, holdConnections } from "./held-connections.ts";
import { LabError } from "./lab-error.ts";
import { livingDirectors } from "./living-directors.ts";
import type { Lab } from "./plan.ts";

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
  { host, connections }: { readonly host: string; readonly connections: number },
): Promise<Loss> {
  const { several } = lab.director;
  if (several === undefined || numberOf(host) === undefined)
    throw new LabError(2, `lose: the lab ${lab.name} has no ${host} that others could stand in for`);
  const living = await livingDirectors(lab);
  const victim = living.find((director) => director.host === host);
  if (victim === undefined) throw new LabError(1, `${host}: tapvs does not run any more`);
  if (living.length === 1)
    throw new LabError(1, `${host} is the last director that runs: no other could stand in for it`);
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
