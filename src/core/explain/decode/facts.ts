/** What stands in a frame, as values: the addresses, ports and flags that sentences, ladders and hosts speak of. */
import { type Address, AF_INET, AF_INET6, addressAt } from "../../wire/address.ts";
import { ARP_OPERATION, ARP_SENDER_IP, ARP_SENDER_MAC, ARP_TARGET_IP, isArpForIpv4 } from "../../wire/arp.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  macAt,
} from "../../wire/ethernet.ts";
import { type PacketFacts, readPacket } from "./packet-facts.ts";

export interface ArpFacts {
  readonly operation: number;
  readonly senderMac: number;
  readonly senderIp: Address;
  readonly targetIp: Address;
}

export interface FrameFacts {
  readonly length: number;
  readonly destinationMac: number;
  readonly sourceMac: number;
  readonly etherType: number;
  readonly arp: ArpFacts | undefined;
  /** Of either family. */
  readonly ip: PacketFacts | undefined;
}

/** The facts of a frame; `undefined` if it is shorter than an Ethernet header. Never throws, whatever the bytes. */
export function factsOf(bytes: Uint8Array): FrameFacts | undefined {
  if (bytes.length < ETHERNET_HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const etherType = view.getUint16(ETHERNET_TYPE);
  return {
    length: bytes.length,
    destinationMac: macAt(view, 0),
    sourceMac: macAt(view, ETHERNET_SOURCE),
    etherType,
    arp: etherType === ETHERTYPE_ARP ? readArp(view) : undefined,
    ip: readIp(view, etherType),
  };
}

function readIp(view: DataView, etherType: number): PacketFacts | undefined {
  const family = etherType === ETHERTYPE_IPV4 ? AF_INET : etherType === ETHERTYPE_IPV6 ? AF_INET6 : undefined;
  return family === undefined ? undefined : readPacket(view, family, ETHERNET_HEADER, view.byteLength);
}

function readArp(view: DataView): ArpFacts | undefined {
  const at = ETHERNET_HEADER;
  if (!isArpForIpv4(view, at, view.byteLength)) return undefined;
  return {
    operation: view.getUint16(at + ARP_OPERATION),
    senderMac: macAt(view, at + ARP_SENDER_MAC),
    senderIp: addressAt(view, at + ARP_SENDER_IP, AF_INET),
    targetIp: addressAt(view, at + ARP_TARGET_IP, AF_INET),
  };
}
