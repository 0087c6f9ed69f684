/** Reads a packet in words; made-up-packet.ts has the grammar. */
import { type Address, AF_INET, AF_INET6, type Family, parseAddress } from "../wire/address.ts";
import { ARP_REPLY, ARP_REQUEST } from "../wire/arp.ts";
import { DONT_FRAGMENT } from "../wire/ipv4.ts";
import { IP_OPTION_NAMES } from "./ip-option-words.ts";
import {
  hasPorts,
  isDiscovery,
  isError,
  isIpv6,
  isTunnel,
  type MadeUpPacket,
  type MadeUpProtocol,
  PacketError,
  PROTOCOLS_IN_WORDS,
  plainPacket,
  usualLinkLayer,
  usualRest,
  usualTtl,
} from "./made-up-packet.ts";
import { flagsOf, ICMP_MESSAGES, ICMPV6_MESSAGES, type Messages, SCTP_CHUNKS } from "./packet-words.ts";
import { LARGEST_DATA, readNumber, WordReader } from "./word-reader.ts";
import { splitWords } from "./words.ts";

/** Reads a packet's words. Throws PacketError. */
export function parsePacket(text: string): MadeUpPacket {
  const words = splitWords(text);
  if (words.length === 0) throw new PacketError("expected a packet, such as tcp 10.1.0.1:40000 > 10.1.0.100:80 S");
  return new PacketReader(words).read();
}

/** What an ICMP message of a family may be; undefined for other protocols. */
const messagesOf = (protocol: MadeUpProtocol): Messages | undefined =>
  protocol === "icmp" ? ICMP_MESSAGES : protocol === "icmpv6" ? ICMPV6_MESSAGES : undefined;

/** The family of those that have only one. */
const FAMILIES: Partial<Record<MadeUpProtocol, Family>> = { icmp: AF_INET, icmpv6: AF_INET6, arp: AF_INET };

class PacketReader {
  readonly #words: WordReader;

  constructor(words: readonly string[]) {
    this.#words = new WordReader(words);
  }

  read(): MadeUpPacket {
    const packet = this.#head();
    while (!this.#words.isAtEnd) this.#option(packet);
    const { protocol } = packet;
    const messages = messagesOf(protocol);
    if (messages !== undefined && packet.icmpType < 0)
      throw this.#words.expected(`a message: ${Object.keys(messages).join(", ")}`);
    if (protocol === "arp" && packet.operation === 0) throw this.#words.expected("request or reply");
    if (packet.about === undefined && isError(packet))
      throw this.#words.expected("about and the packet that the error quotes");
    if (packet.about === undefined && isTunnel(packet))
      throw this.#words.expected("carrying and the packet in the tunnel");
    return packet;
  }

  #head(): MadeUpPacket {
    const protocol = this.#protocol();
    const family = FAMILIES[protocol];
    const [source, sourcePort] = this.#end(protocol, "a source", family);
    if (this.#words.next() !== ">") throw this.#words.expected(">", -1);
    const [destination, destinationPort] = this.#end(protocol, "a destination", source.family);
    return plainPacket({ protocol, source, sourcePort, destination, destinationPort });
  }

  #protocol(): MadeUpProtocol {
    const word = this.#words.next();
    if (word === "icmp6") return "icmpv6";
    const protocol = PROTOCOLS_IN_WORDS.find((name) => name === word);
    if (protocol === undefined)
      throw this.#words.expected("tcp, udp, icmp or icmpv6, sctp, esp, ah, ipip, gre, gue or arp", -1);
    return protocol;
  }

