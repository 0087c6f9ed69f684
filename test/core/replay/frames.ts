/** Frames for tests, written out by hand: Ethernet, ARP and ICMP echo. */

import { parseIpv4, parseMac } from "../../../src/core/wire/address.ts";
import { arpFrame } from "../../../src/core/wire/arp.ts";
import { checksum } from "../../../src/core/wire/checksum.ts";
import { macNumber } from "../../../src/core/wire/ethernet.ts";

export const ip = (text: string): number => parseIpv4(text) ?? 0;
export const mac = (text: string): number => macNumber(parseMac(text) ?? new Uint8Array(6));
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const bytes = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits.replace(/\s/g, ""), "hex"));

const BROADCAST = "ff:ff:ff:ff:ff:ff";

export interface Arp {
  readonly from: string;
  readonly sender: string;
  readonly target: string;
  /** Ethernet destination; all by default. */
  readonly to?: string;
  readonly reply?: boolean;
}

/** An ARP request, or a reply. */
export function arp({ from, sender, target, to = BROADCAST, reply = false }: Arp): Uint8Array {
  const fields = { senderMac: mac(from), senderIp: ip(sender), targetIp: ip(target), to: mac(to) };
  return arpFrame({ ...fields, operation: reply ? 2 : 1, targetMac: reply ? mac(to) : 0 })
    .contents()
    .slice();
}

/** An ICMP echo request with TTL 64 and four bytes of data. */
export function ping({
  from,
  to,
  source,
  destination,
}: {
  from: string;
  to: string;
  source: string;
  destination: string;
}): Uint8Array {
  const frame = bytes(
    `${"00".repeat(12)}0800 4500002000010000 4001 0000 ${"00".repeat(8)} 0800 0000 00010001 61626364`,
  );
  const view = new DataView(frame.buffer);
  for (const [at, text] of [
    [0, to],
    [6, from],
  ] as const)
    frame.set(parseMac(text) ?? [], at);
  view.setUint32(26, ip(source));
  view.setUint32(30, ip(destination));
  view.setUint16(24, checksum(view, 14, 20));
  view.setUint16(36, checksum(view, 34, 12));
  return frame;
}
