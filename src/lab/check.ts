/** Does the lab work, and if not: which host lacks what? */
import { amount } from "../core/amount.ts";
import { countedStatistics } from "./director-control.ts";
import { hostFaults, type LabFault, silentServers } from "./faults.ts";
import { type LiveService, liveService } from "./live-service.ts";
import { activeOf, livingDirectors } from "./living-directors.ts";
import { DIRECTOR, namespaceOf } from "./names.ts";
import { ownNamespaces } from "./namespaces.ts";
import { type Lab, urlOf } from "./plan.ts";
import { isServed, type RequestResult, sendRequests } from "./requests.ts";
import { expectedShares, type Share } from "./spread.ts";
import type { LabProcess } from "./state.ts";

export interface ServerAnswers {
  readonly host: string;
  readonly weight: number;
  readonly answers: number;
  /** What the scheduler says; `undefined` where it does not go by the order of requests. */
  readonly expected?: Share;
}

export interface DirectorListing {
  readonly director: string;
  readonly listing: string;
}

export interface CheckResult {
  /** Requests that were sent: fewer than were asked for, if none was answered. */
  readonly requests: number;
  readonly asked: number;
  readonly lost: number;
  /** How requests were lost, in curl's words, and how often. */
  readonly errors: Readonly<Record<string, number>>;
  readonly servers: readonly ServerAnswers[];
  readonly scheduler: string;
  /** The addresses that real servers saw as their client. */
  readonly peers: readonly string[];
  /** The mean time of a request. */
  readonly milliseconds: number;
  /** `ipvsadm -Ln --stats` of each director that balances. */
  readonly listings: readonly DirectorListing[];
  readonly faults: readonly LabFault[];
}

const FIRST_REQUESTS = 4;

export interface CheckOptions {
  readonly requests: number;
  /** Wait up to two seconds for counters that show the requests. */
  readonly statistics: boolean;
}

/** Sends requests from the client, then looks at every host. */
export async function checkLab(
  lab: Lab,
  processes: readonly LabProcess[],
  { requests: count, statistics }: CheckOptions,
): Promise<CheckResult> {
  const namespaces = new Set((await ownNamespaces()).map(({ name }) => name));
  const gone = [DIRECTOR, ...lab.hosts.map(({ name }) => name)].filter(
    (host) => !namespaces.has(namespaceOf(lab.name, host)),
  );
  const faults = gone.map((host) => ({ host, message: `the namespace ${namespaceOf(lab.name, host)} is gone` }));
  if (faults.length > 0) return { ...summary(lab, [], undefined, false), asked: count, listings: [], faults };
  const { address, port } = lab.service;
  const url = urlOf(address, port);
  const active = activeOf(await livingDirectors(lab));
  const services = await Promise.all(active.map(({ socket }) => liveService(lab, socket)));
  const results = await request(namespaceOf(lab.name, "client"), url, count);
  const serving = active.filter((_, index) => services[index] !== undefined);
  const listings = await Promise.all(
    (statistics ? serving : []).map(async ({ host, socket }) => ({
      director: host,
      listing: await countedStatistics(socket),
    })),
  );
  const [service] = services.flatMap((one) => one ?? []);
  const result = { ...summary(lab, results, service, serving.length === 1), asked: count, listings };
  return {
    ...result,
    faults: [
      ...spreadFaults(result),
      ...(await hostFaults(lab, processes)),
      ...(result.lost === 0 ? [] : await silentServers(lab)),
    ],
  };
}

/** A few at first: where all of them are lost, the others would only take their time. */
async function request(netns: string, url: string, count: number): Promise<RequestResult[]> {
  const first = await sendRequests({ netns, url, count: Math.min(count, FIRST_REQUESTS) });
  if (first.length === count || !first.some(isServed)) return first;
  return [...first, ...(await sendRequests({ netns, url, count: count - first.length }))];
}

type Summary = Omit<CheckResult, "faults" | "asked" | "listings">;

/** `alone`: all requests went to one director. Of several each has its scheduler, which knows nothing of the others' requests. */
function summary(lab: Lab, results: readonly RequestResult[], live: LiveService | undefined, alone: boolean): Summary {
  const served = results.filter(isServed);
  const present = lab.service.servers.filter(({ address }) => live?.weights.has(address) === true);
  const weights = present.map(({ address }) => live?.weights.get(address) ?? 0);
  const shares =
    live === undefined || !alone || live.persistent || served.length < results.length
      ? undefined
      : expectedShares(live.scheduler, weights, results.length);
  const errors: Record<string, number> = {};
  for (const result of results) {
    if (isServed(result)) continue;
    const error = result.error ?? `status ${result.status}`;
    errors[error] = (errors[error] ?? 0) + 1;
  }
  return {
    requests: results.length,
    lost: results.length - served.length,
    errors,
    scheduler: live?.scheduler ?? "",
    servers: lab.service.servers.map(({ host, address }) => {
      const share = shares?.[present.findIndex((server) => server.address === address)];
      return {
        host,
        weight: live?.weights.get(address) ?? 0,
        answers: served.filter(({ server }) => server === host).length,
        ...(share !== undefined && { expected: share }),
      };
    }),
    peers: [...new Set(served.flatMap(({ peer }) => peer ?? []))].sort(),
    milliseconds: (1000 * served.reduce((sum, { seconds }) => sum + seconds, 0)) / Math.max(1, served.length),
  };
}

const spreadFaults = ({ servers, scheduler }: Summary): LabFault[] =>
  servers.flatMap(({ host, answers, expected }) =>
    expected === undefined || (answers >= expected.least && answers <= expected.most)
      ? []
      : [{ host, message: `answered ${amount(answers, "request")}; ${scheduler} gives it ${shareText(expected)}` }],
  );

/** `100`, or `33 to 34`. */
export const shareText = ({ least, most }: Share): string => (least === most ? `${least}` : `${least} to ${most}`);

/** Whether all is as it should be. */
export const isSound = ({ lost, faults }: CheckResult): boolean => lost === 0 && faults.length === 0;
