/** Reads bytes to the end and keeps copies of what came out. */
import type { CaptureError, Packet } from "../../../src/core/capture/packet.ts";
import { CaptureReader } from "../../../src/core/capture/reader.ts";

/** A packet with its own bytes, as plain numbers, so that chai compares and prints them. */
export interface KeptPacket extends Omit<Packet, "bytes"> {
  readonly bytes: readonly number[];
}

export interface Reading {
  readonly packets: readonly KeptPacket[];
  readonly error: CaptureError | undefined;
  /** The most that the reader held between chunks. */
  readonly mostBuffered: number;
}

const kept = (packet: Packet): KeptPacket => ({
  interface: packet.interface,
  time: packet.time,
  nanoseconds: packet.nanoseconds,
  timestamped: packet.timestamped,
  bytes: [...packet.bytes],
  originalLength: packet.originalLength,
  direction: packet.direction,
  offset: packet.offset,
  record: packet.record,
});

/** Reads `bytes` in chunks of the given lengths, in turns; each chunk is overwritten once the reader has seen it. */
export function read(bytes: Uint8Array, chunkLengths: readonly number[] = [bytes.length]): Reading {
  const packets: KeptPacket[] = [];
  const reader = new CaptureReader((packet) => packets.push(kept(packet)));
  let mostBuffered = 0;
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = Math.max(1, chunkLengths[turn % chunkLengths.length] ?? 1);
    const chunk = bytes.slice(at, at + length);
    at += length;
    if (reader.push(chunk) !== undefined) break;
    chunk.fill(0xa5);
    mostBuffered = Math.max(mostBuffered, reader.buffered);
  }
  return { packets, error: reader.end(), mostBuffered };
}
