/** Capture files as streams of packets, and back. */

import { describeCaptureError, type Packet } from "../core/capture/packet.ts";
import { PcapWriter } from "../core/capture/pcap-writer.ts";
import { PcapngWriter } from "../core/capture/pcapng-writer.ts";
import { CaptureReader } from "../core/capture/reader.ts";
import { UsageError } from "./errors.ts";
import { checkNumber, got } from "./wrong-use.ts";

/** A file's bytes, at once or piece by piece: `fs.createReadStream(file)`, `(await fetch(url)).body`, an array of chunks. */
export type ByteSource = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A packet of a capture. */
export interface CapturedPacket {
  /** From 1, as the frame numbers of Wireshark. */
  readonly number: number;
  /** The name of the interface it was captured on, where the file tells it. */
  readonly port: string | undefined;
  /** Whole microseconds since 1970, UTC. */
  readonly time: number;
  /** Beyond the microseconds, 0 to 999. */
  readonly nanoseconds: number;
  /** From the Ethernet header on; as many of them as were captured. */
  readonly bytes: Uint8Array;
  /** Bytes on the wire. */
  readonly originalLength: number;
  /** Which way it went, seen from the machine that captured it; `undefined` where the file does not say. */
  readonly direction: "in" | "out" | undefined;
}

/** A capture that cannot be read to its end: what stands before was delivered. */
export class CaptureError extends UsageError {
  override readonly name = "CaptureError";
}

/**
 * The Ethernet packets of a pcap or pcapng file, in its order. Holds no more than one packet at a time. Throws CaptureError where the
 * bytes are wrong: `record 12 at byte 3456: truncated: ...`.
 */
export async function* readCapture(source: ByteSource): AsyncGenerator<CapturedPacket, void, undefined> {
  let packets: CapturedPacket[] = [];
  const reader = new CaptureReader((packet) => packets.push(owned(packet)));
  checkSource(source, "a capture");
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    const error = reader.push(chunk);
    yield* packets;
    packets = [];
    if (error !== undefined) throw new CaptureError(describeCaptureError(error));
  }
  const error = reader.end();
  if (error !== undefined) throw new CaptureError(describeCaptureError(error));
}

/** Throws UsageError for what is no bytes, and no pieces of bytes: the name of a file, for one. */
export function checkSource(source: ByteSource, what: string): void {
  const isPieces =
    typeof source === "object" && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source);
  if (!isPieces)
    throw new UsageError(
      `expected the bytes of ${what}, at once or in pieces as createReadStream(file) of node:fs gives them, got ${got(source)}`,
    );
}

const owned = ({
  record,
  interface: port,
  time,
  nanoseconds,
  bytes,
  originalLength,
  direction,
}: Packet): CapturedPacket => ({
  number: record,
  port: port.name,
  time,
  nanoseconds,
  bytes: bytes.slice(),
  originalLength,
  direction,
});

/** A packet to write; times as CapturedPacket has them, the beginning of 1970 if left out. */
export type PacketToWrite = Pick<CapturedPacket, "bytes"> & Partial<Pick<CapturedPacket, "time" | "nanoseconds">>;

/** The same for a file that tells of ports. */
export interface PacketOnPort extends PacketToWrite {
  /** One of the ports that the writer was told of. */
  readonly port: string;
  /** Seen from the machine that captures; nothing is written if left out. */
  readonly direction?: "in" | "out" | undefined;
  /** What Wireshark shows as the packet's comment. */
  readonly comment?: string | undefined;
}

type Packets<Item> = Iterable<Item> | AsyncIterable<Item>;

/** Seconds have 32 bits in a pcap file. */
const LAST_IN_PCAP = 2 ** 32 * 1e6 - 1;

function checkPackets(packets: object): void {
  if (
    typeof packets !== "object" ||
    packets === null ||
    !(Symbol.iterator in packets || Symbol.asyncIterator in packets)
  )
    throw new UsageError(`expected packets in a list, or one after the other, got ${got(packets)}`);
}

function checkPacket({ bytes, time = 0, nanoseconds = 0 }: PacketToWrite, last: number): void {
  if (!(bytes instanceof Uint8Array)) throw new UsageError(`bytes: expected those of a frame, got ${got(bytes)}`);
  checkNumber("time, in microseconds", time, last);
  checkNumber("nanoseconds", nanoseconds, 999);
}

/** The bytes of a pcap file, microseconds, Ethernet, piece by piece. */
export async function* writePcap(packets: Packets<PacketToWrite>): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces: Uint8Array[] = [];
  const writer = new PcapWriter((bytes) => pieces.push(bytes.slice()));
  checkPackets(packets);
  for await (const packet of packets) {
    const { bytes, time = 0, nanoseconds } = packet;
    checkPacket(packet, LAST_IN_PCAP);
    writer.packet({ bytes, time, nanoseconds });
    yield* pieces.splice(0);
  }
  yield* pieces;
}

/** The bytes of a pcapng file with an interface for each port, nanoseconds, Ethernet, piece by piece. Throws UsageError for another port. */
export async function* writePcapng(
  packets: Packets<PacketOnPort>,
  ports: readonly string[],
): AsyncGenerator<Uint8Array, void, undefined> {
  checkPackets(packets);
  if (!Array.isArray(ports)) throw new UsageError(`expected the names of the ports in a list, got ${got(ports)}`);
  const pieces: Uint8Array[] = [];
  const writer = new PcapngWriter(
    (bytes) => pieces.push(bytes.slice()),
    ports.map((name) => ({ name })),
    { nanoseconds: true },
  );
  for await (const packet of packets) {
    const { port, time = 0, ...rest } = packet;
    const index = ports.indexOf(port);
    if (index < 0) throw new UsageError(`no port "${port}" in this capture: expected one of ${ports.join(", ")}`);
    checkPacket(packet, Number.MAX_SAFE_INTEGER);
    writer.packet({ ...rest, time, port: index });
    // Whoever reads a pipe sees each packet when it comes.
    writer.flush();
    yield* pieces.splice(0);
  }
  writer.flush();
  yield* pieces;
}
