/** Tells neighbors at which MAC address an address is from now on: gratuitous ARP (RFC 5227, section 3), unsolicited neighbor advertisements (RFC 4861, section 7.2.6). */
import { AF_INET, AF_INET6 } from "../../wire/address.ts";
import { type AddressHandle, familyOf } from "../../wire/address-table.ts";
import { ARP_REQUEST, ARP_TARGET_MAC, arpFrame } from "../../wire/arp.ts";
import { BROADCAST, writeMac } from "../../wire/ethernet.ts";
import type { InterfaceIndex } from "../../wire/frame.ts";
import { NEIGHBOR_ADVERTISEMENT } from "../../wire/icmpv6.ts";
import { discoveryFrame, multicastMac, OVERRIDE, ROUTER } from "../../wire/neighbor-discovery.ts";
import type { Director } from "../director.ts";
import { ownAddresses } from "../interfaces.ts";

/** One address, on its interface. */
export function announceAddress(director: Director, ifindex: InterfaceIndex, address: AddressHandle): void {
  const mac = director.macFor(ifindex, address);
  if (familyOf(address) === AF_INET) announceByArp(director, ifindex, address, mac);
  else announceByDiscovery(director, ifindex, address, mac);
}

/** A request for the address itself, from it, in keepalived's form: the target's MAC address is that of all. */
function announceByArp(director: Director, ifindex: InterfaceIndex, address: AddressHandle, senderMac: number): void {
  const ip = director.addresses.word(address, 0);
  const fields = { operation: ARP_REQUEST, senderMac, senderIp: ip, targetMac: BROADCAST, targetIp: ip, to: BROADCAST };
  const frame = arpFrame(fields);
  writeMac(frame.view, frame.network + ARP_TARGET_MAC, BROADCAST);
  director.emit(frame, ifindex);
}

function announceByDiscovery(director: Director, ifindex: InterfaceIndex, address: AddressHandle, from: number): void {
  const { addresses, sysctl } = director;
  const destination = addresses.of({ family: AF_INET6, words: [0xff020000, 0, 0, 1] });
  const frame = discoveryFrame(
    {
      type: NEIGHBOR_ADVERTISEMENT,
      flags: OVERRIDE | (sysctl.isRouter(ifindex) ? ROUTER : 0),
      source: address,
      destination,
      target: address,
      from,
      to: multicastMac(destination, addresses),
      tellsMac: true,
    },
    addresses,
  );
  director.emit(frame, ifindex);
}

/**
 * Addresses that were not there `before`, by their handles; without it, all.
 * differs: Linux says nothing (arp_notify is 0), and neighbors that knew the address elsewhere go on sending there until their entry
 * is doubted, up to 40 s.
 */
export function announceNew(director: Director, before: ReadonlySet<AddressHandle> = new Set()): void {
  for (const { ifindex, ipv4, ipv6 } of director.interfaces) {
    for (const { handle } of [...ipv4, ...ipv6]) if (!before.has(handle)) announceAddress(director, ifindex, handle);
  }
}

export const addressesNow = ({ interfaces }: Director): ReadonlySet<AddressHandle> =>
  new Set(ownAddresses(interfaces).map(({ handle }) => handle));
