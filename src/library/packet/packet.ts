/** An IP packet of either family: its bytes, and what it is in words. */
import { UsageError } from "../errors.ts";
import { got } from "../wrong-use.ts";
import { Fields } from "./fields.ts";

/** A packet that was made: nothing says that it is a sound one. */
export class Packet {
  /** From the first byte of the IP header. */
  readonly bytes: Uint8Array;

  /** From the bytes of an IP packet, whatever they are. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** What stands in it, read where it ought to stand. */
  get fields(): Fields {
    return Fields.ofPacket(this.bytes);
  }

  /** As console.log shows it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Packet <${this}>`;
  }

  /** In words, those that `packet(words)` reads: `tcp 10.1.0.1:40000 > 10.1.0.100:80 S`. */
  toString(): string {
    return this.fields.toString();
  }
}

/** The bytes of a packet, or the bytes themselves. Throws UsageError for anything else. */
export function bytesOf(packet: Packet | Uint8Array): Uint8Array {
  const bytes = packet instanceof Packet ? packet.bytes : packet;
  if (bytes instanceof Uint8Array) return bytes;
  throw new UsageError(
    `expected a packet of tapvs/packet, or bytes, got ${got(packet)}; packet(words) makes one of words`,
  );
}
