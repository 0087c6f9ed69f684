/**
 * Packets as tests write them: those of tapvs/packet, and what only the emulator's own tests need. What they are made of is judged by
 * test/library/packet.test.ts with arithmetic of its own.
 */
import { flagsOf as flagsOfWord } from "../../src/core/packet/packet-words.ts";
import { parseIpv4 } from "../../src/core/wire/address.ts";

export {
  ethernet,
  fragments,
  type HeaderFields,
  icmp,
  icmpAbout,
  ip as ipv4,
  Packet,
  type TcpFields,
  tcp,
  udp,
} from "tapvs/packet";
export { repairHeader } from "../../src/library/packet/ip.ts";

/** The flags byte of letters as tcpdump writes them. */
export function flagsOf(letters: string): number {
  const flags = letters === "" ? 0 : flagsOfWord(letters);
  if (flags === undefined) throw new Error(`no TCP flags: ${letters}`);
  return flags;
}

/** An IPv4 address in host order. */
export function ip(text: string): number {
  const address = parseIpv4(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return address;
}

/** `length` bytes that count up from `first`: what got lost or moved shows. */
export const counting = (length: number, first = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (first + index) & 255);
