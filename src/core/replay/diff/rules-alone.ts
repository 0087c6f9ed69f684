/** A director for rules that come without one: it has all virtual addresses, and reaches everybody. */

import { parseEndpoint } from "../../capture/expectation.ts";
import { networkPacket } from "../../capture/network-packet.ts";
import { ETHERNET, type Packet } from "../../capture/packet.ts";
import { macOfInterface } from "../../capture/packet-place.ts";
import type { DirectorConfig, RulesConfig } from "../../host/config/config.ts";
import {
  type Address,
  AF_INET,
  AF_INET6,
  ANY,
  ANY_IPV6,
  addressAt,
  formatAddress,
  longestPrefix,
  sameAddress,
} from "../../wire/address.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  writeMac,
} from "../../wire/ethernet.ts";
import { IPV4_SOURCE } from "../../wire/ipv4.ts";
import { IPV6_SOURCE } from "../../wire/ipv6.ts";
import { ruleLines } from "../rules.ts";

/** The MAC address of whoever hands the packets over; one of no vendor's. */
const SENDER = [0x02, 0, 0, 0, 0, 0xfe] as const;

/**
 * A packet of any capture as such a director gets it, wherever it was recorded; `undefined` for what is no IP, and for replies:
 * they come from its own addresses.
 */
export function handedTo(config: DirectorConfig, packet: Packet): Packet | undefined {
  const ip = networkPacket(packet);
  const [port] = config.interfaces;
  if (ip === undefined || port === undefined) return undefined;
  const isIpv4 = (ip[0] ?? 0) >>> 4 === 4;
  const view = new DataView(ip.buffer, ip.byteOffset, ip.length);
  const source = isIpv4 ? addressAt(view, IPV4_SOURCE, AF_INET) : addressAt(view, IPV6_SOURCE, AF_INET6);
  if (port.addresses.some(({ address }) => sameAddress(address, source))) return undefined;
  const bytes = new Uint8Array(ETHERNET_HEADER + ip.length);
  writeMac(new DataView(bytes.buffer), 0, macOfInterface(config, port.name));
  bytes.set(SENDER, ETHERNET_SOURCE);
  new DataView(bytes.buffer).setUint16(ETHERNET_TYPE, isIpv4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
  bytes.set(ip, ETHERNET_HEADER);
  const originalLength = Math.max(bytes.length, packet.originalLength - packet.bytes.length + bytes.length);
  const link = { ...packet.interface, linkType: ETHERNET, name: port.name };
  return { ...packet, bytes, originalLength, interface: link };
}

export function directorFor(...rules: readonly [RulesConfig, ...RulesConfig[]]): DirectorConfig {
  const addresses = new Map<string, Address>();
  for (const line of rules.flatMap(ruleLines)) {
    const [, service = ""] = /(?:-t|-u|--tcp-service|--udp-service|--sctp-service)[\s=]+(\S+)/.exec(line) ?? [];
    const address = parseEndpoint(service)?.address;
    if (address !== undefined) addresses.set(formatAddress(address), address);
  }
  const dev = "eth0";
  return {
    interfaces: [
      {
        name: dev,
        mtu: 1500,
        addresses: [...addresses.values()].map((address) => ({ address, prefix: longestPrefix(address.family) })),
      },
    ],
    routes: [ANY, ANY_IPV6].map((address) => ({ to: { address, prefix: 0 }, dev })),
    neighbors: [],
    marks: [],
    sysctl: {},
    rules: rules[0],
  };
}
