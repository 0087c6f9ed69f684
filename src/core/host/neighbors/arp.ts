/** ARP, answering and asking (RFC 826). Mirrors net/ipv4/arp.c: arp_process, arp_solicit. */
import { DELIVERED, DROP, type Verdict } from "../../trace/verdict.ts";
import { type AddressHandle, NO_ADDRESS } from "../../wire/address-table.ts";
import {
  ARP_OPERATION,
  ARP_REPLY,
  ARP_REQUEST,
  ARP_SENDER_IP,
  ARP_SENDER_MAC,
  ARP_TARGET_IP,
  arpFrame,
  isArpForIpv4,
} from "../../wire/arp.ts";
import { BROADCAST, macAt } from "../../wire/ethernet.ts";
import { type Frame, type InterfaceIndex, TO_HOST, TO_OTHER } from "../../wire/frame.ts";
import { IPV4_SOURCE } from "../../wire/ipv4.ts";
import type { Director } from "../director.ts";
import type { InterfaceAddress } from "../interfaces.ts";
import { mayReachHost } from "../source-validation.ts";
import { type Neighbor, REACHABLE, STALE } from "./neighbor.ts";
import { learning } from "./neighbors.ts";

/** An ARP message arrived; DELIVERED, or why it was ignored. */
export function receiveArp(director: Director, frame: Frame): Verdict {
  const { view } = frame;
  const at = frame.network;
  if (frame.packetType === TO_OTHER) return DROP.notForUs;
  if (!isArpForIpv4(view, at, frame.end)) return DROP.arpMalformed;
  const operation = view.getUint16(at + ARP_OPERATION);
  const sender = director.addresses.ofIpv4(view.getInt32(at + ARP_SENDER_IP));
  const target = director.addresses.ofIpv4(view.getInt32(at + ARP_TARGET_IP));
  if (operation !== ARP_REQUEST && operation !== ARP_REPLY) return DROP.arpMalformed;
  if (target >>> 28 === 14 || target >>> 24 === 127) return DROP.arpNotForUs;
  const senderMac = macAt(view, at + ARP_SENDER_MAC);
  if (operation === ARP_REQUEST && isHeard(director, frame.ifindex, sender, target)) {
    if (isIgnored(director, frame.ifindex, sender, target)) return DROP.arpNotForUs;
    if (sender !== 0 && !learn(director, frame.ifindex, sender, senderMac)) return DROP.neighborTableOverflow;
    answer(director, frame.ifindex, sender, senderMac, target);
    return DELIVERED;
  }
  return updateKnown(director, frame, operation, sender, senderMac, target);
}

/**
 * Whether somebody who may be a neighbor asks for an address of ours, or nobody does, to find out whether it is free (RFC 5227).
 * @ipvs #Y director "ARP requests from loopback, multicast and other impossible senders are not answered; rp_filter holds for them too"
 */
const isHeard = (director: Director, ifindex: InterfaceIndex, sender: AddressHandle, target: AddressHandle): boolean =>
  director.routes.isOwn(target) && (sender === 0 || mayReachHost(director, ifindex, sender, target));

/**
 * arp_ignore 1: only for addresses of the port itself; 2: and only to askers of its network; 8: never (arp.c: arp_ignore).
 * The other values ignore nothing: 3 spares addresses of the loopback interface, of which there are none.
 * @ipvs #Y director "ARP requests for any of the director's addresses are answered on every port, unless arp_ignore says otherwise"
 */
function isIgnored(director: Director, ifindex: InterfaceIndex, sender: AddressHandle, target: AddressHandle): boolean {
  const entry = director.interfaces[ifindex];
  const ignore = director.sysctl.strictest(entry?.name ?? "", "arp_ignore");
  if (ignore === 8) return true;
  if (ignore !== 1 && ignore !== 2) return false;
  const own = entry?.ipv4 ?? [];
  if (!own.some(({ handle }) => handle === target)) return true;
  return ignore === 2 && sender !== NO_ADDRESS && !own.some((one) => isOnLink(director, one, target, sender));
}

