/**
 * Every switch of the director by its name in sysctl(8), and what is said of one that is refused: the words of
 * sysctl(8) of procps, which are the kernel's (errno 2 and 22).
 */

import { isVsSysctlName, type VsSysctlName, vsSysctlNames, vsSysctlRow } from "../ipvs/sysctl.ts";
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import { DEFAULT_KERNEL } from "../kernel/releases.ts";
import { anything, counter, range, type SysctlContext, type SysctlType, seconds, size } from "../sysctl/types.ts";
import { isWithoutEffect } from "../sysctl/without-effect.ts";
import type { Director } from "./director.ts";
import { hostSysctlNames, hostSysctlRow } from "./host-sysctl.ts";

/** What became of writing a switch. */
export type SysctlOutcome = "set" | "without effect" | "no such switch" | "invalid";

interface Switch {
  readonly type: SysctlType;
  readonly withoutEffect: boolean;
}

const VS_PREFIX = "net.ipv4.vs.";
/** Interfaces stand in these names; a dot of theirs is written as a slash. */
const PER_INTERFACE = /^(net\.ipv[46]\.(?:conf|neigh))\.([^.]+)\.([^.]+)$/;
/** There is no interface of these names, but switches. `lo` is there always. */
const ALWAYS: readonly string[] = ["default", "lo"];

/** Without effect, but with a range that was recorded. */
const RANGES: ReadonlyMap<string, SysctlType> = new Map([
  ["net.ipv4.ipfrag_low_thresh", size],
  ["net.ipv4.ipfrag_max_dist", counter],
  ["net.ipv4.icmp_msgs_per_sec", counter],
  ["net.ipv4.icmp_msgs_burst", counter],
  ["net.ipv4.icmp_echo_ignore_broadcasts", range(0, 1)],
  ["net.ipv4.icmp_errors_use_inbound_ifaddr", range(0, 1)],
  ["net.ipv4.neigh.default.gc_interval", seconds],
]);

function find(name: string, devices: readonly string[]): Switch | undefined {
  if (name.startsWith(VS_PREFIX)) {
    const own = name.slice(VS_PREFIX.length);
    if (!isVsSysctlName(own)) return undefined;
    const { type, withoutEffect = false } = vsSysctlRow(own);
    return { type, withoutEffect };
  }
  const pattern = patternOf(name, devices);
  const exact = hostSysctlRow(name);
  const row = exact ?? (pattern === undefined ? undefined : hostSysctlRow(pattern));
  // What `default` has is for interfaces that are yet to come.
  if (row !== undefined) return { type: row.type, withoutEffect: exact === undefined && name.includes(".default.") };
  const idle = RANGES.get(name) ?? RANGES.get(pattern ?? "");
  if (idle !== undefined) return { type: idle, withoutEffect: true };
  return pattern !== undefined && isWithoutEffect(pattern) ? { type: anything, withoutEffect: true } : undefined;
}

/** The name with `*` in place of an interface's; `undefined` if there is no such interface. */
function patternOf(name: string, devices: readonly string[]): string | undefined {
  const [, group = "", device = "", switchName = ""] = PER_INTERFACE.exec(name) ?? [];
  if (group === "") return name;
  const known = [...devices, ...ALWAYS, ...(group.endsWith("conf") ? ["all"] : [])];
  return known.includes(device.replaceAll("/", ".")) ? `${group}.*.${switchName}` : undefined;
}

/**
 * Whether a switch takes a value, on a host with these interfaces: a text as sysctl(8) would write it, or a number.
 * `numbers` are what it means, where it means anything.
 */
export function readSysctl(
  name: string,
  value: number | string,
  devices: readonly string[],
  context: SysctlContext,
): { readonly outcome: SysctlOutcome; readonly numbers: readonly number[] } {
  const found = find(name, devices);
  if (found === undefined) return { outcome: "no such switch", numbers: [] };
  const numbers = found.type(String(value), context);
  if (numbers === undefined) return { outcome: "invalid", numbers: [] };
  return { outcome: found.withoutEffect ? "without effect" : "set", numbers };
}

const devicesOf = ({ interfaces }: Director): string[] => interfaces.map(({ name }) => name);

/** The names of all switches that a director has values of, in their order. */
export const sysctlNames = (director: Director): string[] =>
  [...hostSysctlNames(devicesOf(director)), ...vsSysctlNames().map((name) => `${VS_PREFIX}${name}`)].sort();

/** What a file under /proc/sys would hold; `undefined` for a switch that is taken and not kept, and for one that there is not. */
export function sysctlValue(director: Director, name: string): string | undefined {
  if (!sysctlNames(director).includes(name)) return undefined;
  const own = name.startsWith(VS_PREFIX) ? name.slice(VS_PREFIX.length) : "";
  if (!isVsSysctlName(own)) return director.sysctl.read(name)?.toString();
  return vsSysctlText(director.server, own);
}

/** What the file of a switch of IPVS holds. */
const vsSysctlText = ({ sysctl }: VirtualServer, own: VsSysctlName): string =>
  own === "sync_threshold" ? `${sysctl.sync_threshold}\t${sysctl.sync_period}` : `${sysctl[own]}`;

/** The same of tables that no host is around; `undefined` for a switch that is none of IPVS. */
export function vsSysctlValue(server: VirtualServer, name: string): string | undefined {
  const own = name.startsWith(VS_PREFIX) ? name.slice(VS_PREFIX.length) : "";
  return isVsSysctlName(own) ? vsSysctlText(server, own) : undefined;
}

/** Writes a switch of such tables. */
export function setVsSysctl(server: VirtualServer, name: string, value: string): SysctlOutcome {
  const own = name.startsWith(VS_PREFIX) ? name.slice(VS_PREFIX.length) : "";
  if (!isVsSysctlName(own)) return "no such switch";
  const { sync_threshold: threshold, sync_period: period } = server.sysctl;
  const { outcome, numbers } = readSysctl(name, value, [], { hz: DEFAULT_KERNEL.hz, current: [threshold, period] });
  if (numbers.length > 0) server.setSysctl(own, numbers);
  return outcome;
}

/** Whether Linux has such a switch, on a host with the director's interfaces. */
export const isSwitch = (director: Director, name: string): boolean => find(name, devicesOf(director)) !== undefined;

/** Of these switches, those that are taken and mean nothing here. */
export const switchesWithoutEffect = (
  devices: readonly string[],
  switches: Iterable<readonly [name: string, value: number | string]>,
): string[] =>
  [...switches]
    .filter(([name, value]) => readSysctl(name, value, devices, DEFAULT_KERNEL).outcome === "without effect")
    .map(([name]) => name);

/** What sysctl(8) says when the kernel refuses; `undefined` if it does not. */
export function sysctlRefusal(name: string, outcome: SysctlOutcome): string | undefined {
  if (outcome === "invalid") return `sysctl: setting key "${name}": Invalid argument`;
  return outcome === "no such switch" ? `sysctl: cannot stat ${pathOf(name)}: No such file or directory` : undefined;
}

/**
 * The name of a switch as sysctl(8) takes it: where the first separator is a slash, slashes separate and dots belong to
 * names (procps sysctl.c: slashdot).
 */
export const sysctlKey = (name: string): string =>
  /^[^./]*\//.test(name) ? name.replace(/[./]/g, (character) => (character === "/" ? "." : "/")) : name;

/** Dots separate, and a slash is a dot of an interface's name. */
const pathOf = (name: string): string =>
  `/proc/sys/${name.replace(/[./]/g, (character) => (character === "." ? "/" : "."))}`;
