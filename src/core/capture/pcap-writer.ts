/** Writes the classic capture file: little-endian, microseconds, Ethernet; no ports, directions or comments. */
import { ETHERNET, LARGEST_PACKET } from "./packet.ts";
import { moment, type WriteBytes, type WrittenPacket } from "./pcapng-writer.ts";

/** Writes pcap 2.4 to a sink; the file header at once. Bytes handed to the sink are borrowed. */
export class PcapWriter {
  readonly #write: WriteBytes;
  #bytes = new Uint8Array(4096);

  constructor(write: WriteBytes) {
    this.#write = write;
    const header = new DataView(new ArrayBuffer(24));
    header.setUint32(0, 0xa1b2c3d4, true);
    header.setUint16(4, 2, true);
    header.setUint16(6, 4, true);
    header.setUint32(16, LARGEST_PACKET, true);
    header.setUint32(20, ETHERNET, true);
    write(new Uint8Array(header.buffer));
  }

  /** Writes one frame; what exceeds LARGEST_PACKET is cut. Seconds beyond 32 bits (the year 2106) wrap: the format has no more. */
  packet(packet: Omit<WrittenPacket, "port" | "direction" | "comment">): void {
    const data = packet.bytes.subarray(0, LARGEST_PACKET);
    const total = 16 + data.length;
    if (total > this.#bytes.length) this.#bytes = new Uint8Array(2 * total);
    const view = new DataView(this.#bytes.buffer);
    const time = Math.max(0, moment(packet).time);
    view.setUint32(0, Math.floor(time / 1e6), true);
    view.setUint32(4, time % 1e6, true);
    view.setUint32(8, data.length, true);
    view.setUint32(12, packet.originalLength ?? packet.bytes.length, true);
    this.#bytes.set(data, 16);
    this.#write(this.#bytes.subarray(0, total));
  }
}
