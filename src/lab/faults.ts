/** Looks at every host of a lab: what is not as its plan says? */
import { execute } from "./execute.ts";
import { factsOf, lacks } from "./facts.ts";
import { liveService } from "./live-service.ts";
import { bridgeOf, DIRECTOR, namespaceOf, tapOf } from "./names.ts";
import { endpointText, type Lab } from "./plan.ts";
import { isRunning } from "./processes.ts";
import type { LabProcess } from "./state.ts";

/** Something that is not as it should be. */
export interface LabFault {
  readonly host: string;
  readonly message: string;
}

/** What hosts lack, programs that have ended, and what is wrong about the director. */
export async function hostFaults(lab: Lab, processes: readonly LabProcess[]): Promise<LabFault[]> {
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
  bird: "BIRD",
  "next-hops": "what keeps the next hops",
};

const stopped = (processes: readonly LabProcess[]): LabFault[] =>
  processes
    .filter((process) => !isRunning(process))
    .map(({ host, program }) => ({ host, message: `${NAMES[program] ?? program} does not run any more` }));

/** Whether the director's TAP devices are on their segments, and its service is there. */
async function directorFaults(lab: Lab): Promise<LabFault[]> {
  const { devices } = await factsOf(namespaceOf(lab.name, DIRECTOR), []);
  const ports = lab.director.ports.flatMap(({ name, segment }): LabFault[] => {
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
  const vip = endpointText(lab.service.address, lab.service.port);
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

/** Which real servers do not even answer when they are asked without the director. */
export async function silentServers(lab: Lab): Promise<LabFault[]> {
  const netns = namespaceOf(lab.name, DIRECTOR);
  const { port, servers } = lab.service;
  const faults = await Promise.all(
    servers.map(async ({ host, address }): Promise<LabFault[]> => {
      const url = `http://${endpointText(address, port)}/`;
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
