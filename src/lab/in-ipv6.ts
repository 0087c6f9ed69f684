/**
 * A lab in IPv6: the same hosts and segments with the same numbers. 10.1.0.100/32 becomes fd00:1::100/128, 10.2.0.0/24
 * becomes fd00:2::/64. What keeps a real server of direct routing quiet about the VIP in IPv4 goes: in IPv6 it is enough that the
 * VIP is on `lo` (net/ipv6/ndisc.c: a host answers for an address only on the interface that has it).
 */
import { numbered } from "../core/simulator/layout.ts";
import { AF_INET6, formatAddress } from "../core/wire/address.ts";
import type { DirectorPlan, Lab, LabHost, Program, Setting } from "./plan.ts";

/** Prefixes by those of IPv4. */
const PREFIXES: Readonly<Record<string, string>> = { "/24": "/64", "/32": "/128" };

/** An address, with the length of its prefix or without. */
function ipv6Of(text: string): string {
  const [, a, b, c, d, prefix = ""] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(\/\d+)?$/.exec(text) ?? [];
  if (d === undefined) return text;
  const address = formatAddress(numbered(AF_INET6, Number(a), Number(b), Number(c), Number(d)));
  return `${address}${PREFIXES[prefix] ?? prefix}`;
}

/** Segments that speak IPv4 behind NAT64: those of the real servers. */
const BEHIND = ["back"];

/** The lab's plan with IPv6 addresses; `nat64` leaves the real servers' side as it is. */
export function inIpv6(lab: Lab, nat64: boolean): Lab {
  const { service, segments, hosts, director } = lab;
  const becomes = (segment: string): boolean => !nat64 || !BEHIND.includes(segment);
  const behind = nat64 ? (address: string): string => address : ipv6Of;
  return {
    ...lab,
    segments: segments.map((segment) => ({
      ...segment,
      network: becomes(segment.name) ? ipv6Of(segment.network) : segment.network,
    })),
    hosts: hosts.map((host) => (host.nics.every(({ segment }) => becomes(segment)) ? hostInIpv6(host) : host)),
    director: directorInIpv6(director, becomes),
    service: {
      ...service,
      address: ipv6Of(service.address),
      localAddresses: service.localAddresses.map(behind),
      servers: service.servers.map((server) => ({ ...server, address: behind(server.address) })),
    },
  };
}

const hostInIpv6 = (host: LabHost): LabHost => ({
  ...host,
  nics: host.nics.map((nic) => ({ ...nic, addresses: nic.addresses.map(ipv6Of) })),
  settings: host.settings.flatMap(settingInIpv6),
  programs: host.programs.map(programInIpv6),
});

function settingInIpv6(setting: Setting): Setting[] {
  switch (setting.kind) {
    case "address":
      return [{ ...setting, address: ipv6Of(setting.address), why: setting.dev === "lo" ? ON_LO : setting.why }];
    case "route":
      return [{ ...setting, to: ipv6Of(setting.to), via: ipv6Of(setting.via) }];
    case "sysctl":
      return setting.key === "net.ipv4.ip_forward" ? [{ ...setting, key: "net.ipv6.conf.all.forwarding" }] : [];
    case "next-hops":
    case "ipip":
      return [setting];
  }
}

const ON_LO =
  "The packets still carry the VIP, so the server must take it for its own; on lo, where no neighbor can ask for it.";

function programInIpv6(program: Program): Program {
  switch (program.kind) {
    case "web":
      return { ...program, ipv6: true, peers: program.peers.map(ipv6Of) };
    case "decapsulator":
      return { ...program, ipv6: true };
    case "redis":
    case "bird":
    case "next-hops":
      return program;
  }
}

const directorInIpv6 = (
  { ports, routes, probe, ...director }: DirectorPlan,
  becomes: (segment: string) => boolean,
): DirectorPlan => ({
  ...director,
  ports: ports.map((port) => (becomes(port.segment) ? { ...port, addresses: port.addresses.map(ipv6Of) } : port)),
  routes: routes.map(({ to, via }) => ({ to: ipv6Of(to), via: ipv6Of(via) })),
  probe: becomes(probe.segment)
    ? {
        ...probe,
        address: ipv6Of(probe.address),
        ...(probe.gateway !== undefined && { gateway: ipv6Of(probe.gateway) }),
      }
    : probe,
});
