/**
 * A packet in words, as people make one up: `tcp 10.1.0.1:40000 > 10.1.0.100:80 S df ttl 3`.
 *
 *   tcp A:P > B:P [FLAGS] [seq N] [ack N] [win N] [mss N]     FLAGS as tcpdump: S F R P U E W and . (or A); S by default
 *   udp A:P > B:P
 *   icmp A > B echo | reply | net-unreachable | host-unreachable | port-unreachable | frag-needed MTU | ttl-exceeded
 *        [about PACKET]                                       what an error quotes; it takes the rest of the words
 *   any: len N (bytes of data), ttl N, tos N, id N, df, frag OFFSET or frag OFFSET+ (more follow), badsum, on DEV, mark N
 *
 * Numbers are decimal, or hexadecimal behind 0x.
 */
import { parseIpv4 } from "../wire/address.ts";
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
import { DONT_FRAGMENT, MORE_FRAGMENTS } from "../wire/ipv4.ts";
import { ACK, FIN, PSH, RST, SYN } from "../wire/tcp.ts";

export type MadeUpProtocol = "tcp" | "udp" | "icmp";

export interface MadeUpPacket {
  protocol: MadeUpProtocol;
  source: number;
  sourcePort: number;
  destination: number;
  destinationPort: number;
  flags: number;
  sequence: number;
  acknowledgement: number;
  window: number;
  /** 0 for no option. */
  mss: number;
  /** Bytes of data. */
  length: number;
  ttl: number;
  tos: number;
  identification: number;
  /** Flags and offset as on the wire. */
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

const ICMP_MESSAGES: Readonly<Record<string, readonly [number, number]>> = {
  echo: [ECHO_REQUEST, 0],
  reply: [ECHO_REPLY, 0],
  "net-unreachable": [DESTINATION_UNREACHABLE, NETWORK_UNREACHABLE],
  "host-unreachable": [DESTINATION_UNREACHABLE, HOST_UNREACHABLE],
  "port-unreachable": [DESTINATION_UNREACHABLE, PORT_UNREACHABLE],
  "frag-needed": [DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED],
  "ttl-exceeded": [TIME_EXCEEDED, TTL_EXCEEDED],
};

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
    if (packet.protocol === "icmp" && packet.icmpType < 0)
      throw this.#expected(`a message: ${Object.keys(ICMP_MESSAGES).join(", ")}`);
    if (packet.about === undefined && isError(packet))
      throw this.#expected("about and the packet that the error quotes");
    return packet;
  }

  #head(): MadeUpPacket {
    const protocol = this.#protocol();
    const [source, sourcePort] = this.#end(protocol, "a source");
    if (this.#next() !== ">") throw this.#expected(">", -1);
    const [destination, destinationPort] = this.#end(protocol, "a destination");
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
    if (word === "tcp" || word === "udp" || word === "icmp") return word;
    throw this.#expected("tcp, udp or icmp", -1);
  }

  /** `10.1.0.1:40000`, or for ICMP `10.1.0.1`. */
  #end(protocol: MadeUpProtocol, what: string): [number, number] {
    const word = this.#next() ?? "";
    const [address = "", port, ...more] = word.split(":");
    const ip = parseIpv4(address);
    const number = protocol === "icmp" ? 0 : readNumber(port ?? "");
    const wanted = protocol === "icmp" ? `${what} such as 10.1.0.1` : `${what} such as 10.1.0.1:40000`;
    const hasPort = port !== undefined;
    if (
      ip === undefined ||
      number === undefined ||
      number > 0xffff ||
      more.length > 0 ||
      hasPort === (protocol === "icmp")
    ) {
      throw this.#expected(wanted, -1);
    }
    return [ip, number];
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
      packet[key] = this.#number(most, what);
    } else if (word === "df") packet.fragment |= DONT_FRAGMENT;
    else if (word === "frag") this.#fragment(packet);
    else if (word === "badsum") packet.badSum = true;
    else if (word === "on") packet.dev = this.#device();
    else if (packet.protocol === "icmp") this.#icmp(packet, word);
    else if (packet.protocol === "tcp" && isFlags(word)) packet.flags = flagsOf(word);
    else
      throw this.#expected(
        packet.protocol === "tcp" ? `flags such as S or P., or one of ${WORDS}` : `one of ${WORDS}`,
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
    const message = ICMP_MESSAGES[word];
    if (message === undefined)
      throw this.#expected(`about, ${Object.keys(ICMP_MESSAGES).join(", ")}, or one of ${WORDS}`, -1);
    [packet.icmpType, packet.icmpCode] = message;
    if (word === "frag-needed") packet.icmpRest = this.#number(0xffff, "the MTU that fits");
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
      "sequence" | "acknowledgement" | "window" | "mss" | "length" | "ttl" | "tos" | "identification" | "mark",
      number,
      string,
    ]
  >
> = {
  len: ["length", LARGEST_DATA, "bytes of data"],
  ttl: ["ttl", 255, "a TTL"],
  tos: ["tos", 255, "a TOS byte"],
  id: ["identification", 0xffff, "an identification"],
  mark: ["mark", 0xffff_ffff, "a firewall mark"],
  seq: ["sequence", 0xffff_ffff, "a sequence number"],
  ack: ["acknowledgement", 0xffff_ffff, "an acknowledgement number"],
  win: ["window", 0xffff, "a window"],
  mss: ["mss", 0xffff, "a segment size"],
};
const TCP_ONLY = new Set(["seq", "ack", "win", "mss"]);
const WORDS = "len, ttl, tos, id, df, frag, badsum, on, mark";

const isError = ({ protocol, icmpType }: MadeUpPacket): boolean =>
  protocol === "icmp" && (icmpType === DESTINATION_UNREACHABLE || icmpType === TIME_EXCEEDED);

/** A whole number, decimal or hexadecimal behind 0x; `undefined` for anything else. */
function readNumber(text: string): number | undefined {
  return /^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text) ? Number(text) : undefined;
}

const isFlags = (word: string): boolean =>
  word !== "" && [...word].every((letter) => FLAG_LETTERS[letter] !== undefined);

const flagsOf = (word: string): number => [...word].reduce((flags, letter) => flags | (FLAG_LETTERS[letter] ?? 0), 0);
