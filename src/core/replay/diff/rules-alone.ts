/** A director for rules that come without one: it has all virtual addresses, and reaches everybody. */

import { parseEndpoint } from "../../capture/expectation.ts";
import type { DirectorConfig, RulesConfig } from "../../host/config/config.ts";
import { type Address, ANY, ANY_IPV6, formatAddress, longestPrefix } from "../../wire/address.ts";
import { ruleLines } from "../rules.ts";

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
