/** A situation, as a story (test/support/story.ts), and the words that the causes of its last packet must have, or must not. */

import { sentence } from "../../../../../src/core/explain/sentences/sentences.ts";
import type { MarkConfig } from "../../../../../src/core/host/config/config.ts";
import type { WalkEvent } from "../../../../../src/core/trace/events.ts";
import { type Address, parseAddress } from "../../../../../src/core/wire/address.ts";
import type { StoryConfig } from "../../../../support/story.ts";

export interface Situation {
  readonly lines: readonly string[];
  readonly config?: StoryConfig;
  readonly says: readonly string[];
  readonly not?: readonly string[];
}

/** By what it is. */
export type Situations = Readonly<Record<string, Situation>>;

export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

/** A rule that marks packets to an address and port. */
export const mark = (text: string, protocol: 6 | 17, port: number, value: number): MarkConfig => {
  const address = addressOf(text);
  const prefix = text.includes(":") ? 128 : 32;
  return { protocol, destination: { address, prefix }, portFirst: port, portLast: port, mark: value };
};

export const NAT = ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m"];
export const NAT2 = [...NAT, "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m"];
export const UDP = [
  "ipvsadm -A -u 12.11.0.101:53 -s rr",
  "ipvsadm -a -u 12.11.0.101:53 -r 172.16.1.2 -m",
  "ipvsadm -a -u 12.11.0.101:53 -r 172.16.1.3 -m",
];
export const DR = ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -g"];
export const TUN = ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -i"];
export const C = "12.11.0.10:40000 > 12.11.0.101:80";
/** A connection by NAT whose client has ended its side. */
export const CLIENT_ENDED = [
  ...NAT,
  `1 eth0 tcp ${C} S`,
  "1.1 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 S.",
  `1.2 eth0 tcp ${C} .`,
  `1.3 eth0 tcp ${C} F.`,
];

export const FTP = (method: string): string[] => [
  "ipvsadm -A -t 12.11.0.101:21 -s rr",
  `ipvsadm -a -t 12.11.0.101:21 -r 172.16.1.2 ${method}`,
  "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:21 S",
];
export const IPV6 = { addresses: ["fd00:1::1/64", "fd00:1::100/128", "fd00:2::1/64"] };
export const NAT6 = ["ipvsadm -A -t [fd00:1::100]:80 -s rr", "ipvsadm -a -t [fd00:1::100]:80 -r [fd00:2::2]:80 -m"];
export const QUIC = [
  "ipvsadm -A -u 12.11.0.101:443 -s rr",
  "ipvsadm -a -u 12.11.0.101:443 -r 172.16.1.2 -m",
  "ipvsadm -a -u 12.11.0.101:443 -r 172.16.1.3 -m",
];

export const causesIn = (events: readonly WalkEvent[]): string =>
  events.flatMap((event) => (event.kind === "cause" ? [sentence(event)] : [])).join("\n");
