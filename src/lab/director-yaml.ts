/** The director.yaml of a lab. */
import { methodCalled } from "../core/ipvs/forwarding/methods.ts";
import { type DirectorNumber, haLines, ownPorts, tapOfDirector } from "./directors.ts";
import { bridgeOf } from "./names.ts";
import { endpointText, type Lab, type VirtualService } from "./plan.ts";

/** The commands that make the lab's service, without the program's name: what `ipvsadm -S -n` prints. None if keepalived makes it. */
export function serviceRules({ mode, service, director }: Lab): string[] {
  if (director.keepalived !== undefined) return [];
  const { localAddresses, servers } = service;
  const vip = serviceOf(service);
  const method = `-${methodCalled(mode).option.short}`;
  return [
    `-A ${vip} ${bindingOf(service)}`,
    ...localAddresses.map((address) => `-P ${vip} -z ${address}`),
    ...servers.map(
      ({ address, weight }) => `-a ${vip} -r ${endpointText(address, service.port)} ${method} -w ${weight}`,
    ),
  ];
}

/** `-t 10.1.0.100:80`. */
export const serviceOf = ({ address, port }: VirtualService): string => `-t ${endpointText(address, port)}`;

const bindingOf = ({ scheduler, persistentSeconds, toa }: VirtualService): string =>
  [
    `-s ${scheduler}`,
    ...(persistentSeconds === undefined ? [] : [`-p ${persistentSeconds}`]),
    ...(toa === true ? ["--toa dpvs"] : []),
  ].join(" ");

/** Real servers are asked every second, and taken out after two failures: at most three seconds after they fail. */
const healthLines = ({ address, port }: VirtualService): string[] => [
  "health:",
  `  - service: tcp ${endpointText(address, port)}`,
  "    check: http",
  "    interval: 1",
  "    timeout: 1",
  "    fall: 2",
  "    rise: 1",
];

/** A colon means something in YAML. */
const scalar = (address: string): string => (address.includes(":") ? `"${address}"` : address);

/** Schedulers that give a client the same server at every director. */
const HASHES = ["sh", "dh", "mh"];

/** Connections of a director that died come to others in the middle. Where the server is a hash of the client, that is how they go on. */
const switchLines = ({ director: { several }, service }: Lab): string[] =>
  several?.kind === "ecmp" && HASHES.includes(service.scheduler) ? ["sysctl:", "  net.ipv4.vs.sloppy_tcp: 1"] : [];

/** The text of director.yaml. In the worked examples the service is not in it: there it is typed. */
export function directorYaml(lab: Lab, rules: readonly string[], number: DirectorNumber = 1): string {
  const { routes, health } = lab.director;
  return [
    `# The director of the lab ${lab.name}. ${lab.about}`,
    "interfaces:",
    ...ownPorts(lab, number).flatMap(({ name, segment, mac, addresses, gro }) => [
      `  - name: ${name}`,
      `    tap: ${tapOfDirector(name, number)}`,
      `    bridge: ${bridgeOf(segment)}`,
      `    mac: "${mac}"`,
      `    addresses: [${addresses.map(scalar).join(", ")}]`,
      ...(gro === true ? ["    gro: true"] : []),
    ]),
    ...(routes.length === 0
      ? []
      : ["routes:", ...routes.map(({ to, via }) => `  - {to: ${scalar(to)}, via: ${scalar(via)}}`)]),
    ...haLines(lab, number),
    ...switchLines(lab),
    ...(rules.length === 0 ? [] : ["rules: |", ...rules.map((rule) => `  ${rule}`)]),
    ...(health ? healthLines(lab.service) : []),
    "",
  ].join("\n");
}
