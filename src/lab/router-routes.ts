/** What the router of a lab has learned: the next hops of the virtual address. */
import { setTimeout as sleep } from "node:timers/promises";
import { directorNumbers } from "./directors.ts";
import { execute } from "./execute.ts";
import { LabError } from "./lab-error.ts";
import { namespaceOf } from "./names.ts";
import type { Lab } from "./plan.ts";

const PAUSE = 100;
const PATIENCE = 20_000;

/** Resolves when the router has a next hop for each director; rejects with LabError if it has not within 20 seconds. */
export async function hasNextHops(lab: Lab): Promise<void> {
  const wanted = directorNumbers(lab).length;
  let found = 0;
  for (let waited = 0; waited < PATIENCE; waited += PAUSE) {
    found = await nextHopCount(lab);
    if (found === wanted) return;
    await sleep(PAUSE);
  }
  throw new LabError(1, `router: ${found} next hops to ${lab.service.address} after 20 seconds, not ${wanted}`);
}

interface Route {
  readonly gateway?: string;
  readonly nexthops?: readonly object[];
}

async function nextHopCount({ name, service }: Lab): Promise<number> {
  const { out } = await execute(["ip", "-n", namespaceOf(name, "router"), "-json", "route", "show", service.address]);
  const [route] = (out.trim() === "" ? [] : JSON.parse(out)) as readonly Route[];
  return route?.nexthops?.length ?? (route?.gateway === undefined ? 0 : 1);
}