/** Whether both are of the network of an address. */
const isOnLink = (
  { addresses }: Director,
  { handle, prefix }: InterfaceAddress,
  a: AddressHandle,
  b: AddressHandle,
): boolean => addresses.samePrefix(handle, a, prefix) && addresses.samePrefix(handle, b, prefix);

/** A request tells who asks: the entry is made if need be (neigh_event_ns). Whom the table has no room for is not answered. */
function learn(director: Director, ifindex: InterfaceIndex, sender: AddressHandle, mac: number): boolean {
  const { neighbors } = director;
  const neighbor = neighbors.of(ifindex, sender, director.now);
  if (neighbor !== undefined) neighbors.update(neighbor, { mac, state: STALE, override: true }, director.now);
  return neighbor !== undefined;
}

/** Anything else may only refresh an entry that exists. */
function updateKnown(
  director: Director,
  frame: Frame,
  operation: number,
  sender: AddressHandle,
  mac: number,
  target: AddressHandle,
): Verdict {
  const neighbor = director.neighbors.find(frame.ifindex, sender);
  if (neighbor === undefined) return DROP.arpNotForUs;
  // Gratuitous: it speaks of the sender itself.
  const override = director.neighbors.isUnlocked(neighbor, director.now) || sender === target;
  const state = operation === ARP_REPLY && frame.packetType === TO_HOST ? REACHABLE : STALE;
  const { neighbors, path, trace } = director;
  const news = { mac, state, override };
  if (trace !== undefined) trace.add(learning(path.shown, neighbors, neighbor, news));
  neighbors.update(neighbor, news, director.now);
  return DELIVERED;
}

function answer(
  director: Director,
  ifindex: InterfaceIndex,
  to: AddressHandle,
  toMac: number,
  target: AddressHandle,
): void {
  const senderMac = director.macFor(ifindex, target);
  const { shown } = director.path;
  director.trace?.add({
    kind: "arp",
    operation: ARP_REPLY,
    sender: shown.address(target),
    target: shown.address(to),
    mac: shown.mac(senderMac),
  });
  director.emit(
    arpFrame({ operation: ARP_REPLY, senderMac, senderIp: target, targetMac: toMac, targetIp: to, to: toMac }),
    ifindex,
  );
}

/**
 * Asks who has the neighbor's address. The sender address is that of the packet that waits last, if it is the host's own.
 * @ipvs #Y director "An ARP request made by a packet from a local address carries that address, for NAT answers the virtual one"
 */
export function solicit(director: Director, neighbor: Neighbor, broadcast: boolean): void {
  const senderIp = announced(director, neighbor);
  const senderMac = director.interfaces[neighbor.ifindex]?.mac ?? 0;
  const { shown } = director.path;
  director.trace?.add({
    kind: "arp",
    operation: ARP_REQUEST,
    sender: shown.address(senderIp),
    target: shown.address(neighbor.address),
    mac: "",
  });
  director.emit(
    arpFrame({
      operation: ARP_REQUEST,
      senderMac,
      senderIp,
      // Left open even where it is known (arp_send_dst with no target_hw).
      targetMac: 0,
      targetIp: neighbor.address,
      to: broadcast ? BROADCAST : neighbor.mac,
    }),
    neighbor.ifindex,
  );
}

/**
 * The sender address of a request: the waiting packet's own source, if it is the host's and arp_announce lets it be told.
 * @ipvs #Y director "arp_announce 1: a request names the packet's source if target and source share a network of the port; 2: never"
 */
function announced(director: Director, neighbor: Neighbor): AddressHandle {
  const waiting = neighbor.parked.at(-1);
  const source = director.addresses.ofIpv4(waiting?.view.getInt32(waiting.network + IPV4_SOURCE) ?? 0);
  const entry = director.interfaces[neighbor.ifindex];
  const announce = director.sysctl.strictest(entry?.name ?? "", "arp_announce");
  const onLink = entry?.ipv4.some((one) => isOnLink(director, one, neighbor.address, source));
  const tells = announce === 0 || (announce === 1 && onLink === true);
  return tells && director.routes.isOwn(source)
    ? source
    : director.routes.sourceFor(neighbor.ifindex, neighbor.address);
}
