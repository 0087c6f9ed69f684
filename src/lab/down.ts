/** Takes labs down: everything that carries their names, whether or not somebody remembers how it came to be. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { socketFolder } from "../io/control/socket-path.ts";
import { socketOfLab } from "./director-control.ts";
import { directorSockets } from "./directors.ts";
import { deleteNamespaces, ownNamespaces, processesIn } from "./namespaces.ts";
import { endProcesses } from "./processes.ts";
import { directoryOf, forget, labNames, readState } from "./state.ts";

/** What was there of a lab. */
export interface Removed {
  readonly namespaces: readonly string[];
  readonly processes: number;
}

/** Removes a lab; finds nothing to do if there is none. Also half of a lab, and one whose state is lost. */
export async function takeDown(name: string): Promise<Removed> {
  const namespaces = (await ownNamespaces()).filter(({ lab }) => lab === name);
  const inside = (await Promise.all(namespaces.map(processesIn))).flat();
  const known = readState(name)?.processes ?? [];
  const processes = [...inside, ...known.filter(({ pid }) => !inside.some((other) => other.pid === pid))];
  await endProcesses(processes);
  const names = namespaces.map((namespace) => namespace.name);
  await deleteNamespaces(names);
  removeRunFiles(name);
  forget(name);
  return { namespaces: names, processes: processes.length };
}

/** What its directors keep beside their sockets, and leave there if they are killed: lock, rules, connections. */
function removeRunFiles(lab: string): void {
  const folder = socketFolder();
  if (!existsSync(folder)) return;
  const own = directorSockets(socketOfLab(lab)).map((socket) => basename(socket, "sock"));
  for (const file of readdirSync(folder)) if (own.some((begin) => file.startsWith(begin))) rmSync(join(folder, file));
}

/** Whether anything of the lab is there. */
export const isThere = async (name: string): Promise<boolean> =>
  existsSync(directoryOf(name)) || (await ownNamespaces()).some(({ lab }) => lab === name);

/** The names of all labs, also of those of which only namespaces are left. */
export async function allLabs(): Promise<string[]> {
  return [...new Set([...labNames(), ...(await ownNamespaces()).map(({ lab }) => lab)])].sort();
}
