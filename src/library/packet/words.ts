/** A packet in words, in the one grammar of made-up packets: `tapvs explain --packet`, transcripts, and here. */
import { PacketError } from "../../core/packet/made-up-packet.ts";
import { packetBytes } from "../../core/packet/packet-bytes.ts";
import { parsePacket } from "../../core/packet/read-packet.ts";
import { ETHERNET_HEADER } from "../../core/wire/ethernet.ts";
import { UsageError } from "../errors.ts";
import { got } from "../wrong-use.ts";
import { Packet } from "./packet.ts";

/**
 * The packet that the words say: `packet("icmp 10.1.0.1 > 10.1.0.100 echo ttl 3")`. docs/explain.md has the grammar. Throws
 * UsageError, which names the word and what was expected there.
 */
export function packet(words: string): Packet {
  if (typeof words !== "string") throw new UsageError(`expected a packet in words, got ${got(words)}`);
  try {
    return new Packet(packetBytes(parsePacket(words), 0, 0).subarray(ETHERNET_HEADER));
  } catch (error) {
    throw error instanceof PacketError ? new UsageError(`"${words}": ${error.message}`) : error;
  }
}
