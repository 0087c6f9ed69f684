/** `-S`: the table as commands that make it (ipvsadm.c: print_service_entry with FMT_RULE). */
import { type DestinationOptions, TUNNEL_GRE, TUNNEL_GUE } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import { TOA_NAMES, TOA_OFF } from "../../ipvs/forwarding/toa.ts";
import { SERVICE_ONE_PACKET, SERVICE_PERSISTENT, type Service, type ServiceOptions } from "../../ipvs/service.ts";
import { type Family, formatAddress } from "../../wire/address.ts";
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
    `-A ${option} ${serviceTraits(service.family, { ...service, scheduler: schedulerName(service) })}`,
    ...service.localAddresses.map(({ address }) => `-P ${option} -z ${formatAddress(address)}`),
    ...sortedDestinations(service.destinations).map((destination) => {
      const name = endpointText(destination.address, destination.port, service.protocol, names);
      return `-a ${option} -r ${name} ${destinationTraits(destination)}`;
    }),
  ];
}

/** The options of `-A` and `-E` that give a service these traits. */
export function serviceTraits(family: Family, options: ServiceOptions): string {
  const { scheduler, flags, timeoutSeconds, netmask, persistenceEngine, toa = TOA_OFF } = options;
  const traits = [`-s ${scheduler}`];
  if ((flags & SERVICE_PERSISTENT) !== 0) {
    const mask = granularity({ family, netmask });
    traits.push(`-p ${timeoutSeconds}`);
    if (mask !== undefined) traits.push(`-M ${mask}`);
  }
  if (persistenceEngine !== "") traits.push(`--pe ${persistenceEngine}`);
  if ((flags & SERVICE_ONE_PACKET) !== 0) traits.push("-o");
  const names = schedulerFlagNames(flags, scheduler);
  if (names !== undefined) traits.push(`-b ${names.join(",")}`);
  if (toa !== TOA_OFF) traits.push(`--toa ${TOA_NAMES[toa]}`);
  return traits.join(" ");
}

/** The options of `-a` and `-e` that give a real server these traits; thresholds, which `-S` leaves out, are not among them. */
export function destinationTraits(options: DestinationOptions): string {
  const { option } = methodOf(options.forwarding);
  return [`-${option.short}`, `-w ${options.weight}`, ...tunnelOptions(options)].join(" ");
}

function tunnelOptions(destination: DestinationOptions): string[] {
  if (!methodOf(destination.forwarding).tunnels) return [];
  const checksum = CHECKSUM_OPTIONS[destination.tunnelFlags] ?? "--tun-nocsum";
  if (destination.tunnelType === TUNNEL_GUE) return [`--tun-type gue --tun-port ${destination.tunnelPort} ${checksum}`];
  return [destination.tunnelType === TUNNEL_GRE ? `--tun-type gre ${checksum}` : "--tun-type ipip"];
}
