/** Looks at every host of a lab: what is not as its plan says? */
import { socketOfLab } from "./director-control.ts";
import { type DirectorNumber, directorHost, directorNumbers, socketOf, tapOfDirector } from "./directors.ts";
import { execute } from "./execute.ts";
import { factsOf, type HostFacts, lacks } from "./facts.ts";
import { liveService } from "./live-service.ts";
import { type LivingDirector, livingDirectors, stoppedPrograms } from "./living-directors.ts";
import { bridgeOf, DIRECTOR, namespaceOf } from "./names.ts";
import { endpointText, type Lab } from "./plan.ts";
import type { LabProcess } from "./state.ts";

/** Something that is not as it should be. */
export interface LabFault {
  readonly host: string;
  readonly message: string;
}

/** What hosts lack, programs that have ended, and what is wrong about directors. */
export async function hostFaults(lab: Lab, processes: readonly LabProcess[]): Promise<LabFault[]> {
  const hosts = await Promise.all(
    lab.hosts.map(async (host) => {
      const facts = await factsOf(namespaceOf(lab.name, host.name), host.settings);
      return lacks(host, facts).map((message) => ({ host: host.name, message }));
    }),
  );
  return [...hosts.flat(), ...stopped(processes, await livingDirectors(lab)), ...(await directorFaults(lab))];
}

const NAMES: Readonly<Record<string, string>> = {
  web: "the web server",
  decapsulator: "the end of the tunnel",
  redis: "the session server",
  run: "tapvs",
  bird: "BIRD",
  "next-hops": "what keeps the next hops",
};

const stopped = (processes: readonly LabProcess[], living: readonly LivingDirector[]): LabFault[] =>
  stoppedPrograms(processes, living).map(({ host, program }) => ({
    host,
    message: `${NAMES[program] ?? program} does not run any more`,
  }));

async function directorFaults(lab: Lab): Promise<LabFault[]> {
  const { devices } = await factsOf(namespaceOf(lab.name, DIRECTOR), []);
  const faults = await Promise.all(
    directorNumbers(lab).map(async (number) => {
      const messages = [...portLacks(lab, number, devices), ...(await serviceLacks(lab, number))];
      return messages.map((message) => ({ host: directorHost(number), message }));
    }),
  );
  return faults.flat();
}

/** Whether a director's TAP devices are on their segments. */
const portLacks = (lab: Lab, number: DirectorNumber, devices: HostFacts["devices"]): string[] =>
  lab.director.ports.flatMap(({ name, segment }) => {
    const tap = tapOfDirector(name, number);
    const device = devices.find((fact) => fact.name === tap);
    if (device === undefined) return [`its port ${name}, the TAP device ${tap}, is not there`];
    const misplaced = device.master === bridgeOf(segment) ? [] : [`${tap} is not on the bridge ${bridgeOf(segment)}`];
    return [...misplaced, ...(device.up ? [] : [`${tap} is down`])];
  });

/** Whether a director has the lab's service, with all real servers. */
async function serviceLacks(lab: Lab, number: DirectorNumber): Promise<string[]> {
  const service = await liveService(lab, socketOf(socketOfLab(lab.name), number));
  if (service === undefined) return [`it has no service at ${endpointText(lab.service.address, lab.service.port)}`];
  return lab.service.servers
    .filter(({ address }) => !service.weights.has(address))
    .map(({ host, address }) => `the service does not have ${host} (${address})`);
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
