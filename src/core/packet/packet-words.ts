/** The words for messages, chunks and flags, as packets in words have them: for reading and for writing. */
import {
  DESTINATION_UNREACHABLE,
  ECHO_REPLY,
  ECHO_REQUEST,
  FRAGMENTATION_NEEDED,
  HOST_UNREACHABLE,
  NETWORK_UNREACHABLE,
  PORT_UNREACHABLE,
  PROTOCOL_UNREACHABLE,
  TIME_EXCEEDED,
  TTL_EXCEEDED,
} from "../wire/icmp.ts";
import {
  ADDRESS_UNREACHABLE,
  HOP_LIMIT_EXCEEDED,
  ICMPV6_ECHO_REPLY,
  ICMPV6_ECHO_REQUEST,
  ICMPV6_PORT_UNREACHABLE,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_UNREACHABLE,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  NO_ROUTE,
  PACKET_TOO_BIG,
  PROHIBITED,
} from "../wire/icmpv6.ts";
import { ACK, FIN, PSH, RST, SYN } from "../wire/tcp.ts";

/** The grammar in short, for the help of commands. made-up-packet.ts has all of it. */
export const PACKET_GRAMMAR = `A made-up packet:
  tcp A:P > B:P [FLAGS] [seq N] [ack N] [win N] [mss N]     FLAGS as tcpdump prints them: S, S., P., F., R
  udp A:P > B:P
  sctp A:P > B:P [data|init|heartbeat|...] [tag N]
  icmp A > B echo|reply|net-unreachable|host-unreachable|protocol-unreachable|port-unreachable|frag-needed MTU|ttl-exceeded [about PACKET]
  icmpv6 A > B echo|reply|no-route|prohibited|address-unreachable|port-unreachable|too-big MTU|hop-limit-exceeded [about PACKET]
  icmpv6 A > B ns|na TARGET [mac M|none]
  esp|ah A > B [spi N] [seq N];  arp A > B request|reply
  ipip A > B carrying PACKET;  gre A > B [checksum] carrying PACKET;  gue A:P > B:6080 carrying PACKET
  and for each: len N, data "TEXT", data 0xHEX, ttl N, tos N, id N, df, frag OFFSET[+], piece N of BYTES, badsum, sum N, partial,
  on DEV, mark N, from MAC, to MAC, record-route N, timestamp N, loose A,B, strict A,B, router-alert, ip-options 0xHEX
  IPv6: tcp [2001:db8::1]:40000 > [2001:db8::100]:80 S; ttl is the hop limit, tos the traffic class, label N the flow label`;

/** Type and code of each message. */
export type Messages = Readonly<Record<string, readonly [number, number]>>;

export const ICMP_MESSAGES: Messages = {
  echo: [ECHO_REQUEST, 0],
  reply: [ECHO_REPLY, 0],
  "net-unreachable": [DESTINATION_UNREACHABLE, NETWORK_UNREACHABLE],
  "host-unreachable": [DESTINATION_UNREACHABLE, HOST_UNREACHABLE],
  "protocol-unreachable": [DESTINATION_UNREACHABLE, PROTOCOL_UNREACHABLE],
  "port-unreachable": [DESTINATION_UNREACHABLE, PORT_UNREACHABLE],
  "frag-needed": [DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED],
  "ttl-exceeded": [TIME_EXCEEDED, TTL_EXCEEDED],
};

export const ICMPV6_MESSAGES: Messages = {
  echo: [ICMPV6_ECHO_REQUEST, 0],
  reply: [ICMPV6_ECHO_REPLY, 0],
  "no-route": [ICMPV6_UNREACHABLE, NO_ROUTE],
  prohibited: [ICMPV6_UNREACHABLE, PROHIBITED],
  "address-unreachable": [ICMPV6_UNREACHABLE, ADDRESS_UNREACHABLE],
  "port-unreachable": [ICMPV6_UNREACHABLE, ICMPV6_PORT_UNREACHABLE],
  "too-big": [PACKET_TOO_BIG, 0],
  "hop-limit-exceeded": [ICMPV6_TIME_EXCEEDED, HOP_LIMIT_EXCEEDED],
  ns: [NEIGHBOR_SOLICITATION, 0],
  na: [NEIGHBOR_ADVERTISEMENT, 0],
};

/** Types of the first chunk (RFC 9260, section 3.2). */
export const SCTP_CHUNKS: Readonly<Record<string, number>> = {
  data: 0,
  init: 1,
  "init-ack": 2,
  sack: 3,
  heartbeat: 4,
  "heartbeat-ack": 5,
  abort: 6,
  shutdown: 7,
  "shutdown-ack": 8,
  error: 9,
  "cookie-echo": 10,
  "cookie-ack": 11,
  "shutdown-complete": 14,
};

const FLAGS: Readonly<Record<string, number>> = {
  S: SYN,
  F: FIN,
  R: RST,
  P: PSH,
  U: 0x20,
  E: 0x40,
  W: 0x80,
  ".": ACK,
  A: ACK,
};

/** The bits of flags as tcpdump prints them, or with A for the acknowledgement; `none` for no flag at all. */
export function flagsOf(word: string): number | undefined {
  if (word === "none") return 0;
  const bits = [...word].map((letter) => (Object.hasOwn(FLAGS, letter) ? FLAGS[letter] : undefined));
  return bits.length === 0 || bits.includes(undefined)
    ? undefined
    : bits.reduce((flags: number, bit) => flags | (bit ?? 0), 0);
}
