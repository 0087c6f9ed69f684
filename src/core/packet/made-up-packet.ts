/**
 * A packet in words, as people make one up: `tcp 10.1.0.1:40000 > 10.1.0.100:80 S df ttl 3`.
 *
 *   tcp A:P > B:P [FLAGS] [seq N] [ack N] [win N] [mss N]     FLAGS as tcpdump: S F R P U E W and . (or A); S by default
 *   udp A:P > B:P
 *   icmp A > B echo | reply | net-unreachable | host-unreachable | port-unreachable | frag-needed MTU | ttl-exceeded
 *        [about PACKET]                                       what an error quotes; it takes the rest of the words
 *   icmpv6 A > B echo | reply | no-route | prohibited | address-unreachable | port-unreachable | too-big MTU | hop-limit-exceeded
 *        [about PACKET]
 *   any: len N (bytes of data), ttl N, tos N, id N, df, frag OFFSET or frag OFFSET+ (more follow), badsum, on DEV, mark N
 *
 * Of IPv6, an address with a port stands in brackets: `tcp [2001:db8::1]:40000 > [2001:db8::2]:80 S`. There ttl is the hop limit and
 * tos the traffic class, label N is the flow label, frag makes a fragment header, id is its identification, and nothing has df.
 * Numbers are decimal, or hexadecimal behind 0x.
 */
import { type Address, AF_INET, AF_INET6, type Family, parseAddress } from "../wire/address.ts";
import {
  DESTINATION_UNREACHABLE,
  ECHO_REPLY,
  ECHO_REQUEST,
  FRAGMENTATION_NEEDED,
  HOST_UNREACHABLE,
  NETWORK_UNREACHABLE,
  PORT_UNREACHABLE,
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
  isIcmpv6Error,
  NO_ROUTE,
  PACKET_TOO_BIG,
  PROHIBITED,
} from "../wire/icmpv6.ts";
import { DONT_FRAGMENT, MORE_FRAGMENTS } from "../wire/ipv4.ts";
import { ACK, FIN, PSH, RST, SYN } from "../wire/tcp.ts";

export type MadeUpProtocol = "tcp" | "udp" | "icmp" | "icmpv6";

export interface MadeUpPacket {
  protocol: MadeUpProtocol;
  /** Both of one family. */
  source: Address;
  sourcePort: number;
  destination: Address;
  destinationPort: number;
  flags: number;
  sequence: number;
  acknowledgement: number;
  window: number;
  /** 0 for no option. */
  mss: number;
  /** Bytes of data. */
  length: number;
  /** Or the hop limit. */
  ttl: number;
  /** Or the traffic class. */
  tos: number;
  /** IPv6 only. */
  flowLabel: number;
  /** Of IPv6, that of a fragment. */
  identification: number;
  /** Flags and offset as an IPv4 header has them. */
  fragment: number;
  /** The transport checksum is wrong by one. */
  badSum: boolean;
  icmpType: number;
  icmpCode: number;
  icmpRest: number;
  /** What an ICMP error quotes. */
  about: MadeUpPacket | undefined;
  /** The interface it arrives on; where the way back to its source leads if none is named. */
  dev: string | undefined;
  /** Firewall mark, 0 for none. */
  mark: number;
}

/** Thrown for a word that cannot be; `message` names it and what was expected. */
export class PacketError extends Error {
  override readonly name = "PacketError";
}

type Messages = Readonly<Record<string, readonly [number, number]>>;

const ICMP_MESSAGES: Messages = {
  echo: [ECHO_REQUEST, 0],
  reply: [ECHO_REPLY, 0],
  "net-unreachable": [DESTINATION_UNREACHABLE, NETWORK_UNREACHABLE],
  "host-unreachable": [DESTINATION_UNREACHABLE, HOST_UNREACHABLE],
  "port-unreachable": [DESTINATION_UNREACHABLE, PORT_UNREACHABLE],
  "frag-needed": [DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED],
  "ttl-exceeded": [TIME_EXCEEDED, TTL_EXCEEDED],
};

const ICMPV6_MESSAGES: Messages = {
  echo: [ICMPV6_ECHO_REQUEST, 0],
  reply: [ICMPV6_ECHO_REPLY, 0],
  "no-route": [ICMPV6_UNREACHABLE, NO_ROUTE],
  prohibited: [ICMPV6_UNREACHABLE, PROHIBITED],
  "address-unreachable": [ICMPV6_UNREACHABLE, ADDRESS_UNREACHABLE],
  "port-unreachable": [ICMPV6_UNREACHABLE, ICMPV6_PORT_UNREACHABLE],
  "too-big": [PACKET_TOO_BIG, 0],
  "hop-limit-exceeded": [ICMPV6_TIME_EXCEEDED, HOP_LIMIT_EXCEEDED],
};

/** What an ICMP message of a family may be; undefined for other protocols. */
const messagesOf = (protocol: MadeUpProtocol): Messages | undefined =>
  protocol === "icmp" ? ICMP_MESSAGES : protocol === "icmpv6" ? ICMPV6_MESSAGES : undefined;

