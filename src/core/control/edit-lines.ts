/** Command lines of ipvsadm, without the program's name, that change what is there: each repeats the traits that are to stay. */
import type { Destination } from "../ipvs/destination.ts";
import { SERVICE_PERSISTENT, type Service } from "../ipvs/service.ts";
import { endpointText } from "./listing/endpoint-text.ts";
import { destinationTraits, serviceTraits } from "./listing/rules.ts";
import { schedulerName, serviceOption } from "./listing/service-text.ts";

const nameOf = (destination: Destination): string => {
  const { address, port, service } = destination;
  return `${serviceOption(service, undefined)} -r ${endpointText(address, port, service.protocol, undefined)}`;
};

/** `-e`, with another weight. */
export const weightLine = (destination: Destination, weight: number): string =>
  `-e ${nameOf(destination)} ${destinationTraits({ ...optionsOf(destination), weight })}${thresholds(destination)}`;

const optionsOf = (destination: Destination) => {
  const { forwarding, weight, upperThreshold, lowerThreshold, tunnelType, tunnelPort, tunnelFlags } = destination;
  return { forwarding, weight, upperThreshold, lowerThreshold, tunnelType, tunnelPort, tunnelFlags };
};

const thresholds = ({ upperThreshold, lowerThreshold }: Destination): string =>
  upperThreshold === 0 && lowerThreshold === 0 ? "" : ` -x ${upperThreshold} -y ${lowerThreshold}`;

/** `-d`. */
export const deleteLine = (destination: Destination): string => `-d ${nameOf(destination)}`;

/** `-E`, persistent for so many seconds; 0 for not persistent. */
export function persistenceLine(service: Service, seconds: number): string {
  const flags = seconds > 0 ? service.flags | SERVICE_PERSISTENT : service.flags & ~SERVICE_PERSISTENT;
  const { netmask, persistenceEngine, toa } = service;
  const traits = { scheduler: schedulerName(service), flags, timeoutSeconds: seconds, netmask, toa };
  const engine = seconds > 0 ? persistenceEngine : "";
  return `-E ${serviceOption(service, undefined)} ${serviceTraits(service.family, { ...traits, persistenceEngine: engine })}`;
}
