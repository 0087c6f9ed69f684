/** Speaks with the director of a lab. */
import { setTimeout as sleep } from "node:timers/promises";
import { askDirector, NoDirector } from "../io/control/client.ts";
import { socketFolder } from "../io/control/socket-path.ts";
import type { Finished } from "./execute.ts";
import { LabError } from "./lab-error.ts";

/** Where the director of a lab listens: `tapvs ipvsadm` finds it there if it is the only one. */
export const socketOfLab = (name: string): string => `${socketFolder()}/lab-${name}.sock`;

const PAUSE = 20;
const PATIENCE = 10_000;

/** Resolves when the director answers; rejects with LabError if it does not within ten seconds. */
export async function directorAnswers(socket: string): Promise<void> {
  for (let waited = 0; ; waited += PAUSE) {
    try {
      await askDirector(socket, "GET", "/v1/status");
      return;
    } catch (error) {
      if (!(error instanceof NoDirector)) throw error;
      if (waited >= PATIENCE) throw new LabError(1, error.message);
      await sleep(PAUSE);
    }
  }
}

/** Resolves when the director is master of all its virtual routers; rejects with LabError if it is not within ten seconds. */
export async function isMaster(socket: string): Promise<void> {
  await directorAnswers(socket);
  for (let waited = 0; waited < PATIENCE; waited += PAUSE) {
    const { text } = await askDirector(socket, "GET", "/v1/status");
    const { ha } = JSON.parse(text) as { readonly ha: readonly { readonly state: string }[] };
    if (ha.every(({ state }) => state === "master")) return;
    await sleep(PAUSE);
  }
  throw new LabError(1, "the first director has not become master in ten seconds");
}

/** Waits for a service in the director's table, ten seconds at most; whether there is one. */
export async function hasService(socket: string): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE; waited += PAUSE) {
    if ((await ipvsadmOrFail(socket, "-S -n")) !== "") return true;
    await sleep(PAUSE);
  }
  return false;
}

/** Runs one ipvsadm command line on the director. Rejects with LabError (3) if it does not answer. */
export async function ipvsadm(socket: string, line: string): Promise<Finished> {
  const words = line.split(" ").filter(Boolean);
  try {
    const { text } = await askDirector(socket, "POST", "/v1/ipvsadm", { words });
    const { code, out, err } = JSON.parse(text) as Finished;
    return { code, out, err };
  } catch (error) {
    if (error instanceof NoDirector) throw new LabError(3, error.message);
    throw error;
  }
}

/** The same for a command that must not be refused; resolves to what it printed. */
export async function ipvsadmOrFail(socket: string, line: string): Promise<string> {
  const { code, out, err } = await ipvsadm(socket, line);
  if (code !== 0) throw new LabError(1, `ipvsadm ${line}: ${err.trim()}`);
  return out;
}

/** The kernel brings the counters of listings up to date every two seconds (ip_vs_est.c: estimation_timer). */
export const COUNTED_WITHIN = 2300;
const COUNTED_PAUSE = 100;

/** `ipvsadm -L -n --stats`, once the counters show what has just happened. */
export async function countedStatistics(socket: string): Promise<string> {
  const line = "-L -n --stats";
  const before = await ipvsadmOrFail(socket, line);
  for (let waited = 0; waited < COUNTED_WITHIN; waited += COUNTED_PAUSE) {
    await sleep(COUNTED_PAUSE);
    const now = await ipvsadmOrFail(socket, line);
    if (now !== before) return now;
  }
  return before;
}
