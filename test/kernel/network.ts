/** The hosts around a director: what they are called, where they are, and who puts a packet on which wire. */
import type {
  HostConfig,
  InterfaceConfig,
  MarkConfig,
  Prefixed,
  RouteConfig,
  SysctlConfig,
} from "../../src/core/host/config/config.ts";
import { ANY, firstWord, formatIpv4, formatMac, ipv4 as ipv4Address, netmask } from "../../src/core/wire/address.ts";
import { macOf } from "./frames.ts";

/** A host on a wire of the director. */
export interface Station {
  readonly name: string;
  readonly address: number;
  readonly mac: string;
  /** The director's interface that its wire ends in. */
  readonly dev: string;
  /** The director has it in its neighbor table; it must ask for others by ARP. */
  readonly known: boolean;
}

/** A MAC address made from an IPv4 address: 10.1.0.254 has 02:00:0a:01:00:fe. */
const macFor = (address: number): string => {
  const bytes = new Uint8Array(6);
  bytes[0] = 2;
  new DataView(bytes.buffer).setUint32(2, address);
  return formatMac(bytes);
};

export class Network {
  readonly interfaces: InterfaceConfig[] = [];
  readonly stations: Station[] = [];
  readonly routes: RouteConfig[] = [];
  readonly marks: MarkConfig[] = [];
  readonly sysctl: Record<string, number | string> = {};
  /** Names of addresses, those of the stations among them. */
  readonly names = new Map<string, number>();

  addInterface(
    name: string,
    addresses: readonly Prefixed[],
    mtu = 1500,
    mac = macFor(firstWord(addresses[0]?.address ?? ANY)),
  ): void {
    this.interfaces.push({ name, mac: macOf(mac), mtu, addresses });
  }

  addStation(station: Omit<Station, "mac" | "known"> & Partial<Station>): Station {
    const added = { mac: macFor(station.address), known: true, ...station };
    this.stations.push(added);
    this.names.set(added.name, added.address);
    return added;
  }

  /** What a transcript's first line says of the director and its neighbors. */
  head(): HostConfig {
    const neighbors = this.stations
      .filter(({ known }) => known)
      .map(({ address, mac, dev }) => ({ address: ipv4Address(address), mac: macOf(mac), dev }));
    const sysctl: SysctlConfig = { ...this.sysctl };
    return { interfaces: [...this.interfaces], routes: [...this.routes], neighbors, marks: [...this.marks], sysctl };
  }

  /** Who puts packets from `address` on the wire: the host itself, or the gateway of the route to it. */
  senderFor(address: number): Station | undefined {
    const station = this.stations.find((one) => one.address === address);
    if (station !== undefined) return station;
    const ways = this.routes.filter(
      ({ to, via }) => via !== undefined && (address & netmask(to.prefix)) >>> 0 === firstWord(to.address),
    );
    const best = ways.toSorted((a, b) => b.to.prefix - a.to.prefix)[0];
    return best === undefined
      ? undefined
      : this.stations.find((one) => one.address === (best.via && firstWord(best.via)));
  }

  /** The host that frames to this MAC address go to. */
  stationWithMac(mac: string): Station | undefined {
    return this.stations.find((one) => one.mac === mac);
  }

  /** The director's own MAC address on a wire. */
  directorMac(dev: string): string {
    const port = this.interfaces.find(({ name }) => name === dev);
    return port?.mac === undefined ? "" : formatMac(port.mac);
  }

  /** The name of an address; its dotted quad if it has none. */
  nameOf(address: number): string {
    for (const [name, named] of this.names) if (named === address) return name;
    return formatIpv4(address);
  }
}