  /** `10.1.0.1:40000`, `[2001:db8::1]:40000`, or for ICMP and others the address alone; of `family`, if that is given. */
  #end(protocol: MadeUpProtocol, what: string, family: Family | undefined): [Address, number] {
    const word = this.#words.next() ?? "";
    const hasPort = hasPorts({ protocol });
    const [, bracketed, plain, port = ""] = /^(?:\[(.*)\]|([^:]*)):(.*)$/.exec(word) ?? [];
    const quoted = bracketed === undefined ? plain : bracketed;
    const address = parseAddress(hasPort ? (quoted ?? "") : word);
    const number = hasPort ? readNumber(port) : 0;
    const isBracketed = hasPort && bracketed !== undefined;
    if (address !== undefined && family !== undefined && address.family !== family && FAMILIES[protocol] === undefined)
      throw this.#words.expected(
        `${what} of the same family as the source, ${family === AF_INET ? "IPv4" : "IPv6"}`,
        -1,
      );
    if (address !== undefined && hasPort && /^\d+$/.test(port) && Number(port) > 0xffff)
      throw this.#words.expected(`${what} with a port from 0 to 65535`, -1);
    if (
      address === undefined ||
      number === undefined ||
      number > 0xffff ||
      (family !== undefined && address.family !== family) ||
      (hasPort && (address.family === AF_INET6) !== isBracketed)
    ) {
      const example = EXAMPLES[family ?? (word.split(":").length > 2 ? AF_INET6 : AF_INET)];
      throw this.#words.expected(`${what} such as ${hasPort ? example.withPort : example.alone}`, -1);
    }
    return [address, number];
  }

  #option(packet: MadeUpPacket): void {
    const word = this.#words.next() ?? "";
    if (this.#message(packet, word)) return;
    const number = NUMBERS[word];
    if (number !== undefined) {
      const [key, most, what, only] = number;
      if (only?.includes(packet.protocol) === false)
        throw this.#words.expected(`no ${word} in a packet of ${packet.protocol}`, -1);
      if (word === "label" && !isIpv6(packet)) throw this.#words.expected("no label in a packet of IPv4", -1);
      packet[key] = this.#words.number(word === "id" && !isIpv6(packet) ? 0xffff : most, what);
    } else if (word === "df" && !isIpv6(packet)) packet.fragment |= DONT_FRAGMENT;
    else if (word === "frag") packet.fragment = this.#words.fragment(packet.fragment);
    else if (word === "piece") packet.piece = this.#words.piece();
    else if (word === "data") {
      packet.data = this.#words.data();
      packet.length = packet.data.length;
    } else if (word === "badsum") packet.sum = "wrong";
    else if (word === "partial") packet.sum = "partial";
    else if (word === "ip-options" && !isIpv6(packet)) packet.ipOptions = this.#words.options("0x94040000");
    else if (IP_OPTION_NAMES.includes(word) && !isIpv6(packet)) packet.ipOptions = this.#words.ipOption(word);
    else if (word === "on") packet.dev = this.#words.device();
    else if (word === "from") packet.sourceMac = this.#words.mac();
    else if (word === "to") packet.destinationMac = this.#words.mac();
    else throw this.#words.expected(expectedOf(packet), -1);
  }

  /** The words that belong to one protocol. */
  #message(packet: MadeUpPacket, word: string): boolean {
    switch (packet.protocol) {
      case "tcp":
        if (word === "options") packet.options = this.#words.options("0x02040550");
        else if (flagsOf(word) !== undefined) packet.flags = flagsOf(word) ?? 0;
        else return false;
        return true;
      case "sctp": {
        // `data` may be the chunk, and the bytes that come with it.
        if (word === "data" && this.#words.isBytesNext) return false;
        const chunk = Object.hasOwn(SCTP_CHUNKS, word) ? SCTP_CHUNKS[word] : undefined;
        if (chunk === undefined) return false;
        packet.chunk = chunk;
        return true;
      }
      case "arp":
        if (word !== "request" && word !== "reply") return false;
        packet.operation = word === "request" ? ARP_REQUEST : ARP_REPLY;
        return true;
      case "ipip":
      case "gre":
      case "gue":
        if (word === "checksum" && packet.protocol === "gre") {
          packet.checked = true;
          return true;
        }
        if (word !== "carrying") return false;
        packet.about = this.#inner();
        return true;
      case "icmp":
      case "icmpv6":
        return this.#icmp(packet, word);
      default:
        return false;
    }
  }

  #inner(): MadeUpPacket {
    const packet = this.#head();
    while (!this.#words.isAtEnd) this.#option(packet);
    return packet;
  }

  #icmp(packet: MadeUpPacket, word: string): boolean {
    if (word === "about") {
      packet.about = this.#inner();
      return true;
    }
    if (word === "mac" && isDiscovery(packet)) {
      packet.linkLayer = this.#words.linkLayer();
      return true;
    }
    const messages = messagesOf(packet.protocol) ?? {};
    const message = Object.hasOwn(messages, word) ? messages[word] : undefined;
    if (message === undefined) return false;
    [packet.icmpType, packet.icmpCode] = message;
    if (word === "too-big") packet.icmpRest = this.#words.number(0xffff_ffff, "the MTU that fits");
    else if (word === "frag-needed") packet.icmpRest = this.#words.number(0xffff, "the MTU that fits");
    else packet.icmpRest = usualRest(packet);
    if (isDiscovery(packet)) {
      packet.target = this.#words.target();
      packet.ttl = usualTtl(packet);
      packet.linkLayer = usualLinkLayer(packet);
    }
    return true;
  }
}

