/** Does the lab work, and if not: which host lacks what? */
import { countedStatistics, ipvsadm, socketOfLab } from "./director-control.ts";
import { execute } from "./execute.ts";
import { factsOf, lacks } from "./facts.ts";
import { LabError } from "./lab-error.ts";
import { bridgeOf, DIRECTOR, namespaceOf, tapOf } from "./names.ts";
import { ownNamespaces } from "./namespaces.ts";
import type { Lab } from "./plan.ts";
import { isRunning } from "./processes.ts";
import { isServed, type RequestResult, sendRequests } from "./requests.ts";
import { expectedShares, type Share } from "./spread.ts";
import type { LabProcess } from "./state.ts";

/** Something that is not as it should be. */
export interface Fault {
  readonly host: string;
  readonly message: string;
}

export interface ServerAnswers {
  readonly host: string;
  readonly weight: number;
  readonly answers: number;
  /** What the scheduler says; `undefined` where it does not go by the order of requests. */
  readonly expected?: Share;
}

export interface CheckResult {
  readonly requests: number;
  readonly lost: number;
  /** How requests were lost, in curl's words, and how often. */
  readonly errors: Readonly<Record<string, number>>;
  readonly servers: readonly ServerAnswers[];
  readonly scheduler: string;
  /** The addresses that real servers saw as their client. */
  readonly peers: readonly string[];
  /** The mean time of a request. */
  readonly milliseconds: number;
  /** `ipvsadm -Ln --stats`. */
  readonly listing: string;
  readonly faults: readonly Fault[];
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
  if (faults.length > 0) return { ...summary(lab, [], undefined, ""), faults };
  const { address, port } = lab.service;
  const url = `http://${address}${port === 80 ? "" : `:${port}`}/`;
  const service = await liveService(lab);
  const results = await request(namespaceOf(lab.name, "client"), url, count);
  const listing = statistics && service !== undefined ? await countedStatistics(socketOfLab(lab.name)) : "";
  const result = summary(lab, results, service, listing);
  return {
    ...result,
    faults: [...spreadFaults(result), ...(await hostFaults(lab, processes)), ...(await silent(lab, result))],
  };
}

/** A few at first: where all of them are lost, the others would only take their time. */
async function request(netns: string, url: string, count: number): Promise<RequestResult[]> {
  const first = await sendRequests({ netns, url, count: Math.min(count, FIRST_REQUESTS) });
  if (first.length === count || !first.some(isServed)) return first;
  return [...first, ...(await sendRequests({ netns, url, count: count - first.length }))];
}

/** The service as the director has it now: scheduler, and weights by real server. */
interface LiveService {
  readonly scheduler: string;
  readonly persistent: boolean;
  readonly weights: ReadonlyMap<string, number>;
}

async function liveService(lab: Lab): Promise<LiveService | undefined> {
  try {
    const { out } = await ipvsadm(socketOfLab(lab.name), "-S -n");
    return readService(out, `${lab.service.address}:${lab.service.port}`);
  } catch (error) {
    if (error instanceof LabError) return undefined;
    throw error;
  }
}

/** Reads a service out of `ipvsadm -S -n`. */
export function readService(rules: string, vip: string): LiveService | undefined {
  const lines = rules.split("\n").map((line) => line.split(" "));
  const service = lines.find((words) => words[0] === "-A" && words[2] === vip);
  if (service === undefined) return undefined;
  const after = (words: readonly string[], option: string): string => words[words.indexOf(option) + 1] ?? "";
  const servers = lines.filter((words) => words[0] === "-a" && words[2] === vip);
  return {
    scheduler: after(service, "-s"),
    persistent: service.includes("-p"),
    weights: new Map(servers.map((words) => [after(words, "-r").replace(/:\d+$/, ""), Number(after(words, "-w"))])),
  };
}

type Summary = Omit<CheckResult, "faults">;

