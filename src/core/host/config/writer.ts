/** A host's configuration as plain values again, with the keys and texts that director.yaml and transcripts have. */

import { moduleText } from "../../ipvs/modules.ts";
import { formatAddress, formatMac, longestPrefix } from "../../wire/address.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { haValues } from "../vrrp/config-writer.ts";
import type { HostConfig, MarkConfig, Prefixed } from "./config.ts";

/** The values that readHostConfig would read to this configuration; defaults are spelled out. */
export function hostConfigValues(config: HostConfig) {
  return {
    interfaces: config.interfaces.map(({ name, mac, mtu, addresses, ...devices }) => ({
      name,
      ...(mac && { mac: formatMac(mac) }),
      mtu,
      addresses: addresses.map(networkText),
      ...devices,
    })),
    routes: config.routes.map(({ to, via, dev }) => ({
      to: to.prefix === 0 && via !== undefined ? "default" : networkText(to),
      ...(via !== undefined && { via: formatAddress(via) }),
      ...(dev !== undefined && { dev }),
    })),
    neighbors: config.neighbors.map(({ address, mac, dev }) => ({
      address: formatAddress(address),
      mac: formatMac(mac),
      dev,
    })),
    sysctl: config.sysctl,
    marks: config.marks.map(markValues),
    ...(config.modules && { modules: config.modules.map(moduleText) }),
    ...(config.kernel && { kernel: { hz: config.kernel.hz, release: config.kernel.release } }),
    ...(config.connections && { connections: config.connections }),
    ...(config.ha && { ha: haValues(config.ha) }),
  };
}

const markValues = ({ protocol, destination, portFirst, portLast, mark }: MarkConfig) => ({
  protocol: protocol === PROTOCOL_TCP ? ("tcp" as const) : ("udp" as const),
  destination: hostOrNetwork(destination),
  ports: portFirst === portLast ? `${portFirst}` : `${portFirst}:${portLast}`,
  mark,
});

const networkText = ({ address, prefix }: Prefixed): string => `${formatAddress(address)}/${prefix}`;

const hostOrNetwork = (network: Prefixed): string =>
  network.prefix === longestPrefix(network.address.family) ? formatAddress(network.address) : networkText(network);
