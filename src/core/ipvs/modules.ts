/**
 * The kernel modules beside IPVS itself that a director may have: helpers and persistence engines, as modprobe(8) names
 * them, with their parameters.
 */
import { APPS } from "./apps/apps.ts";
import { ENGINES } from "./engines/engines.ts";

/** A module and its parameter `ports`, if that is given. */
export interface ModuleLine {
  readonly name: string;
  readonly ports?: readonly number[];
}

export const MODULE_NAMES: readonly string[] = [...Object.keys(APPS), ...Object.keys(ENGINES)];

/** IP_VS_APP_MAX_PORTS. */
const MOST_PORTS = 8;

/** `ip_vs_ftp`, `ip_vs_ftp ports=21,2121`; `undefined` for anything else, as for two equal ports, which the kernel refuses. */
export function parseModule(line: string): ModuleLine | undefined {
  const [name = "", parameter, ...rest] = line.trim().split(/\s+/);
  if (rest.length > 0 || !MODULE_NAMES.includes(name)) return undefined;
  if (parameter === undefined) return { name };
  const [, list] = /^ports=(\d{1,5}(?:,\d{1,5})*)$/.exec(parameter) ?? [];
  const ports = list?.split(",").map(Number) ?? [];
  const isSound =
    ports.length <= MOST_PORTS && new Set(ports).size === ports.length && ports.every((port) => port <= 65535);
  return list !== undefined && name in APPS && isSound ? { name, ports } : undefined;
}

export const moduleText = ({ name, ports }: ModuleLine): string =>
  ports === undefined ? name : `${name} ports=${ports.join(",")}`;
