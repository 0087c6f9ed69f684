/** Labs that stand while a test runs. */
import { expect } from "chai";
import { takeDown } from "../../../src/lab/down.ts";
import { namespaceOf } from "../../../src/lab/names.ts";
import { type Lab, type LabOptions, urlOf } from "../../../src/lab/plan.ts";
import { type RequestResult, sendRequests } from "../../../src/lab/requests.ts";
import { type LabProcess, readState } from "../../../src/lab/state.ts";
import { type RaisedLab, raise } from "../../../src/lab/up.ts";
import { remainsOf } from "./machine.ts";

/** A lab's name that no other run of the tests has; `suffix` has up to six letters. */
export const testName = (suffix: string): string => `t${process.pid.toString(36)}${suffix}`;

/** Builds a lab, and takes it down again whatever happens; nothing of it may be left. */
export async function withLab(options: LabOptions, body: (raised: RaisedLab) => Promise<void>): Promise<void> {
  try {
    await body(await raise(options, new AbortController().signal));
  } finally {
    await takeDown(options.name);
  }
  expect(await remainsOf(options.name)).to.deep.equal([]);
}

export const processesOf = (lab: Lab): readonly LabProcess[] => readState(lab.name)?.processes ?? [];

/** Requests from the client to the lab's service. */
export const request = (
  lab: Lab,
  count: number,
  more: { readonly perSecond?: number } = {},
): Promise<RequestResult[]> =>
  sendRequests({ netns: namespaceOf(lab.name, "client"), url: urlOf(lab.service.address), count, ...more });
