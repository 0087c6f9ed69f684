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

const LARGEST_PORT = 65535;
/** A number as the kernel reads it of a parameter: 021 is 17, and 0x15 is 21 (lib/kstrtox.c: kstrtou16, base 0). */
const NUMBER = /^\+?(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i;

function parsePort(text: string): number | undefined {
  const [, digits] = NUMBER.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const port = /^0[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return port <= LARGEST_PORT ? port : undefined;
}

/**
 * `ip_vs_ftp`, `ip_vs_ftp ports=21,2121`; `undefined` for anything else, as for two equal ports, which the kernel refuses. A port 0
 * stands for none, and may do so more than once.
 */
export function parseModule(line: string): ModuleLine | undefined {
  const [name = "", parameter, ...rest] = line.trim().split(/\s+/);
  if (rest.length > 0 || !MODULE_NAMES.includes(name)) return undefined;
  if (parameter === undefined) return { name };
  const [, list] = /^ports=(.*)$/.exec(parameter) ?? [];
  if (list === undefined || !(name in APPS)) return undefined;
  const texts = list.split(",");
  const ports = texts.map(parsePort).filter((port) => port !== undefined);
  const used = ports.filter((port) => port !== 0);
  const isSound = ports.length === texts.length && ports.length <= MOST_PORTS && new Set(used).size === used.length;
  return isSound ? { name, ports } : undefined;
}

export const moduleText = ({ name, ports }: ModuleLine): string =>
  ports === undefined ? name : `${name} ports=${ports.join(",")}`;