type NumberKey =
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
  | "sum"
  | "tag"
  | "spi"
  | "icmpRest";

/** Words that a number follows: the field, its largest value, what it is, and the protocols that have it, if not all do. */
const NUMBERS: Readonly<
  Record<string, readonly [NumberKey, number, string] | readonly [NumberKey, number, string, readonly MadeUpProtocol[]]>
> = {
  len: ["length", LARGEST_DATA, "bytes of data"],
  ttl: ["ttl", 255, "a TTL"],
  tos: ["tos", 255, "a TOS byte"],
  label: ["flowLabel", 0xfffff, "a flow label"],
  id: ["identification", 0xffff_ffff, "an identification"],
  mark: ["mark", 0xffff_ffff, "a firewall mark"],
  sum: ["sum", 0xffff, "a checksum"],
  seq: ["sequence", 0xffff_ffff, "a sequence number", ["tcp", "esp", "ah"]],
  ack: ["acknowledgement", 0xffff_ffff, "an acknowledgement number", ["tcp"]],
  win: ["window", 0xffff, "a window", ["tcp"]],
  mss: ["mss", 0xffff, "a segment size", ["tcp"]],
  tag: ["tag", 0xffff_ffff, "a verification tag", ["sctp"]],
  spi: ["spi", 0xffff_ffff, "a security parameters index", ["esp", "ah"]],
  rest: ["icmpRest", 0xffff_ffff, "the four bytes behind the checksum", ["icmp", "icmpv6"]],
};

/** What a word could have been, where it is none. */
function expectedOf(packet: MadeUpPacket): string {
  const any = `len, data, ttl, tos, id, ${isIpv6(packet) ? "label" : `df, ${IP_OPTION_NAMES.join(", ")}, ip-options`}, frag, piece, badsum, sum, partial, on, mark, from, to`;
  const messages = messagesOf(packet.protocol);
  if (isDiscovery(packet)) return `mac, or one of ${any}`;
  if (messages !== undefined) return `about, ${Object.keys(messages).join(", ")}, or one of ${any}`;
  if (packet.protocol === "tcp") return `flags such as S or P., seq, ack, win, mss, options, or one of ${any}`;
  if (packet.protocol === "sctp") return `a chunk such as init, or one of ${any}`;
  if (isTunnel(packet)) return `${packet.protocol === "gre" ? "checksum, " : ""}carrying, or one of ${any}`;
  return packet.protocol === "arp" ? "request, reply, on, from or to" : `one of ${any}`;
}

const EXAMPLES: Readonly<Record<Family, { readonly alone: string; readonly withPort: string }>> = {
  [AF_INET]: { alone: "10.1.0.1", withPort: "10.1.0.1:40000" },
  [AF_INET6]: { alone: "2001:db8::1", withPort: "[2001:db8::1]:40000" },
};
