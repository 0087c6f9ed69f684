/** A packet in words: `c1 > vip tcp 40000:80 S ttl 1`. docs/recording.md lists the words. */
import { parseMac } from "../../../src/core/wire/address.ts";
import { counting, type Ipv4Options, type Piece, type Sum } from "../frames.ts";
import type { Network, Station } from "../network.ts";
import { flagsOf } from "../sent.ts";
import { hexBytes, type Words } from "./words.ts";

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

/** Fields of TCP and UDP; a row of source ports stands for a row of packets. */
export interface TransportSpec {
  readonly kind: "tcp" | "udp";
  readonly sourcePorts: readonly number[];
  readonly destinationPort: number;
  readonly flags: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly window?: number;
  readonly urgent?: number;
  readonly options?: Uint8Array;
  readonly headerWords?: number;
  /** UDP: the length field. */
  readonly length?: number;
  readonly data?: Uint8Array;
  readonly sum?: Sum;
}

export interface IcmpSpec {
  readonly kind: "icmp";
  readonly type: number;
  readonly code: number;
  readonly rest?: number;
  readonly data?: Uint8Array;
  readonly sum?: Sum;
  /** What an error quotes: the last packet that the director sent or received, or one in words. */
  readonly about?: "sent" | "received" | PacketSpec;
  /** How many bytes it quotes. */
  readonly quote: number;
}

export interface OtherSpec {
  readonly kind: "other";
  readonly protocol: number;
  readonly data?: Uint8Array;
}

/** How a packet is cut into fragments; `pieces` wins over `size`. */
interface CutSpec {
  readonly size?: number;
  readonly pieces?: readonly Piece[];
  readonly reversed?: boolean;
}

export interface PacketSpec {
  readonly source: number;
  readonly destination: number;
  readonly payload: TransportSpec | IcmpSpec | OtherSpec;
  readonly header: Ipv4Options;
  readonly fragments?: CutSpec;
  /** Bytes of the IPv4 packet that are sent; the rest is lost. */
  readonly cut?: number;
  /** Bytes behind the packet that Ethernet needed. */
  readonly pad?: number;
  readonly toMac?: string;
  /** Who puts it on the wire, if that is not to be told from the source address. */
  readonly by?: Station;
}

/** What the options behind the protocol fill in. */
interface Draft {
  payload: Mutable<TransportSpec> | Mutable<IcmpSpec> | Mutable<OtherSpec>;
  readonly header: Mutable<Ipv4Options>;
  readonly packet: Mutable<Partial<PacketSpec>>;
}

type Option = (words: Words, draft: Draft, network: Network) => void;

const MTU_MAX = 65535;

