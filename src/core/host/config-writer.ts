/** A host's configuration as plain values again, with the keys and texts that director.yaml and transcripts have. */

import { formatIpv4, formatMac } from "../wire/address.ts";
import { PROTOCOL_TCP } from "../wire/ipv4.ts";
import type { HostConfig, MarkConfig, Prefixed } from "./config.ts";

/** The values that readHostConfig would read to this configuration; defaults are spelled out. */
export function hostConfigValues(config: HostConfig): Readonly<Record<keyof HostConfig, unknown>> {
  return {
    interfaces: config.interfaces.map(({ name, mac, mtu, addresses, ...devices }) => ({
      name,
      ...(mac && { mac: formatMac(mac) }),
      mtu,
      addresses: addresses.map(({ ip, prefix }) => `${formatIpv4(ip)}/${prefix}`),
      ...devices,
    })),
    routes: config.routes.map(({ to, via, dev }) => ({
      to: to.prefix === 0 ? "default" : `${formatIpv4(to.ip)}/${to.prefix}`,
      ...(via !== undefined && { via: formatIpv4(via) }),
      ...(dev !== undefined && { dev }),
    })),
    neighbors: config.neighbors.map(({ ip, mac, dev }) => ({ address: formatIpv4(ip), mac: formatMac(mac), dev })),
    sysctl: config.sysctl,
    marks: config.marks.map(markValues),
  };
}

const markValues = ({ protocol, destination, portFirst, portLast, mark }: MarkConfig) => ({
  protocol: protocol === PROTOCOL_TCP ? "tcp" : "udp",
  destination: hostOrNetwork(destination),
  ports: portFirst === portLast ? `${portFirst}` : `${portFirst}:${portLast}`,
  mark,
});

const hostOrNetwork = ({ ip, prefix }: Prefixed): string =>
  prefix === 32 ? formatIpv4(ip) : `${formatIpv4(ip)}/${prefix}`;
