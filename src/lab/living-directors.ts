/** The directors of a lab as they are now: others may run than those that it began with, and one of two may be gone. */
import { askDirector, NoDirector } from "../io/control/client.ts";
import { socketOfLab } from "./director-control.ts";
import { type DirectorNumber, directorHost, directorNumbers, numberOf, socketOf } from "./directors.ts";
import type { Lab } from "./plan.ts";
import { isRunning } from "./processes.ts";
import type { LabProcess } from "./state.ts";

/** A director that answers. */
export interface LivingDirector {
  readonly number: DirectorNumber;
  readonly host: string;
  readonly socket: string;
  /** Of the process that has the director's place now: after a handover it is another one than at the lab's beginning. */
  readonly pid: number;
  /** Balances: it is master of all its virtual routers, or has none. */
  readonly active: boolean;
}

/** Asks all at once; those that do not answer are left out. */
export async function livingDirectors(lab: Lab): Promise<LivingDirector[]> {
  const first = socketOfLab(lab.name);
  const asked = await Promise.all(
    directorNumbers(lab).map(async (number): Promise<LivingDirector[]> => {
      const socket = socketOf(first, number);
      const status = await statusAt(socket);
      if (status === undefined) return [];
      const active = status.ha.every(({ state }) => state === "master");
      return [{ number, host: directorHost(number), socket, pid: status.pid, active }];
    }),
  );
  return asked.flat();
}

interface Status {
  readonly pid: number;
  readonly ha: readonly { readonly state: string }[];
}

async function statusAt(socket: string): Promise<Status | undefined> {
  try {
    return JSON.parse((await askDirector(socket, "GET", "/v1/status")).text) as Status;
  } catch (error) {
    if (error instanceof NoDirector) return undefined;
    throw error;
  }
}

/** Those that balance. Where none is active, as between a director's death and the other one's takeover, all that answer. */
export function activeOf(living: readonly LivingDirector[]): readonly LivingDirector[] {
  const active = living.filter((director) => director.active);
  return active.length > 0 ? active : living;
}

/** Programs of the lab that have ended. A director runs as long as one answers in its place, whatever its process. */
export const stoppedPrograms = (
  processes: readonly LabProcess[],
  living: readonly LivingDirector[],
): readonly LabProcess[] =>
  processes.filter((process) => {
    const answers = process.program === "run" && living.some(({ number }) => number === numberOf(process.host));
    return !answers && !isRunning(process);
  });
