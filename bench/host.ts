/** The host of a measured director, and how it gets its rules. */
import { runIpvsadm } from "../src/core/control/interpreter.ts";
import { type HostConfig, prefixed } from "../src/core/host/config/config.ts";
import type { Director } from "../src/core/host/director.ts";
import { type Address, formatIpv4, ipv4 } from "../src/core/wire/address.ts";
import { ipv6Address, VIP, VIP6 } from "./requests.ts";

const FIRST_SERVER = 0xac100002;

export const net6 = (text: string, prefix: number) => ({ address: ipv6Address(text), prefix });

/** The service, as ipvsadm names it. */
export const serviceOf = (ipv6: boolean): string => (ipv6 ? `[${VIP6}]:80` : `${formatIpv4(VIP)}:80`);

const ipv4Server = (index: number): number => FIRST_SERVER + index;
const ipv6Server = (index: number): string => `fd00:2::${(index + 2).toString(16)}`;

/** A real server by its number, from 0, as ipvsadm names it. */
export const serverOf = (index: number, ipv6: boolean): string =>
  ipv6 ? `[${ipv6Server(index)}]:80` : `${formatIpv4(ipv4Server(index))}:80`;

/** Clients behind a gateway on one side, real servers on the other; the MAC addresses of the gateway and of so many servers are known. */
export function hostOf(servers: number): HostConfig {
  const gateways = [ipv4(0xc0a80001), ipv6Address("fd00:1::1")];
  const behind = (address: (index: number) => Address) =>
    Array.from({ length: servers }, (_, index) => ({
      address: address(index),
      mac: Uint8Array.of(2, 0, 0, 2, (index + 2) >> 8, (index + 2) & 255),
      dev: "eth1",
    }));
  return {
    interfaces: [
      {
        name: "eth0",
        mac: Uint8Array.of(2, 0, 0, 0, 1, 100),
        mtu: 1500,
        addresses: [prefixed(0xc0a800fe, 24), prefixed(VIP, 32), net6("fd00:1::fe", 64), net6(VIP6, 128)],
      },
      {
        name: "eth1",
        mac: Uint8Array.of(2, 0, 0, 0, 2, 100),
        mtu: 1500,
        addresses: [prefixed(0xac100001, 16), net6("fd00:2::1", 64)],
      },
    ],
    routes: [
      { to: prefixed(0, 0), via: ipv4(0xc0a80001) },
      { to: net6("fd00:9::", 32), via: ipv6Address("fd00:1::1") },
    ],
    neighbors: [
      ...gateways.map((address) => ({ address, mac: Uint8Array.of(2, 0, 0, 0, 1, 1), dev: "eth0" })),
      ...behind((index) => ipv4(ipv4Server(index))),
      ...behind((index) => ipv6Address(ipv6Server(index))),
    ],
    marks: [],
    sysctl: { "net.ipv4.vs.fullnat_lport_tries": 60000 },
  };
}

/** One line of ipvsadm without the program's name. Throws what ipvsadm says against it. */
export function run({ server }: Director, line: string): void {
  const { code, err } = runIpvsadm(line.split(" "), { server });
  if (code !== 0) throw new Error(`${line}: ${err}`);
}
