/** The table of services and destinations (ipvsadm.c: list_all, list_service). */
import type { Service } from "../../ipvs/service.ts";
import type { Names } from "../names.ts";
import type { TableFormat } from "./formats.ts";
import { destinationName, serviceName } from "./service-text.ts";
import { sortedDestinations, sortedServices } from "./sort.ts";

/** What the kernel reports of itself. */
const IPVS_VERSION = "1.2.1";

export interface TableOptions {
  readonly format: TableFormat;
  /** `undefined` for numbers. */
  readonly names: Names | undefined;
  /** Services and destinations as the kernel keeps them, newest destination first. */
  readonly nosort: boolean;
  /** Counters to the last digit. */
  readonly exact: boolean;
}

/** The first line of the whole table and of /proc/net/ip_vs; `size` counts the chains of the connection table. */
export const versionLine = (size: number): string => `IP Virtual Server version ${IPVS_VERSION} (size=${size})`;

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

/** Every service. */
export function tableText(services: readonly Service[], size: number, options: TableOptions): string {
  const ordered = options.nosort ? services : sortedServices(services);
  return text([versionLine(size), ...options.format.titles, ...ordered.flatMap((service) => entry(service, options))]);
}

/** One service, without the line about IPVS. */
export const serviceText = (service: Service, options: TableOptions): string =>
  text([...options.format.titles, ...entry(service, options)]);

function entry(service: Service, { format, names, nosort, exact }: TableOptions): string[] {
  const destinations = nosort ? service.destinations : sortedDestinations(service.destinations);
  return [
    format.service(service, serviceName(service, names), exact),
    ...destinations.map((destination) =>
      format.destination(destination, destinationName(destination, service.protocol, names), exact),
    ),
  ];
}
