/** The words behind a packet's protocol, and what each fills in. docs/recording.md lists them. */
import { parseMac } from "../../../src/core/wire/address.ts";
import { counting, type Ipv4Options, type Piece, type Sum } from "../frames.ts";
import type { Network } from "../network.ts";
import type { IcmpSpec, OtherSpec, PacketSpec, TransportSpec } from "./packet-spec.ts";
import { hexBytes, type Words } from "./words.ts";

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

/** What the options fill in. */
export interface Draft {
  readonly payload: Mutable<TransportSpec> | Mutable<IcmpSpec> | Mutable<OtherSpec>;
  readonly header: Mutable<Ipv4Options>;
  readonly packet: Mutable<Partial<PacketSpec>>;
}

type Option = (words: Words, draft: Draft, network: Network) => void;
type Options = Readonly<Record<string, Option>>;

const MTU_MAX = 65535;

/** An option that fills a field of the IPv4 header with a number. */
const headerNumber =
  (field: "ttl" | "tos" | "id" | "offset" | "version" | "headerWords" | "length", what: string, max: number): Option =>
  (words, { header }) => {
    header[field] = words.integer(what, 0, max);
  };

/** An option without a value. */
const headerFlag =
  (field: "dontFragment" | "moreFragments", value: boolean): Option =>
  (_, { header }) => {
    header[field] = value;
  };

const packetNumber =
  (field: "cut" | "pad", what: string): Option =>
  (words, { packet }) => {
    packet[field] = words.integer(what, 0, MTU_MAX);
  };

/** The options of every packet. */
const IP_OPTIONS: Options = {
  ttl: headerNumber("ttl", "a TTL", 255),
  tos: headerNumber("tos", "a TOS byte", 255),
  id: headerNumber("id", "an identification", 65535),
  df: headerFlag("dontFragment", true),
  nodf: headerFlag("dontFragment", false),
  more: headerFlag("moreFragments", true),
  offset: headerNumber("offset", "an offset in bytes", 65528),
  options: (words, { header }) => {
    header.options = words.hex("IPv4 options");
  },
  version: headerNumber("version", "a version", 15),
  ihl: headerNumber("headerWords", "a header length in words", 15),
  total: headerNumber("length", "a total length", 65535),
  ipsum: (words, { header }) => {
    header.sum = sumWord(words);
  },
  cut: packetNumber("cut", "the bytes that are sent"),
  pad: packetNumber("pad", "bytes of padding"),
  "to-mac": (words, { packet }) => {
    packet.toMac = words.parsed("a MAC address", macWord);
  },
  by: (words, { packet }, network) => {
    packet.by = words.parsed("a host given before", hostWord(network));
  },
  fragment: (words, { packet, header }) => {
    const size = words.integer("bytes per fragment, a multiple of 8", 8, 65528);
    packet.fragments = { size: size - (size % 8), reversed: words.accept("reversed") };
    header.dontFragment ??= false;
  },
  pieces: (words, { packet, header }) => {
    packet.fragments = { pieces: words.parsed("pieces as OFFSET+LENGTH,OFFSET+LENGTH,...", piecesWord) };
    header.dontFragment ??= false;
  },
};

const DATA_OPTION: Options = {
  data: (words, { payload }) => {
    payload.data = words.parsed('"text", a number of bytes, or xHEX', dataWord);
  },
};

const SUM_OPTION: Options = {
  sum: (words, { payload }) => {
    const sum = sumWord(words);
    if (payload.kind !== "other") payload.sum = sum;
  },
};

/** An option of TCP or UDP that fills a field with a number. */
const transportNumber =
  (
    field: "sequence" | "acknowledgement" | "window" | "urgent" | "headerWords" | "length",
    what: string,
    max: number,
  ): Option =>
  (words, { payload }) => {
    const value = words.integer(what, 0, max);
    if (payload.kind === "tcp" || payload.kind === "udp") payload[field] = value;
  };

const TCP_OPTIONS: Options = {
  seq: transportNumber("sequence", "a sequence number", 0xffffffff),
  ack: transportNumber("acknowledgement", "an acknowledgement number", 0xffffffff),
  win: transportNumber("window", "a window", 65535),
  urg: transportNumber("urgent", "an urgent pointer", 65535),
  words: transportNumber("headerWords", "a header length in words", 15),
  tcpoptions: (words, { payload }) => {
    const options = words.hex("TCP options");
    if (payload.kind === "tcp") payload.options = options;
  },
};

const UDP_OPTIONS: Options = { length: transportNumber("length", "a UDP length", 65535) };

/** An option of ICMP that fills the second word of the message, or half of it. */
const restOption =
  (what: string, max: number, shift = 0): Option =>
  (words, { payload }) => {
    const value = words.integer(what, 0, max);
    if (payload.kind === "icmp") payload.rest = ((payload.rest ?? 0) | (value << shift)) >>> 0;
  };

const ICMP_OPTIONS: Options = {
  rest: restOption("the second word", 0xffffffff),
  mtu: restOption("an MTU", 65535),
  ident: restOption("an identifier", 65535, 16),
  number: restOption("a sequence number", 65535),
  quote: (words, { payload }) => {
    const quote = words.integer("quoted bytes", 0, 65535);
    if (payload.kind === "icmp") payload.quote = quote;
  },
};

/** The options by what the packet carries. */
export const OPTIONS: Readonly<Record<PacketSpec["payload"]["kind"], Options>> = {
  tcp: { ...IP_OPTIONS, ...DATA_OPTION, ...SUM_OPTION, ...TCP_OPTIONS },
  udp: { ...IP_OPTIONS, ...DATA_OPTION, ...SUM_OPTION, ...UDP_OPTIONS },
  icmp: { ...IP_OPTIONS, ...DATA_OPTION, ...SUM_OPTION, ...ICMP_OPTIONS },
  sctp: { ...IP_OPTIONS, ...DATA_OPTION, ...SUM_OPTION },
  other: { ...IP_OPTIONS, ...DATA_OPTION },
};

const macWord = (word: string): string | undefined => (parseMac(word) === undefined ? undefined : word);

const hostWord = (network: Network) => (word: string) => network.stations.find(({ name }) => name === word);

const sumWord = (words: Words): Sum =>
  words.parsed("wrong, none, or xHEX", (word) => {
    if (word === "wrong" || word === "none") return word;
    const bytes = word.startsWith("x") ? hexBytes(word.slice(1)) : undefined;
    return bytes?.length === 2 ? (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0) : undefined;
  });

function dataWord(word: string): Uint8Array | undefined {
  if (/^".*"$/.test(word)) return new TextEncoder().encode(word.slice(1, -1));
  if (word.startsWith("x")) return hexBytes(word.slice(1));
  return /^\d{1,5}$/.test(word) && Number(word) <= 65515 ? counting(Number(word)) : undefined;
}

function piecesWord(word: string): Piece[] | undefined {
  const pieces = word.split(",").map((piece) => /^(\d{1,5})(?:\+(\d{1,5}))?$/.exec(piece));
  if (pieces.some((piece) => piece === null || Number(piece[1]) % 8 !== 0)) return undefined;
  return pieces.map((piece) => {
    const offset = Number(piece?.[1]);
    return piece?.[2] === undefined ? { offset } : { offset, length: Number(piece[2]) };
  });
}
