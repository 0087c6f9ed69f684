/** `-S`: the table as commands that make it (ipvsadm.c: print_service_entry with FMT_RULE). */
import { type Destination, TUNNEL_GRE, TUNNEL_GUE } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import { TOA_NAMES, TOA_OFF } from "../../ipvs/forwarding/toa.ts";
import type { Service } from "../../ipvs/service.ts";
import { formatAddress } from "../../wire/address.ts";
import type { Names } from "../names.ts";
import { schedulerFlagNames } from "../scheduler-flags.ts";
import { endpointText } from "./endpoint-text.ts";
import { granularity, schedulerName, serviceOption } from "./service-text.ts";
import { sortedDestinations, sortedServices } from "./sort.ts";

const CHECKSUM_OPTIONS: readonly string[] = ["--tun-nocsum", "--tun-csum", "--tun-remcsum"];

/**
 * Every service, in the order of listings.
 * @ipvs #Y listings "-S leaves out what ipvsadm leaves out: thresholds, timeouts, daemons, masks without persistence"
 * @ipvs #Y fullnat "-S writes a pool of local addresses as -P lines, which alibaba/LVS and DPVS lose"
 */
export function rulesText(services: readonly Service[], names: Names | undefined): string {
  const lines = sortedServices(services).flatMap((service) => serviceRules(service, names));
  return lines.map((line) => `${line}\n`).join("");
}

function serviceRules(service: Service, names: Names | undefined): string[] {
  const option = serviceOption(service, names);
  return [
    `-A ${option} ${serviceTraits(service).join(" ")}`,
    ...service.localAddresses.map(({ address }) => `-P ${option} -z ${formatAddress(address)}`),
    ...sortedDestinations(service.destinations).map((destination) => {
      const name = endpointText(destination.address, destination.port, service.protocol, names);
      return `-a ${option} -r ${name} ${destinationTraits(destination)}`;
    }),
  ];
}

function serviceTraits(service: Service): string[] {
  const traits = [`-s ${schedulerName(service)}`];
  if (service.persistent) {
    const mask = granularity(service);
    traits.push(`-p ${service.timeoutSeconds}`);
    if (mask !== undefined) traits.push(`-M ${mask}`);
  }
  if (service.persistenceEngine !== "") traits.push(`--pe ${service.persistenceEngine}`);
  if (service.onePacket) traits.push("-o");
  const flags = schedulerFlagNames(service.flags, schedulerName(service));
  if (flags !== undefined) traits.push(`-b ${flags.join(",")}`);
  if (service.toa !== TOA_OFF) traits.push(`--toa ${TOA_NAMES[service.toa]}`);
  return traits;
}

function destinationTraits(destination: Destination): string {
  const { option } = methodOf(destination.forwarding);
  return [`-${option.short}`, `-w ${destination.weight}`, ...tunnelOptions(destination)].join(" ");
}

function tunnelOptions(destination: Destination): string[] {
  if (!methodOf(destination.forwarding).tunnels) return [];
  const checksum = CHECKSUM_OPTIONS[destination.tunnelFlags] ?? "--tun-nocsum";
  if (destination.tunnelType === TUNNEL_GUE) return [`--tun-type gue --tun-port ${destination.tunnelPort} ${checksum}`];
  return [destination.tunnelType === TUNNEL_GRE ? `--tun-type gre ${checksum}` : "--tun-type ipip"];
}