function summary(lab: Lab, results: readonly RequestResult[], live: LiveService | undefined, listing: string): Summary {
  const served = results.filter(isServed);
  const present = lab.service.servers.filter(({ address }) => live?.weights.has(address) === true);
  const weights = present.map(({ address }) => live?.weights.get(address) ?? 0);
  const shares =
    live === undefined || live.persistent || served.length < results.length
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
    listing,
  };
}

const spreadFaults = ({ servers, scheduler }: Summary): Fault[] =>
  servers.flatMap(({ host, answers, expected }) =>
    expected === undefined || (answers >= expected.least && answers <= expected.most)
      ? []
      : [{ host, message: `answered ${answers} requests; ${scheduler} gives it ${shareText(expected)}` }],
  );

/** `100`, or `33 to 34`. */
export const shareText = ({ least, most }: Share): string => (least === most ? `${least}` : `${least} to ${most}`);

async function hostFaults(lab: Lab, processes: readonly LabProcess[]): Promise<Fault[]> {
  const hosts = await Promise.all(
    lab.hosts.map(async (host) => {
      const facts = await factsOf(namespaceOf(lab.name, host.name), host.settings);
      return lacks(host, facts).map((message) => ({ host: host.name, message }));
    }),
  );
  return [...hosts.flat(), ...stopped(processes), ...(await directorFaults(lab))];
}

const NAMES: Readonly<Record<string, string>> = {
  web: "the web server",
  decapsulator: "the end of the tunnel",
  redis: "the session server",
  run: "tapvs",
};

const stopped = (processes: readonly LabProcess[]): Fault[] =>
  processes
    .filter((process) => !isRunning(process))
    .map(({ host, program }) => ({ host, message: `${NAMES[program] ?? program} does not run any more` }));

/** Whether the director's TAP devices are on their segments, and its service is there. */
async function directorFaults(lab: Lab): Promise<Fault[]> {
  const { devices } = await factsOf(namespaceOf(lab.name, DIRECTOR), []);
  const ports = lab.director.ports.flatMap(({ name, segment }): Fault[] => {
    const device = devices.find((fact) => fact.name === tapOf(name));
    if (device === undefined)
      return [{ host: DIRECTOR, message: `its port ${name}, the TAP device ${tapOf(name)}, is not there` }];
    const misplaced =
      device.master === bridgeOf(segment) ? [] : [`${tapOf(name)} is not on the bridge ${bridgeOf(segment)}`];
    return [...misplaced, ...(device.up ? [] : [`${tapOf(name)} is down`])].map((message) => ({
      host: DIRECTOR,
      message,
    }));
  });
  const service = await liveService(lab);
  const vip = `${lab.service.address}:${lab.service.port}`;
  if (service === undefined) return [...ports, { host: DIRECTOR, message: `it has no service at ${vip}` }];
  const missing = lab.service.servers.filter(({ address }) => !service.weights.has(address));
  return [
    ...ports,
    ...missing.map(({ host, address }) => ({
      host: DIRECTOR,
      message: `the service does not have ${host} (${address})`,
    })),
  ];
}

/** Where requests were lost: which real servers do not even answer by themselves. */
async function silent(lab: Lab, { lost }: Summary): Promise<Fault[]> {
  if (lost === 0) return [];
  const netns = namespaceOf(lab.name, DIRECTOR);
  const { port, servers } = lab.service;
  const faults = await Promise.all(
    servers.map(async ({ host, address }): Promise<Fault[]> => {
      const url = `http://${address}:${port}/`;
      const { code, err } = await execute([
        ...[
          "ip",
          "netns",
          "exec",
          netns,
          "curl",
          "--silent",
          "--show-error",
          "--max-time",
          "2",
          "--output",
          "/dev/null",
        ],
        url,
      ]);
      return code === 0 ? [] : [{ host, message: `${url} does not answer, asked without the director: ${err.trim()}` }];
    }),
  );
  return faults.flat();
}

/** Whether all is as it should be. */
export const isSound = ({ lost, faults }: CheckResult): boolean => lost === 0 && faults.length === 0;
