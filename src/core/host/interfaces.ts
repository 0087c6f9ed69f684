/** The director's ports and their addresses. */
import { netmask } from "../wire/address.ts";
import { macHigh, macLow, macNumber } from "../wire/ethernet.ts";
import type { HostConfig, InterfaceConfig, Prefixed } from "./config.ts";

export interface InterfaceAddress extends Prefixed {
  /** Not the first of its network: never chosen as a source (IFA_F_SECONDARY). */
  readonly secondary: boolean;
}

export interface Interface {
  readonly number: number;
  readonly name: string;
  /** 48 bits. */
  readonly mac: number;
  /** The same as 16 and (signed) 32 bits, quick to compare and to write. */
  readonly macHigh: number;
  readonly macLow: number;
  readonly mtu: number;
  readonly addresses: readonly InterfaceAddress[];
}

/** A locally administered address for a port whose configuration gives none: 02:00:00:00:00:NN. */
const madeUpMac = (number: number): number => 0x0200_0000_0000 + number + 1;

export const makeInterfaces = (config: HostConfig): Interface[] =>
  config.interfaces.map((entry, number) => {
    const mac = entry.mac === undefined ? madeUpMac(number) : macNumber(entry.mac);
    const { name, mtu } = entry;
    return { number, name, mac, macHigh: macHigh(mac), macLow: macLow(mac), mtu, addresses: markSecondaries(entry) };
  });

/** A later address of a network that an earlier one has is secondary (net/ipv4/devinet.c: __inet_insert_ifa). */
function markSecondaries(entry: InterfaceConfig): InterfaceAddress[] {
  return entry.addresses.map((address, index) => ({
    ...address,
    secondary: entry.addresses
      .slice(0, index)
      .some((earlier) => earlier.prefix === address.prefix && sameNetwork(earlier.ip, address.ip, address.prefix)),
  }));
}

export const sameNetwork = (a: number, b: number, prefix: number): boolean => ((a ^ b) & netmask(prefix)) === 0;
