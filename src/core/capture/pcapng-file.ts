/** A whole pcapng file, for those that have all its packets. */
import { type CapturePort, PcapngWriter, type WrittenPacket } from "./pcapng-writer.ts";

/** The bytes of a file with these packets, in this order; its times are in microseconds. */
export function pcapngFile(ports: readonly CapturePort[], packets: readonly WrittenPacket[]): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  const writer = new PcapngWriter((bytes) => pieces.push(bytes.slice()), ports);
  for (const packet of packets) writer.packet(packet);
  writer.flush();
  const file = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    file.set(piece, at);
    at += piece.length;
  }
  return file;
}
