/** How clients keep their sessions, or lose them: logins and counters against a lab whose servers one after the other fail. */
import { rmSync } from "node:fs";
import { ipvsadmOrFail, socketOfLab } from "./director-control.ts";
import { serviceOf } from "./director-yaml.ts";
import { execute } from "./execute.ts";
import { LabError } from "./lab-error.ts";
import { namespaceOf } from "./names.ts";
import { endpointText, type Lab, type SessionKind, urlOf, withoutPrefix } from "./plan.ts";
import { endProcesses } from "./processes.ts";
import { directoryOf, readState } from "./state.ts";

export interface SessionAnswer {
  /** `none` if nobody answered. */
  readonly server: string;
  readonly session: "new" | "kept" | "lost";
}

/** One client: its login and the requests after it. */
export interface SessionClient {
  readonly address: string;
  readonly before: readonly SessionAnswer[];
  /** The requests after a server has failed. */
  readonly after: readonly SessionAnswer[];
}

export interface SessionResult {
  readonly kind: SessionKind;
  /** The server that failed half way: the one that took the first client's login. */
  readonly failed: string;
  readonly clients: readonly SessionClient[];
}

const REQUESTS_BEFORE = 5;
const REQUESTS_AFTER = 4;

/** Logs every client in, counts requests, lets a server fail as a health check would see it, and counts on. */
export async function tryoutSessions(lab: Lab, kind: SessionKind): Promise<SessionResult> {
  const addresses = lab.hosts.find(({ role }) => role === "client")?.nics[0]?.addresses.map(withoutPrefix) ?? [];
  const before: SessionAnswer[][] = [];
  for (const address of addresses) before.push(await visit(lab, address, ["login", ...counts(REQUESTS_BEFORE)]));
  const failed = before[0]?.[0]?.server ?? "";
  await fail(lab, failed);
  const clients: SessionClient[] = [];
  for (const [index, address] of addresses.entries()) {
    const after = await visit(lab, address, counts(REQUESTS_AFTER));
    clients.push({ address, before: before[index] ?? [], after });
    rmSync(jarOf(lab, address), { force: true });
  }
  return { kind, failed, clients };
}

const counts = (times: number): string[] => Array<string>(times).fill("count");
const jarOf = (lab: Lab, address: string): string => `${directoryOf(lab.name)}/cookies-${address}`;

/** Requests of one client, who keeps its cookies; each on a connection of its own. */
async function visit(lab: Lab, address: string, paths: readonly string[]): Promise<SessionAnswer[]> {
  const jar = jarOf(lab, address);
  const { out } = await execute([
    ...["ip", "netns", "exec", namespaceOf(lab.name, "client"), "curl", "--silent", "--max-time", "2"],
    ...["--header", "Connection: close", "--interface", address, "--cookie", jar, "--cookie-jar", jar],
    ...paths.map((path) => `${urlOf(lab.service.address)}${path}`),
  ]);
  const answers = out
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as SessionAnswer)
    .map(({ server, session }) => ({ server, session }));
  if (answers.length < paths.length) {
    throw new LabError(1, `${address}: ${paths.length - answers.length} of ${paths.length} requests were not answered`);
  }
  return answers;
}

/** The web server ends, and the director takes the real server out of the service. */
async function fail(lab: Lab, host: string): Promise<void> {
  const server = lab.service.servers.find((entry) => entry.host === host);
  if (server === undefined) throw new LabError(1, "nobody took the first login");
  const processes = readState(lab.name)?.processes ?? [];
  await endProcesses(processes.filter((process) => process.host === host && process.program === "web"));
  const line = `-d ${serviceOf(lab.service)} -r ${endpointText(server.address, lab.service.port)}`;
  await ipvsadmOrFail(socketOfLab(lab.name), line);
}
