/**
 * ARP for IPv4 over Ethernet (RFC 826). Offsets from the start of the message.
 *
 *   0        2        4    5    6       8          14         18         24        28
 *   | hw 1   | 0x0800 | 6  | 4  | op    | sender MAC| sender IP| target MAC| target IP|
 */
import { BROADCAST, ETHERNET_HEADER, ETHERTYPE_ARP, writeMac } from "./ethernet.ts";
import { Frame } from "./frame.ts";

export const ARP_LENGTH = 28;
export const ARP_OPERATION = 6;
export const ARP_SENDER_MAC = 8;
export const ARP_SENDER_IP = 14;
export const ARP_TARGET_MAC = 18;
export const ARP_TARGET_IP = 24;
export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;
const HARDWARE_ETHERNET = 1;
const HARDWARE_IEEE802 = 6;

/** Whether the message at `at` is a whole ARP message for IPv4 over Ethernet (net/ipv4/arp.c: arp_rcv, arp_process). */
export function isArpForIpv4(view: DataView, at: number, end: number): boolean {
  if (end - at < ARP_LENGTH) return false;
  const hardware = view.getUint16(at);
  return (
    (hardware === HARDWARE_ETHERNET || hardware === HARDWARE_IEEE802) &&
    view.getUint16(at + 2) === 0x0800 &&
    view.getUint8(at + 4) === 6 &&
    view.getUint8(at + 5) === 4
  );
}

/** A message to be sent; MAC addresses as 48-bit numbers, IPv4 addresses in host order. */
export interface ArpFields {
  readonly operation: number;
  readonly senderMac: number;
  readonly senderIp: number;
  readonly targetMac: number;
  readonly targetIp: number;
  /** Ethernet destination; broadcast for most requests. */
  readonly to: number;
}

/** The 42-byte frame of an ARP message. */
export function arpFrame(fields: ArpFields): Frame {
  const frame = Frame.allocate(ETHERNET_HEADER + ARP_LENGTH);
  const { view, start } = frame;
  writeMac(view, start, fields.to);
  writeMac(view, start + 6, fields.senderMac);
  view.setUint16(start + 12, ETHERTYPE_ARP);
  const at = frame.network;
  view.setUint16(at, HARDWARE_ETHERNET);
  view.setUint16(at + 2, 0x0800);
  view.setUint8(at + 4, 6);
  view.setUint8(at + 5, 4);
  view.setUint16(at + ARP_OPERATION, fields.operation);
  writeMac(view, at + ARP_SENDER_MAC, fields.senderMac);
  view.setUint32(at + ARP_SENDER_IP, fields.senderIp);
  // Who asks does not know it; who answers repeats what the asker says of itself.
  const unknown = fields.operation === ARP_REQUEST && fields.targetMac === BROADCAST;
  writeMac(view, at + ARP_TARGET_MAC, unknown ? 0 : fields.targetMac);
  view.setUint32(at + ARP_TARGET_IP, fields.targetIp);
  return frame;
}