const FLAG_LETTERS: Readonly<Record<string, number>> = {
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
const LARGEST_DATA = 65_000;

/** Reads a packet's words. Throws PacketError. */
export function parsePacket(text: string): MadeUpPacket {
  const words = text.replaceAll(">", " > ").split(/\s+/).filter(Boolean);
  if (words.length === 0) throw new PacketError("expected a packet, such as tcp 10.1.0.1:40000 > 10.1.0.100:80 S");
  return new PacketReader(words).read();
}

class PacketReader {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  read(): MadeUpPacket {
    const packet = this.#head();
    while (this.#at < this.#words.length) this.#option(packet);
    const messages = messagesOf(packet.protocol);
    if (messages !== undefined && packet.icmpType < 0)
      throw this.#expected(`a message: ${Object.keys(messages).join(", ")}`);
    if (packet.about === undefined && isError(packet))
      throw this.#expected("about and the packet that the error quotes");
    return packet;
  }

  #head(): MadeUpPacket {
    const protocol = this.#protocol();
    const family = protocol === "icmp" ? AF_INET : protocol === "icmpv6" ? AF_INET6 : undefined;
    const [source, sourcePort] = this.#end(protocol, "a source", family);
    if (this.#next() !== ">") throw this.#expected(">", -1);
    const [destination, destinationPort] = this.#end(protocol, "a destination", source.family);
    return {
      ...DEFAULTS,
      protocol,
      source,
      sourcePort,
      destination,
      destinationPort,
      flags: protocol === "tcp" ? SYN : 0,
    };
  }

  #next(): string | undefined {
    return this.#words[this.#at++];
  }

  /** An error about the word at `offset` from the next one. */
  #expected(what: string, offset = 0): PacketError {
    const place = this.#at + offset;
    const word = this.#words[place];
    return new PacketError(
      word === undefined ? `expected ${what} behind the last word` : `word ${place + 1}, "${word}": expected ${what}`,
    );
  }

  #protocol(): MadeUpProtocol {
    const word = this.#next();
    if (word === "icmp6") return "icmpv6";
    if (word === "tcp" || word === "udp" || word === "icmp" || word === "icmpv6") return word;
    throw this.#expected("tcp, udp, icmp or icmpv6", -1);
  }

  /** `10.1.0.1:40000`, `[2001:db8::1]:40000`, or for ICMP the address alone; of `family`, if that is given. */
  #end(protocol: MadeUpProtocol, what: string, family: Family | undefined): [Address, number] {
    const word = this.#next() ?? "";
    const hasPort = messagesOf(protocol) === undefined;
    const [, bracketed, plain, port = ""] = /^(?:\[(.*)\]|([^:]*)):(.*)$/.exec(word) ?? [];
    const quoted = bracketed === undefined ? plain : bracketed;
    const address = parseAddress(hasPort ? (quoted ?? "") : word);
    const number = hasPort ? readNumber(port) : 0;
    const isBracketed = hasPort && bracketed !== undefined;
    if (
      address !== undefined &&
      family !== undefined &&
      address.family !== family &&
      messagesOf(protocol) === undefined
    )
      throw this.#expected(`${what} of the same family as the source, ${family === AF_INET ? "IPv4" : "IPv6"}`, -1);
    if (address !== undefined && hasPort && /^\d+$/.test(port) && Number(port) > 0xffff)
      throw this.#expected(`${what} with a port from 0 to 65535`, -1);
    if (
      address === undefined ||
      number === undefined ||
      number > 0xffff ||
      (family !== undefined && address.family !== family) ||
      (hasPort && (address.family === AF_INET6) !== isBracketed)
    ) {
      const example = EXAMPLES[family ?? (word.split(":").length > 2 ? AF_INET6 : AF_INET)];
      throw this.#expected(`${what} such as ${hasPort ? example.withPort : example.alone}`, -1);
    }
    return [address, number];
  }

  #number(most: number, what: string): number {
    const value = readNumber(this.#next() ?? "");
    if (value === undefined || value > most) throw this.#expected(`${what}, 0 to ${most}`, -1);
    return value;
  }

  #option(packet: MadeUpPacket): void {
    const word = this.#next() ?? "";
    const number = NUMBERS[word];
    if (number !== undefined) {
      const [key, most, what] = number;
      if (TCP_ONLY.has(word) && packet.protocol !== "tcp")
        throw this.#expected(`no ${word} in a packet of ${packet.protocol}`, -1);
      if (word === "label" && packet.source.family === AF_INET)
        throw this.#expected("no label in a packet of IPv4", -1);
      packet[key] = this.#number(most, what);
    } else if (word === "df" && packet.source.family === AF_INET) packet.fragment |= DONT_FRAGMENT;
    else if (word === "frag") this.#fragment(packet);
    else if (word === "badsum") packet.badSum = true;
    else if (word === "on") packet.dev = this.#device();
    else if (messagesOf(packet.protocol) !== undefined) this.#icmp(packet, word);
    else if (packet.protocol === "tcp" && isFlags(word)) packet.flags = flagsOf(word);
    else
      throw this.#expected(
        packet.protocol === "tcp" ? `flags such as S or P., or one of ${wordsOf(packet)}` : `one of ${wordsOf(packet)}`,
        -1,
      );
  }

  #device(): string {
    const name = this.#next();
    if (name === undefined) throw this.#expected("the name of an interface", -1);
    return name;
  }

  /** `frag 1480`, `frag 0+`. */
  #fragment(packet: MadeUpPacket): void {
    const word = this.#next() ?? "";
    const more = word.endsWith("+");
    const offset = readNumber(more ? word.slice(0, -1) : word);
    if (offset === undefined || offset % 8 !== 0 || offset > 65_528)
      throw this.#expected("an offset in bytes, a multiple of 8, and + if more follow", -1);
    packet.fragment = (packet.fragment & DONT_FRAGMENT) | (offset / 8) | (more ? MORE_FRAGMENTS : 0);
  }

  #icmp(packet: MadeUpPacket, word: string): void {
    if (word === "about") {
      packet.about = this.#head();
      while (this.#at < this.#words.length) this.#option(packet.about);
      return;
    }
    const messages = messagesOf(packet.protocol) ?? {};
    const message = Object.hasOwn(messages, word) ? messages[word] : undefined;
    if (message === undefined)
      throw this.#expected(`about, ${Object.keys(messages).join(", ")}, or one of ${wordsOf(packet)}`, -1);
    [packet.icmpType, packet.icmpCode] = message;
    if (word === "too-big") packet.icmpRest = this.#number(0xffff_ffff, "the MTU that fits");
    else if (word === "frag-needed") packet.icmpRest = this.#number(0xffff, "the MTU that fits");
    else if (!isError(packet)) packet.icmpRest = 0x0001_0001;
  }
}

