/** How services and destinations are called in listings and rules (ipvsadm.c: print_service_entry). */

import { type Destination, TUNNEL_GRE, TUNNEL_GUE } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import { TOA_NAMES, TOA_OFF } from "../../ipvs/forwarding/toa.ts";
import { protocolName, protocolOf } from "../../ipvs/protocols/protocols.ts";
import type { Service, ServiceKey } from "../../ipvs/service.ts";
import { AF_INET, AF_INET6, formatIpv4 } from "../../wire/address.ts";
import type { Names } from "../names.ts";
import { schedulerFlagNames } from "../scheduler-flags.ts";
import { endpointText } from "./endpoint-text.ts";

const LONGEST_SERVICE = 33;
const LONGEST_DESTINATION = 28;
const IPV4_HOST_MASK = 0xffffffff;
const IPV6_HOST_PREFIX = 128;

export const schedulerName = (service: Service): string => service.scheduler?.name ?? "none";

/** A firewall mark as `%d` prints it. */
const signed = (fwmark: number): string => String(fwmark | 0);

/** `TCP  10.0.0.100:80`, cut to 33 characters unless it is an IPv6 one; `FWM  7 IPv6`. */
export function serviceName(service: Service, names: Names | undefined): string {
  if (service.fwmark !== 0) {
    return `FWM  ${signed(service.fwmark)}${service.family === AF_INET6 ? " IPv6" : ""}`;
  }
  const endpoint = endpointText(service.address, service.port, service.protocol, names);
  const name = `${protocolName(service.protocol).padEnd(4)} ${endpoint}`;
  return service.family === AF_INET6 ? name : name.slice(0, LONGEST_SERVICE);
}

/** The destination's endpoint, cut to 28 characters unless it is an IPv6 one. */
export function destinationName(destination: Destination, protocol: number, names: Names | undefined): string {
  const name = endpointText(destination.address, destination.port, protocol, names);
  return destination.address.family === AF_INET6 ? name : name.slice(0, LONGEST_DESTINATION);
}

/** The options that name a service: `-t 10.0.0.100:80`, `-f 7 -6`. */
export function serviceOption(service: ServiceKey, names: Names | undefined): string {
  if (service.fwmark !== 0) return `-f ${signed(service.fwmark)}${service.family === AF_INET6 ? " -6" : ""}`;
  const { short, long = "" } = protocolOf(service.protocol)?.serviceOption ?? {};
  const option = short === undefined ? `--${long}` : `-${short}`;
  return `${option} ${endpointText(service.address, service.port, service.protocol, names)}`;
}

/** The granularity of persistence; `undefined` if every client counts for itself. */
export function granularity(service: Pick<Service, "family" | "netmask">): string | undefined {
  if (service.family === AF_INET) {
    return service.netmask === IPV4_HOST_MASK ? undefined : formatIpv4(service.netmask);
  }
  return service.netmask === IPV6_HOST_PREFIX ? undefined : String(service.netmask);
}

/** What follows a service's name in most listings: scheduler, its flags, persistence, one-packet. */
export function serviceTraits(service: Service): string {
  const flags = schedulerFlagNames(service.flags, schedulerName(service));
  const traits = [schedulerName(service)];
  if (flags !== undefined) traits.push(`(${flags.join(",")})`);
  if (service.persistent) {
    const mask = granularity(service);
    traits.push(`persistent ${service.timeoutSeconds}`);
    if (mask !== undefined) traits.push(`mask ${mask}`);
    if (service.persistenceEngine !== "") traits.push(`pe ${service.persistenceEngine}`);
  }
  if (service.onePacket) traits.push("ops");
  if (service.toa !== TOA_OFF) traits.push(`toa ${TOA_NAMES[service.toa]}`);
  return traits.join(" ");
}

const CHECKSUM_MARKS: readonly string[] = ["-c", "+c", "r+c"];

/** `gue:6080:-c`, `n/a` where there is no tunnel. */
export function tunnelText(destination: Destination): string {
  if (!methodOf(destination.forwarding).tunnels) return "n/a";
  const checksum = CHECKSUM_MARKS[destination.tunnelFlags] ?? "-c";
  if (destination.tunnelType === TUNNEL_GUE) return `gue:${destination.tunnelPort}:${checksum}`;
  return destination.tunnelType === TUNNEL_GRE ? `gre:${checksum}` : "ipip";
}
