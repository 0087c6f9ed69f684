/** The way back: a frame as the words that make it. */
import { type Address, formatAddress, formatEndpoint } from "../wire/address.ts";
import { ARP_REQUEST } from "../wire/arp.ts";
import { BROADCAST, ETHERNET_SOURCE, macAt, macText } from "../wire/ethernet.ts";
import { DONT_FRAGMENT, FRAGMENT_OFFSET, MORE_FRAGMENTS } from "../wire/ipv4.ts";
import { flagsText } from "../wire/tcp.ts";
import { ipOptionWords } from "./ip-option-words.ts";
import {
  groupMacOf,
  hasPorts,
  isTunnel,
  type MadeUpPacket,
  PacketError,
  plainPacket,
  usualLinkLayer,
  usualRest,
  usualTtl,
} from "./made-up-packet.ts";
import { packetBytes, sumOf } from "./packet-bytes.ts";
import { ICMP_MESSAGES, ICMPV6_MESSAGES, SCTP_CHUNKS } from "./packet-words.ts";
import { readFrame } from "./read-frame.ts";
import { parsePacket } from "./read-packet.ts";
import { bytesWord, formatHex } from "./words.ts";

/** Ethernet addresses that need no words: those that the reader of the words would give. */
export interface UsualMacs {
  readonly source: number;
  readonly destination: number;
}

type UsualMacsOf = (ends: Pick<MadeUpPacket, "source" | "destination">) => UsualMacs;

/**
 * The words of a frame: those that make the same bytes again, to the last one. `undefined` where no words do, as for two
 * SCTP chunks. `usual` are the MAC addresses that go without saying, by the packet's ends.
 */
export function packetWords(
  bytes: Uint8Array,
  usual: UsualMacsOf = () => ({ source: -1, destination: -1 }),
): string | undefined {
  const tunnel = sameWords(readFrame(bytes), bytes, usual);
  // What is in a tunnel of GUE may be what no word stands for: then it is the data of a datagram.
  return tunnel ?? sameWords(readFrame(bytes, true), bytes, usual);
}

function sameWords(packet: MadeUpPacket | undefined, bytes: Uint8Array, usual: UsualMacsOf): string | undefined {
  if (packet === undefined) return undefined;
  const macs = usual(packet);
  const own = macAt(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), ETHERNET_SOURCE);
  const words = wordsOf(packet, own, macWords(packet, bytes, macs)).join(" ");
  return makesSame(words, bytes, macs) ? words : undefined;
}

function makesSame(words: string, bytes: Uint8Array, macs: UsualMacs): boolean {
  try {
    const made = packetBytes(parsePacket(words), Math.max(0, macs.source), Math.max(0, macs.destination));
    return made.length === bytes.length && made.every((byte, at) => byte === bytes[at]);
  } catch (error) {
    if (error instanceof PacketError) return false;
    throw error;
  }
}

function macWords({ protocol, operation, destination }: MadeUpPacket, bytes: Uint8Array, usual: UsualMacs): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [to, from] = [macAt(view, 0), macAt(view, ETHERNET_SOURCE)];
  const asksAll = protocol === "arp" && operation === ARP_REQUEST && to === BROADCAST;
  return [
    ...(from === usual.source ? [] : ["from", macText(from)]),
    ...(to === (groupMacOf(destination) ?? usual.destination) || asksAll ? [] : ["to", macText(to)]),
  ];
}

/**
 * The words of a packet, of what is not as plainPacket has it; `own` is the MAC address that its frame comes from, and
 * `macs` what has to be said of its addresses. What is in it takes the rest of the words.
 */
function wordsOf(packet: MadeUpPacket, own: number, macs: readonly string[] = []): string[] {
  const { protocol, source, destination, about } = packet;
  const end = (address: Address, port: number): string =>
    hasPorts(packet) ? formatEndpoint(address, port) : formatAddress(address);
  const inside = about === undefined ? [] : [isTunnel(packet) ? "carrying" : "about", ...wordsOf(about, own)];
  return [
    protocol,
    end(source, packet.sourcePort),
    ">",
    end(destination, packet.destinationPort),
    ...messageWords(packet, own),
    ...(packet.checked ? ["checksum"] : []),
    ...numberWords(packet),
    ...fragmentWords(packet),
    ...sumWords(packet),
    ...macs,
    ...inside,
  ];
}