/** The options of every packet. */
const IP_OPTIONS: Readonly<Record<string, Option>> = {
  ttl: (words, { header }) => void (header.ttl = words.integer("a TTL", 0, 255)),
  tos: (words, { header }) => void (header.tos = words.integer("a TOS byte", 0, 255)),
  id: (words, { header }) => void (header.id = words.integer("an identification", 0, 65535)),
  df: (_, { header }) => void (header.dontFragment = true),
  nodf: (_, { header }) => void (header.dontFragment = false),
  more: (_, { header }) => void (header.moreFragments = true),
  offset: (words, { header }) => void (header.offset = words.integer("an offset in bytes", 0, 65528)),
  options: (words, { header }) => void (header.options = words.hex("IPv4 options")),
  version: (words, { header }) => void (header.version = words.integer("a version", 0, 15)),
  ihl: (words, { header }) => void (header.headerWords = words.integer("a header length in words", 0, 15)),
  total: (words, { header }) => void (header.length = words.integer("a total length", 0, 65535)),
  ipsum: (words, { header }) => void (header.sum = sumWord(words)),
  cut: (words, { packet }) => void (packet.cut = words.integer("the bytes that are sent", 0, MTU_MAX)),
  pad: (words, { packet }) => void (packet.pad = words.integer("bytes of padding", 1, 1500)),
  "to-mac": (words, { packet }) => void (packet.toMac = words.parsed("a MAC address", macWord)),
  by: (words, { packet }, network) => void (packet.by = words.parsed("a host given before", hostWord(network))),
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

const DATA_OPTIONS: Readonly<Record<string, Option>> = {
  data: (words, { payload }) => void (payload.data = words.parsed('"text", a number of bytes, or xHEX', dataWord)),
  sum: (words, { payload }) => void (payload.kind !== "other" && (payload.sum = sumWord(words))),
};

/** An option of TCP or UDP that fills a field with a number. */
const numberOption =
  (field: "sequence" | "acknowledgement" | "window" | "urgent" | "headerWords" | "length", what: string, max: number): Option =>
  (words, { payload }) => {
    const value = words.integer(what, 0, max);
    if (payload.kind === "tcp" || payload.kind === "udp") payload[field] = value;
  };

const TCP_OPTIONS: Readonly<Record<string, Option>> = {
  seq: numberOption("sequence", "a sequence number", 0xffffffff),
  ack: numberOption("acknowledgement", "an acknowledgement number", 0xffffffff),
  win: numberOption("window", "a window", 65535),
  urg: numberOption("urgent", "an urgent pointer", 65535),
  words: numberOption("headerWords", "a header length in words", 15),
  tcpoptions: (words, { payload }) => {
    const options = words.hex("TCP options");
    if (payload.kind === "tcp") payload.options = options;
  },
};

const UDP_OPTIONS: Readonly<Record<string, Option>> = { length: numberOption("length", "a UDP length", 65535) };

/** An option of ICMP that fills the second word of the message. */
const restOption =
  (what: string, max: number, shift = 0): Option =>
  (words, { payload }) => {
    const value = words.integer(what, 0, max);
    if (payload.kind === "icmp") payload.rest = ((payload.rest ?? 0) | (value << shift)) >>> 0;
  };

const ICMP_OPTIONS: Readonly<Record<string, Option>> = {
  rest: restOption("the second word", 0xffffffff),
  mtu: restOption("an MTU", 65535),
  ident: restOption("an identifier", 65535, 16),
  number: restOption("a sequence number", 65535),
  quote: (words, { payload }) => {
    const quote = words.integer("quoted bytes", 0, 65535);
    if (payload.kind === "icmp") payload.quote = quote;
  },
  about: (words, { payload }, network) => {
    if (payload.kind !== "icmp") return;
    if (words.accept("sent")) payload.about = "sent";
    else if (words.accept("received")) payload.about = "received";
    else payload.about = readPacket(words, network);
  },
};

const OPTIONS: Readonly<Record<PacketSpec["payload"]["kind"], Readonly<Record<string, Option>>>> = {
  tcp: { ...IP_OPTIONS, ...DATA_OPTIONS, ...TCP_OPTIONS },
  udp: { ...IP_OPTIONS, ...DATA_OPTIONS, ...UDP_OPTIONS },
  icmp: { ...IP_OPTIONS, ...DATA_OPTIONS, ...ICMP_OPTIONS },
  other: { ...IP_OPTIONS, data: DATA_OPTIONS.data ?? IP_OPTIONS.ttl } as Readonly<Record<string, Option>>,
};

/** Reads `FROM > TO PROTOCOL ...` to the end of the line. */
export function readPacket(words: Words, network: Network): PacketSpec {
  const source = words.address(network.names);
  words.expect(">");
  const destination = words.address(network.names);
  const draft: Draft = { payload: readProtocol(words), header: {}, packet: {} };
  readOptions(words, draft, network);
  return { ...draft.packet, source, destination, payload: draft.payload, header: draft.header };
}

/** Reads the words that may follow `server SA` and `client PA`. */
export function readSpeech(words: Words, network: Network, kind: "tcp" | "udp"): { payload: TransportSpec; header: Ipv4Options } {
  const payload: Mutable<TransportSpec> = { kind, sourcePorts: [0], destinationPort: 0, flags: 0 };
  if (kind === "tcp") payload.flags = words.parsed("TCP flags such as SA, or -", flagsOf);
  const draft: Draft = { payload, header: {}, packet: {} };
  readOptions(words, draft, network);
  return { payload, header: draft.header };
}

function readOptions(words: Words, draft: Draft, network: Network): void {
  const options = OPTIONS[draft.payload.kind];
  while (!words.done) {
    const option = words.parsed(`one of ${Object.keys(options).join(", ")}`, (word) =>
      Object.hasOwn(options, word) ? options[word] : undefined,
    );
    option(words, draft, network);
  }
}

function readProtocol(words: Words): Draft["payload"] {
  if (words.accept("tcp")) {
    const ports = readPorts(words);
    return { kind: "tcp", ...ports, flags: words.parsed("TCP flags such as SA, or -", flagsOf) };
  }
  if (words.accept("udp")) return { kind: "udp", ...readPorts(words), flags: 0 };
  if (words.accept("icmp")) {
    const [type, code] = words.parsed("ICMP type and code such as 3/4", typeAndCode);
    return { kind: "icmp", type, code, quote: 28 };
  }
  words.expect("proto");
  return { kind: "other", protocol: words.integer("an IP protocol", 0, 255) };
}

function readPorts(words: Words): Pick<TransportSpec, "sourcePorts" | "destinationPort"> {
  return words.parsed("ports as SOURCE:DESTINATION or FIRST..LAST:DESTINATION", (word) => {
    const [, first, last = first, to] = /^(\d+)(?:\.\.(\d+))?:(\d+)$/.exec(word) ?? [];
    const [from, until, destinationPort] = [Number(first), Number(last), Number(to)];
    if (to === undefined || until < from || Math.max(until, destinationPort) > 65535) return undefined;
    return { sourcePorts: Array.from({ length: until - from + 1 }, (_, index) => from + index), destinationPort };
  });
}

const typeAndCode = (word: string): readonly [number, number] | undefined => {
  const [, type, code] = /^(\d{1,3})\/(\d{1,3})$/.exec(word) ?? [];
  return type === undefined || Number(type) > 255 || Number(code) > 255 ? undefined : [Number(type), Number(code)];
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