const DEFAULTS: Omit<MadeUpPacket, "protocol" | "source" | "sourcePort" | "destination" | "destinationPort" | "flags"> =
  {
    sequence: 1000,
    acknowledgement: 0,
    window: 64_240,
    mss: 0,
    length: 0,
    ttl: 64,
    tos: 0,
    flowLabel: 0,
    identification: 1,
    fragment: 0,
    badSum: false,
    icmpType: -1,
    icmpCode: 0,
    icmpRest: 0,
    about: undefined,
    dev: undefined,
    mark: 0,
  };

/** Words that a number follows: the field, its largest value, what it is. */
const NUMBERS: Readonly<
  Record<
    string,
    readonly [
      (
        | "sequence"
        | "acknowledgement"
        | "window"
        | "mss"
        | "length"
        | "ttl"
        | "tos"
        | "flowLabel"
        | "identification"
        | "mark"
      ),
      number,
      string,
    ]
  >
> = {
  len: ["length", LARGEST_DATA, "bytes of data"],
  ttl: ["ttl", 255, "a TTL"],
  tos: ["tos", 255, "a TOS byte"],
  label: ["flowLabel", 0xfffff, "a flow label"],
  id: ["identification", 0xffff, "an identification"],
  mark: ["mark", 0xffff_ffff, "a firewall mark"],
  seq: ["sequence", 0xffff_ffff, "a sequence number"],
  ack: ["acknowledgement", 0xffff_ffff, "an acknowledgement number"],
  win: ["window", 0xffff, "a window"],
  mss: ["mss", 0xffff, "a segment size"],
};
const TCP_ONLY = new Set(["seq", "ack", "win", "mss"]);
const wordsOf = ({ source }: MadeUpPacket): string =>
  `len, ttl, tos, id, ${source.family === AF_INET ? "df" : "label"}, frag, badsum, on, mark`;

const EXAMPLES: Readonly<Record<Family, { readonly alone: string; readonly withPort: string }>> = {
  [AF_INET]: { alone: "10.1.0.1", withPort: "10.1.0.1:40000" },
  [AF_INET6]: { alone: "2001:db8::1", withPort: "[2001:db8::1]:40000" },
};

const isError = ({ protocol, icmpType }: MadeUpPacket): boolean =>
  protocol === "icmp"
    ? icmpType === DESTINATION_UNREACHABLE || icmpType === TIME_EXCEEDED
    : protocol === "icmpv6" && icmpType >= 0 && isIcmpv6Error(icmpType);

/** A whole number, decimal or hexadecimal behind 0x; `undefined` for anything else. */
function readNumber(text: string): number | undefined {
  return /^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text) ? Number(text) : undefined;
}

const isFlags = (word: string): boolean =>
  word !== "" && [...word].every((letter) => FLAG_LETTERS[letter] !== undefined);

const flagsOf = (word: string): number => [...word].reduce((flags, letter) => flags | (FLAG_LETTERS[letter] ?? 0), 0);
