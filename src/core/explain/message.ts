/** One message of a ladder: the label for its arrow, the packet with what changed in it, and why it was lost, if it was. */
import type { Hop } from "../simulator/network.ts";
import { formatIpv4 } from "../wire/address.ts";
import { ARP_REQUEST } from "../wire/arp.ts";
import { macText } from "../wire/ethernet.ts";
import { DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, icmpName } from "../wire/icmp.ts";
import { ACK, FIN, RST, SYN } from "../wire/tcp.ts";
import type { FrameFacts, IcmpFacts } from "./facts.ts";
import type { End, FlowStep } from "./flow.ts";
import { addressesLine, chunkName } from "./summary.ts";

/** A piece of a line about a packet; `changed` if the host that sent it made it other than it came. */
export interface Piece {
  readonly text: string;
  readonly changed: boolean;
}

/** A frame from one lifeline to another, or to all others. */
export interface Message {
  /** Number of the hop in the network's record. */
  readonly hop: number;
  /** Microseconds. */
  readonly time: number;
  /** Places in `lifelines`. */
  readonly from: number;
  readonly to: readonly number[];
  readonly kind: "arp" | "tcp" | "udp" | "sctp" | "icmp" | "other";
  /** A few letters for the arrow: `SYN`, `SYN ACK`, `GET /`, `571 bytes`. */
  readonly label: string;
  /** The tunnel's header, the packet, and what else there is to say; each a line. */
  readonly lines: readonly (readonly Piece[])[];
  readonly ttl: number | undefined;
  readonly sourceMac: string;
  readonly destinationMac: string;
  /** The same packet one hop before came to this message's sender. */
  readonly forwarded: boolean;
  /** Nothing but MAC addresses and TTL is other than one hop before. */
  readonly macOnly: boolean;
  /** Why the receiver did nothing with it; empty if it did. */
  readonly lost: string;
  /** Microseconds at which the very same was said once more. */
  readonly again: readonly number[];
}

/** The message that a hop is; `places` are the lifelines by name. */
export function messageOf(step: FlowStep, places: ReadonlyMap<string, number>): Message {
  const { hop, facts } = step;
  const place = (name: string): number[] => {
    const found = places.get(name);
    return found === undefined ? [] : [found];
  };
  return {
    hop: hop.number,
    time: hop.time,
    from: place(hop.from)[0] ?? 0,
    to: hop.to.flatMap(place),
    kind: facts.arp === undefined ? (facts.ip?.transport?.kind ?? "other") : "arp",
    label: labelOf(facts, hop),
    lines: linesOf(step),
    ttl: facts.ip?.headers[0]?.ttl,
    sourceMac: macText(facts.sourceMac),
    destinationMac: macText(facts.destinationMac),
    forwarded: step.before !== undefined,
    macOnly: step.changes?.macOnly === true,
    lost: lostAt(hop),
    again: [],
  };
}

const plain = (text: string): Piece => ({ text, changed: false });

function linesOf({ facts, inside, outer, changes }: FlowStep): Piece[][] {
  if (facts.arp !== undefined) return [[plain(arpText(facts))]];
  if (inside === undefined) return [[plain("not IPv4")]];
  const lines: Piece[][] = [];
  if (outer !== undefined) {
    const text = `${outer.tunnel ?? "IPv4"} ${formatIpv4(outer.source)} > ${formatIpv4(outer.destination)}`;
    lines.push([{ text, changed: changes?.wrapped === true }]);
  }
  lines.push([
    { text: endText(inside.source), changed: changes?.source === true },
    plain(" > "),
    { text: endText(inside.destination), changed: changes?.destination === true },
  ]);
  if (facts.ip?.transport?.kind === "icmp") lines.push(...icmpLines(facts.ip.transport));
  return lines;
}

/** What an ICMP message says, and the packet it is about. */
function icmpLines({ type, code, rest, quoted }: IcmpFacts): Piece[][] {
  const mtu = type === DESTINATION_UNREACHABLE && code === FRAGMENTATION_NEEDED ? `, mtu ${rest & 0xffff}` : "";
  const lines = [[plain(`${icmpName(type, code)}${mtu}`)]];
  const [outer, inner] = quoted?.headers ?? [];
  if (outer === undefined) return lines;
  const tunnel =
    inner === undefined
      ? ""
      : `${outer.tunnel ?? "IPv4"} ${formatIpv4(outer.source)} > ${formatIpv4(outer.destination)}`;
  lines.push([plain(`about ${tunnel || addressesLine(outer, quoted?.transport)}`)]);
  return lines;
}

const endText = ({ address, port }: End): string => `${formatIpv4(address)}${port === undefined ? "" : `:${port}`}`;

function arpText({ arp }: FrameFacts): string {
  if (arp === undefined) return "";
  return arp.operation === ARP_REQUEST
    ? `who has ${formatIpv4(arp.targetIp)}? tell ${formatIpv4(arp.senderIp)}`
    : `${formatIpv4(arp.senderIp)} is at ${macText(arp.senderMac)}`;
}

function labelOf({ arp, ip }: FrameFacts, hop: Hop): string {
  if (arp !== undefined) return arp.operation === ARP_REQUEST ? "ARP?" : "ARP";
  const transport = ip?.transport;
  switch (transport?.kind) {
    case "tcp":
      return transport.payload > 0 ? payloadLabel(hop.bytes, transport.payload) : flagsLabel(transport.flags ?? 0);
    case "udp":
      return `UDP ${transport.payload}`;
    case "sctp":
      return chunkName(transport.chunk);
    case "icmp":
      return icmpLabel(transport.type, transport.code);
    default:
      return "IP";
  }
}

function flagsLabel(flags: number): string {
  const names: readonly (readonly [number, string])[] = [
    [SYN, "SYN"],
    [FIN, "FIN"],
    [RST, "RST"],
    [ACK, "ACK"],
  ];
  return names
    .filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(" ");
}

/** The first words of HTTP, or how much there is. */
function payloadLabel(bytes: Uint8Array, payload: number): string {
  const text = Array.from(bytes.subarray(bytes.length - payload, bytes.length - payload + 16), (byte) =>
    String.fromCharCode(byte),
  ).join("");
  const page = /^GET (\S+)/.exec(text)?.[1];
  const status = /^HTTP\/1\.0 (\d+ \w+)/.exec(text)?.[1];
  if (payload > 100) return `${payload} bytes`;
  return page !== undefined ? `GET ${page}` : (status ?? `${payload} bytes`);
}

function icmpLabel(type: number, code: number): string {
  if (type !== DESTINATION_UNREACHABLE) return icmpName(type, code);
  return code === FRAGMENTATION_NEEDED ? "frag needed" : "unreachable";
}

/** Verdicts that mean the frame was of no use. */
const NOT_LOST = new Set(["sent", "delivered", "parked", "held", "not-for-us", "arp-not-for-us"]);

const LOST_WORDS: Readonly<Record<string, string>> = {
  "reverse-path": "dropped: rp_filter, the way back to the source is another one",
  "too-big": "dropped: too big, and DF is set",
  "tunnel-error": "",
  "host-down": "nobody is there",
  firewall: "dropped by a firewall",
};

function lostAt({ receptions }: Hop): string {
  const lost = receptions.find(({ verdict }) => !NOT_LOST.has(verdict));
  return lost === undefined ? "" : (LOST_WORDS[lost.verdict] ?? `dropped: ${lost.verdict}`);
}
