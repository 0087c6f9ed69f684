/** A packet in words: `c1 > vip tcp 40000:80 S ttl 1`. */
import type { Network } from "../network.ts";
import { chunksOf, flagsOf } from "../sent.ts";
import { type Draft, OPTIONS } from "./packet-options.ts";
import type { PacketSpec, TransportSpec } from "./packet-spec.ts";
import type { Words } from "./words.ts";

const FLAGS = "TCP flags such as SA, or -";
const SCTP_CHUNKS = "SCTP chunks such as INIT or COOKIE-ECHO,DATA";

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
export function readSpeech(
  words: Words,
  network: Network,
  kind: TransportSpec["kind"],
): Pick<PacketSpec, "header"> & { payload: TransportSpec } {
  const flags = kind === "tcp" ? words.parsed(FLAGS, flagsOf) : 0;
  const chunks = kind === "sctp" ? { chunks: words.parsed(SCTP_CHUNKS, chunksOf) } : {};
  const payload: TransportSpec = { kind, sourcePorts: [0], destinationPort: 0, flags, ...chunks };
  const draft: Draft = { payload, header: {}, packet: {} };
  readOptions(words, draft, network);
  return { payload, header: draft.header };
}

function readOptions(words: Words, draft: Draft, network: Network): void {
  const { payload } = draft;
  const options = OPTIONS[payload.kind];
  const names = [...Object.keys(options), ...(payload.kind === "icmp" ? ["about"] : [])];
  while (!words.done) {
    if (payload.kind === "icmp" && words.accept("about")) payload.about = readQuoted(words, network);
    else
      words.parsed(`one of ${names.join(", ")}`, (word) => (Object.hasOwn(options, word) ? options[word] : undefined))(
        words,
        draft,
        network,
      );
  }
}

/** What an ICMP error is about: `sent`, `received`, or a packet in words, to the end of the line. */
function readQuoted(words: Words, network: Network): "sent" | "received" | PacketSpec {
  if (words.accept("sent")) return "sent";
  return words.accept("received") ? "received" : readPacket(words, network);
}

function readProtocol(words: Words): Draft["payload"] {
  if (words.accept("tcp")) {
    const ports = readPorts(words);
    return { kind: "tcp", ...ports, flags: words.parsed(FLAGS, flagsOf) };
  }
  if (words.accept("sctp"))
    return { kind: "sctp", ...readPorts(words), flags: 0, chunks: words.parsed(SCTP_CHUNKS, chunksOf) };
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
