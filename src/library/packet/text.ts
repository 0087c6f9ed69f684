/** A frame in one line. */
import { summary } from "../../core/explain/summary.ts";
import { packetWords } from "../../core/packet/packet-text.ts";
import { ETHERNET_HEADER, ETHERNET_SOURCE, macAt } from "../../core/wire/ethernet.ts";

/**
 * The words that make the packet in the frame again, byte for byte, by `packet(words)`: `tcp 10.1.0.7:40000 > 10.2.0.2:80 S ttl 63`. What
 * goes without saying is left out. Where no words do, a line in the manner of tcpdump. Never throws.
 */
export function frameText(bytes: Uint8Array): string {
  if (bytes.length < ETHERNET_HEADER) return summary(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return (
    packetWords(bytes, () => ({ source: macAt(view, ETHERNET_SOURCE), destination: macAt(view, 0) })) ?? summary(bytes)
  );
}
