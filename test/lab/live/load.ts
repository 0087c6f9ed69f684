/** Load on a lab while a real server dies. */
import { expect } from "chai";
import type { Lab } from "../../../src/lab/plan.ts";
import { endProcesses } from "../../../src/lab/processes.ts";
import { isServed, type RequestResult } from "../../../src/lab/requests.ts";
import { processesOf, request } from "./lab.ts";

/** Requests in a second, and how many are looked at together. */
const RATE = 100;
const BATCH = 50;
/** A server fails two checks, a second each, before it is out: on a busy machine some more. */
const BATCHES = 100;

export const isWebServer = ({ host, program }: { readonly host: string; readonly program: string }): boolean =>
  host === "rs2" && program === "web";

/** Ends the web server of rs2 under load; sooner or later no request is lost any more, and rs1 answers all. */
export async function loseServer(lab: Lab): Promise<void> {
  const batch = (): Promise<RequestResult[]> => request(lab, BATCH, { perSecond: RATE });
  const serversOf = (results: readonly RequestResult[]) => [...new Set(results.map(({ server }) => server))].sort();
  expect(serversOf(await batch())).to.deep.equal(["rs1", "rs2"]);
  const load = batch();
  await endProcesses(processesOf(lab).filter(isWebServer));
  const lost: number[] = [(await load).filter((result) => !isServed(result)).length];
  while (lost.at(-1) !== 0 || Math.max(...lost) === 0) {
    if (lost.length > BATCHES) expect.fail(`lost of ${BATCH} requests each: ${lost.join(", ")}`);
    lost.push((await batch()).filter((result) => !isServed(result)).length);
  }
  const after = await batch();
  expect(after.filter(isServed)).to.have.length(BATCH);
  expect(serversOf(after)).to.deep.equal(["rs1"]);
}
