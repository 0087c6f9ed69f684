/** What the commands of `tapvs lab` have in common. */

import { directorHosts } from "../../lab/directors.ts";
import { allLabs } from "../../lab/down.ts";
import { LabError } from "../../lab/lab-error.ts";
import { DIRECTOR, namespaceOf } from "../../lab/names.ts";
import { hostNamed, type Lab } from "../../lab/plan.ts";
import { type LabState, readState } from "../../lab/state.ts";
import { Failure } from "../failure.ts";

/** Makes an action whose LabErrors are for people. */
export const acting =
  <Arguments extends unknown[]>(action: (...values: Arguments) => Promise<void>) =>
  async (...values: Arguments): Promise<void> => {
    try {
      await action(...values);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      throw new Failure(error.exitCode, ...error.message.split("\n"));
    }
  };

export interface NameFlag {
  readonly name?: string;
}

/** The state of the lab of this name, or of the only one. */
export async function stateOf(name: string | undefined): Promise<LabState> {
  const names = name === undefined ? await allLabs() : [name];
  const [only, ...others] = names;
  if (only === undefined) throw new LabError(3, "there is no lab; tapvs lab up nat");
  if (others.length > 0) throw new LabError(2, `there are several labs: ${names.join(", ")}; say which`);
  const state = readState(only);
  if (state === undefined) {
    throw new LabError(3, `there is no lab ${only}, or only remains of it (tapvs lab down ${only})`);
  }
  return state;
}

/** The namespace of a host of the lab. */
export function hostOrFail(lab: Lab, host: string): string {
  const directors = directorHosts(lab);
  if (directors.includes(host)) return namespaceOf(lab.name, DIRECTOR);
  if (hostNamed(lab, host) !== undefined) return namespaceOf(lab.name, host);
  const known = [...directors, ...lab.hosts.map(({ name }) => name)].join(", ");
  throw new LabError(2, `the lab ${lab.name} has no host ${host}; it has ${known}`);
}
