/** One message of a ladder: the label for its arrow, the packet with what changed in it, and why it was lost, if it was. */
import { AF_INET, AF_INET6, formatAddress, formatEndpoint, sameAddress } from "../wire/address.ts";
import { ARP_REQUEST } from "../wire/arp.ts";
import { macText } from "../wire/ethernet.ts";
import { DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED } from "../wire/icmp.ts";
import { ICMPV6_UNREACHABLE, PACKET_TOO_BIG } from "../wire/icmpv6.ts";
import { ACK, FIN, RST, SYN } from "../wire/tcp.ts";
import { type DirectorTalk, directorTalkIn, talkLabel, talkLines } from "./decode/between-directors.ts";
import type { ArpFacts, FrameFacts } from "./decode/facts.ts";
import type { HeaderFacts, IcmpFacts } from "./decode/packet-facts.ts";
import type { End, FlowStep } from "./flow.ts";
import { isForMany, tellingReceptions } from "./receptions.ts";
import { addressesLine, chunkName, discoveryLine, icmpWord, icmpWords, lifeWord } from "./summary.ts";

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
  readonly kind: "arp" | "tcp" | "udp" | "sctp" | "icmp" | "vrrp" | "sync" | "group" | "other";
  /** A few letters for the arrow: `SYN`, `SYN ACK`, `GET /`, `571 bytes`. */
  readonly label: string;
  /** The tunnel's header, the packet, and what else there is to say; each a line. */
  readonly lines: readonly (readonly Piece[])[];
  readonly ttl: number | undefined;
  /** The same with its name: `ttl 63`, `hop limit 63`; empty where there is none. */
  readonly life: string;
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
  const first = facts.ip?.headers[0];
  const talk = directorTalkIn(facts, hop.bytes);
  const place = (name: string): number[] => {
    const found = places.get(name);
    return found === undefined ? [] : [found];
  };
  return {
    hop: hop.number,
    time: hop.time,
    from: place(hop.from)[0] ?? 0,
    to: receiversOf(step, talk).flatMap(place),
    kind: talk?.kind ?? (facts.arp === undefined ? (facts.ip?.transport?.kind ?? "other") : "arp"),
    label: labelOf(facts, hop.bytes),
    lines: [...linesOf(step), ...(talk === undefined ? [] : talkLines(talk).map((text) => [plain(text)]))],
    ttl: first?.ttl,
    life: first === undefined ? "" : lifeWord(first),
    sourceMac: macText(facts.sourceMac),
    destinationMac: macText(facts.destinationMac),
    forwarded: step.before !== undefined,
    macOnly: step.changes?.macOnly === true,
    lost: lostAt(step),
    again: [],
  };
}

/** Of a frame for a group those that joined it. */
const receiversOf = ({ hop }: FlowStep, talk: DirectorTalk | undefined): readonly string[] =>
  talk === undefined || !isForMany(hop) || hop.receptions.length < hop.to.length
    ? hop.to
    : tellingReceptions(hop).map(({ host }) => host);

const plain = (text: string): Piece => ({ text, changed: false });

function linesOf({ facts, inside, outer, changes }: FlowStep): Piece[][] {
  if (facts.arp !== undefined) return [[plain(arpText(facts))]];
  if (inside === undefined) return [[plain("not IP")]];
  const discovery = facts.ip?.transport?.kind === "icmp" ? facts.ip.transport.discovery : undefined;
  if (discovery !== undefined) {
    const tell = discovery.asks ? ` tell ${endText(inside.source)}` : "";
    return [[plain(`${discoveryLine(discovery)}${tell}`)]];
  }
  const lines: Piece[][] = [];
  if (outer !== undefined) {
    lines.push([{ text: tunnelText(outer), changed: changes?.wrapped === true }]);
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
function icmpLines(message: IcmpFacts): Piece[][] {
  const { quoted } = message;
  const lines = [[plain(icmpWords(message))]];
  const [outer, inner] = quoted?.headers ?? [];
  if (outer === undefined) return lines;
  const what = inner === undefined ? addressesLine(outer, quoted?.transport) : tunnelText(outer);
  lines.push([plain(`about ${what}`)]);
  return lines;
}

const tunnelText = ({ tunnel, source, destination }: HeaderFacts): string =>
  `${tunnel?.name ?? "IP"} ${formatAddress(source)} > ${formatAddress(destination)}`;

export const endText = ({ address, port }: End): string =>
  port === undefined ? formatAddress(address) : formatEndpoint(address, port);

function arpText({ arp }: FrameFacts): string {
  if (arp === undefined) return "";
  if (isGratuitous(arp)) return `${formatAddress(arp.senderIp)} is at ${macText(arp.senderMac)} from now on`;
  return arp.operation === ARP_REQUEST
    ? `who has ${formatAddress(arp.targetIp)}? tell ${formatAddress(arp.senderIp)}`
    : `${formatAddress(arp.senderIp)} is at ${macText(arp.senderMac)}`;
}

/** A few letters for a frame of these facts: `SYN`, `SYN ACK`, `GET /`, `571 bytes`. */
export function labelOf(facts: FrameFacts, bytes: Uint8Array): string {
  const { arp, ip } = facts;
  if (arp !== undefined) return arp.operation !== ARP_REQUEST ? "ARP" : isGratuitous(arp) ? "ARP!" : "ARP?";
  const talk = directorTalkIn(facts, bytes);
  if (talk !== undefined) return talkLabel(talk);
  const transport = ip?.transport;
  switch (transport?.kind) {
    case "tcp":
      return transport.payload > 0 ? payloadLabel(bytes, transport.payload) : flagsLabel(transport.flags ?? 0);
    case "udp":
      return `UDP ${transport.payload}`;
    case "sctp":
      return chunkName(transport.chunk);
    case "icmp":
      return icmpLabel(transport);
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

function icmpLabel(message: IcmpFacts): string {
  const { family, type, code, discovery } = message;
  if (discovery !== undefined) return discovery.asks ? "ND?" : "ND";
  const isUnreachable = type === (family === AF_INET ? DESTINATION_UNREACHABLE : ICMPV6_UNREACHABLE);
  if (family === AF_INET && isUnreachable && code === FRAGMENTATION_NEEDED) return "frag needed";
  if (family === AF_INET6 && type === PACKET_TOO_BIG) return "too big";
  return isUnreachable ? "unreachable" : icmpWord(message);
}

/** Whether it tells where an address is that nobody asked for: its sender looks for itself (RFC 5227, section 3). */
export const isGratuitous = ({ operation, senderIp, targetIp }: ArpFacts): boolean =>
  operation === ARP_REQUEST && sameAddress(senderIp, targetIp);

/** Verdicts that mean the frame was of no use. */
const NOT_LOST = new Set(["sent", "delivered", "parked", "held"]);

const LOST_WORDS: Readonly<Record<string, string>> = {
  "reverse-path": "dropped: rp_filter, the path back to the source is another one",
  "too-big": "dropped: too big, and DF is set",
  "tunnel-error": "",
  "host-down": "nobody is there",
  firewall: "dropped by a firewall",
};

function lostAt({ hop, facts }: FlowStep): string {
  const lost = tellingReceptions(hop).find(({ verdict }) => !NOT_LOST.has(verdict));
  // IPv6 has no DF, and routers never cut it.
  if (lost?.verdict === "too-big" && facts.ip?.headers[0]?.family === AF_INET6) return "dropped: too big";
  return lost === undefined ? "" : (LOST_WORDS[lost.verdict] ?? `dropped: ${lost.verdict}`);
}
