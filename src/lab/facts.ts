/** What is so on a host, and what of its plan is not. */
import { execute } from "./execute.ts";
import { type LabHost, type Setting, withoutPrefix } from "./plan.ts";

/** A device as `ip -json addr` shows it, as far as it matters here. */
export interface DeviceFact {
  readonly name: string;
  readonly up: boolean;
  /** `10.1.0.1/24`. */
  readonly addresses: readonly string[];
  /** The bridge that it is a port of. */
  readonly master?: string;
}

export interface RouteFact {
  readonly to: string;
  readonly via?: string;
}

export interface HostFacts {
  readonly devices: readonly DeviceFact[];
  readonly routes: readonly RouteFact[];
  readonly sysctls: ReadonlyMap<string, string>;
}

interface IpAddress {
  readonly ifname?: string;
  readonly flags?: readonly string[];
  readonly master?: string;
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

interface IpRoute {
  readonly dst?: string;
  readonly gateway?: string;
}

/** What `ip -json addr show` printed; newer versions put empty objects where other namespaces' devices were. */
export const readDevices = (json: string): DeviceFact[] =>
  list<IpAddress>(json)
    .filter(({ ifname }) => ifname !== undefined)
    .map(({ ifname = "", flags = [], master, addr_info = [] }) => ({
      name: ifname,
      up: flags.includes("UP") && !flags.includes("NO-CARRIER"),
      addresses: addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
      ...(master !== undefined && { master }),
    }));

/** What `ip -json route show` printed. */
export const readRoutes = (json: string): RouteFact[] =>
  list<IpRoute>(json).map(({ dst = "", gateway }) => ({ to: dst, ...(gateway !== undefined && { via: gateway }) }));

const list = <T>(json: string): T[] => (json.trim() === "" ? [] : (JSON.parse(json) as T[]));

/** What `sysctl KEY...` printed: `key = value`. */
export const readSysctls = (text: string): Map<string, string> =>
  new Map(
    text.split("\n").flatMap((line) => {
      const [, key, value] = /^(\S+) = (.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value]];
    }),
  );

/** Asks a namespace. */
export async function factsOf(netns: string, settings: readonly Setting[]): Promise<HostFacts> {
  const keys = settings.flatMap((setting) => (setting.kind === "sysctl" ? [setting.key] : []));
  const [addresses, routes, ipv6Routes, sysctls] = await Promise.all([
    execute(["ip", "-n", netns, "-json", "addr", "show"]),
    execute(["ip", "-n", netns, "-json", "route", "show"]),
    execute(["ip", "-6", "-n", netns, "-json", "route", "show"]),
    keys.length === 0 ? undefined : execute(["ip", "netns", "exec", netns, "sysctl", ...keys]),
  ]);
  return {
    devices: readDevices(addresses.out),
    routes: [...readRoutes(routes.out), ...readRoutes(ipv6Routes.out)],
    sysctls: readSysctls(sysctls?.out ?? ""),
  };
}

/** What the host lacks of its plan, one line each: what is so, what it should be, and why. */
export function lacks(host: LabHost, facts: HostFacts): string[] {
  return [
    ...host.nics.flatMap((nic) => lacksDevice(nic.name, nic.addresses, facts)),
    ...host.settings.flatMap((setting) => lacksSetting(setting, facts)),
  ];
}

function lacksDevice(name: string, addresses: readonly string[], { devices }: HostFacts): string[] {
  const device = devices.find((fact) => fact.name === name);
  if (device === undefined) return [`there is no ${name}`];
  const missing = addresses.filter((address) => !device.addresses.includes(address));
  return [...(device.up ? [] : [`${name} is down`]), ...missing.map((address) => `${name} lacks ${address}`)];
}

function lacksSetting(setting: Setting, facts: HostFacts): string[] {
  const { why } = setting;
  switch (setting.kind) {
    case "sysctl": {
      const value = facts.sysctls.get(setting.key);
      if (value === setting.value) return [];
      return [`${setting.key} is ${value ?? "unknown here"}, not ${setting.value}. ${why}`];
    }
    case "address":
      return lacksDevice(setting.dev, [setting.address], facts)
        .filter((lack) => lack.includes(setting.address))
        .map((lack) => `${lack}. ${why}`);
    case "route": {
      const routes = facts.routes.filter(({ to }) => to === setting.to);
      if (routes.some(({ via }) => via === setting.via)) return [];
      const others = routes.map(({ via }) => via ?? "a device").join(", ");
      if (others === "") return [`there is no route to ${setting.to} by ${setting.via}. ${why}`];
      return [`the route to ${setting.to} is by ${others}, not by ${setting.via}. ${why}`];
    }
    case "next-hops": {
      const to = withoutPrefix(setting.to);
      return facts.routes.some((route) => route.to === to) ? [] : [`there is no route to ${to}. ${why}`];
    }
    case "ipip": {
      const device = facts.devices.find((fact) => fact.name === setting.dev);
      if (device === undefined) return [`there is no ${setting.dev}. ${why}`];
      return device.up ? [] : [`${setting.dev} is down. ${why}`];
    }
  }
}