function messageWords(packet: MadeUpPacket, own: number): string[] {
  const { protocol, icmpType, icmpCode, icmpRest } = packet;
  if (protocol === "tcp") return [flagsText(packet.flags)];
  if (protocol === "sctp") return [nameOf(SCTP_CHUNKS, (chunk) => chunk === packet.chunk)];
  if (protocol === "arp") return [packet.operation === ARP_REQUEST ? "request" : "reply"];
  if (protocol !== "icmp" && protocol !== "icmpv6") return [];
  const name = nameOf(
    protocol === "icmp" ? ICMP_MESSAGES : ICMPV6_MESSAGES,
    ([type, code]) => type === icmpType && code === icmpCode,
  );
  if (name === "frag-needed" || name === "too-big") return [name, String(icmpRest)];
  const rest = icmpRest === usualRest(packet) ? [] : ["rest", hex(icmpRest)];
  return packet.target === undefined
    ? [name, ...rest]
    : [name, formatAddress(packet.target), ...linkLayerWords(packet, own), ...rest];
}

function linkLayerWords(packet: MadeUpPacket, own: number): string[] {
  const linkLayer = packet.linkLayer === own ? "own" : packet.linkLayer;
  if (linkLayer === usualLinkLayer(packet)) return [];
  return ["mac", typeof linkLayer === "number" ? macText(linkLayer) : linkLayer];
}

/** `?` for what has no name: such words are no packet's. */
const nameOf = <Value>(names: Readonly<Record<string, Value>>, is: (value: Value) => boolean): string =>
  Object.entries(names).find(([, value]) => is(value))?.[0] ?? "?";

const hex = (value: number): string => `0x${value.toString(16)}`;

function numberWords(packet: MadeUpPacket): string[] {
  const plain = plainPacket(packet);
  const numbers = [
    ["tag", packet.tag, plain.tag],
    ["spi", packet.spi, plain.spi],
    ["seq", packet.sequence, plain.sequence],
    ["ack", packet.acknowledgement, plain.acknowledgement],
    ["win", packet.window, plain.window],
    ["mss", packet.mss, plain.mss],
    ["ttl", packet.ttl, usualTtl(packet)],
    ["tos", packet.tos, plain.tos],
    ["label", packet.flowLabel, plain.flowLabel],
    ["id", packet.identification, plain.identification],
  ] as const;
  const said = numbers.flatMap(([word, value, usual]) => (value === usual ? [] : [word, String(value)]));
  const options = packet.options === undefined ? [] : ["options", `0x${formatHex(packet.options)}`];
  const data = packet.data === undefined ? [] : ["data", bytesWord(packet.data)];
  const length = packet.data === undefined && packet.length > 0 ? ["len", String(packet.length)] : [];
  return [...said, ...options, ...ipOptions(packet), ...length, ...data];
}

function ipOptions({ ipOptions: bytes }: MadeUpPacket): readonly string[] {
  if (bytes === undefined) return [];
  return ipOptionWords(bytes) ?? ["ip-options", `0x${formatHex(bytes)}`];
}

function fragmentWords({ fragment }: MadeUpPacket): string[] {
  const df = (fragment & DONT_FRAGMENT) !== 0 ? ["df"] : [];
  if ((fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) === 0) return df;
  const more = (fragment & MORE_FRAGMENTS) !== 0 ? "+" : "";
  return [...df, "frag", `${(fragment & FRAGMENT_OFFSET) * 8}${more}`];
}

/** Nothing where the checksum is right. */
function sumWords(packet: MadeUpPacket): string[] {
  if (typeof packet.sum !== "number" || (packet.fragment & FRAGMENT_OFFSET) !== 0) return [];
  const { sum } = packet;
  for (const usual of ["right", "wrong", "partial"] as const)
    if (sumOf({ ...packet, sum: usual }) === sum) return usual === "right" ? [] : [SUM_WORDS[usual]];
  return ["sum", hex(sum)];
}

const SUM_WORDS = { wrong: "badsum", partial: "partial" } as const;
