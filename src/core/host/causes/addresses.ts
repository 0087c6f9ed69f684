/** Addresses: who has that of a service, who says so, and who sends from it. */
import type { Destination } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import { describeService, type Service } from "../../ipvs/service.ts";
import { SYNC_PORT } from "../../ipvs/sync/daemon.ts";
import type { Cause } from "../../trace/causes/causes.ts";
import { type Address, AF_INET, AF_INET6, addressAt, formatAddress, sameAddress } from "../../wire/address.ts";
import {
  ARP_LENGTH,
  ARP_OPERATION,
  ARP_REQUEST,
  ARP_SENDER_IP,
  ARP_SENDER_MAC,
  ARP_TARGET_IP,
} from "../../wire/arp.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_ARP, macAt, macText } from "../../wire/ethernet.ts";
import type { Frame } from "../../wire/frame.ts";
import { REDIRECT } from "../../wire/icmp.ts";
import { NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION } from "../../wire/icmpv6.ts";
import { PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { isIcmp } from "../../wire/network.ts";
import type { Finder, Inquiry } from "./inquiry.ts";

export const ownSource: Finder = (inquiry) => {
  const { frame, director, dev } = inquiry;
  if (inquiry.verdict !== "martian-source" || frame === undefined || !director.routes.isOwn(frame.source))
    return undefined;
  const value = director.sysctl.read(`net.ipv4.conf.${dev}.accept_local`) ?? 0;
  const name = `net.ipv4.conf.${dev}.accept_local`;
  const source = inquiry.address(frame.source);
  const shared = servicesAt(inquiry, source).find(({ destinations }) => destinations.some(hasVirtualAddress));
  const server = serverAt(inquiry, macAt(frame.view, frame.start + 6));
  return { kind: "own-source", source, shared: shared ? describeService(shared) : "", server, switch: { name, value } };
};

/** Real servers of direct routing and tunnels accept packets for the virtual address, and reply from it. */
const hasVirtualAddress = ({ forwarding }: Destination): boolean => {
  const { name } = methodOf(forwarding);
  return name === "Route" || name === "Tunnel";
};

/** A service's address is on no interface: nobody answers for it, and its packets never come to LOCAL_IN. */
export const virtualMissing: Finder = (inquiry) => {
  if (inquiry.routed?.to === "local" || inquiry.last("service") !== undefined) return undefined;
  const { frame, director, found } = inquiry;
  if (found === "request") return undefined;
  const asked = askedFor(inquiry);
  const address = asked ?? (frame && inquiry.address(frame.destination));
  if (address === undefined || isOwn(director, address)) return undefined;
  const service = servicesAt(inquiry, address)[0] ?? markedFor(inquiry);
  if (service === undefined) return undefined;
  const { fwmark } = service;
  return {
    kind: "virtual-missing",
    service: describeService(service),
    address,
    asked: asked !== undefined,
    mark: fwmark,
  };
};

/** The service by mark that a packet is meant for which the director sends on. */
function markedFor(inquiry: Inquiry): Service | undefined {
  const { service, routed } = inquiry;
  return routed?.to === "forward" && service !== undefined && service.fwmark !== 0 ? service : undefined;
}

const isOwn = ({ interfaces }: Inquiry["director"], own: Address): boolean =>
  interfaces.some(({ ipv4, ipv6 }) => [...ipv4, ...ipv6].some(({ address }) => sameAddress(address, own)));

/** Whose address an ARP request or a neighbor solicitation asks for; not that of its sender, who says where it is. */
function askedFor(inquiry: Inquiry): Address | undefined {
  const { received, frame } = inquiry;
  if (received === undefined) return undefined;
  if (frame === undefined) {
    const message = arpIn(received.bytes);
    if (message?.getUint16(ARP_OPERATION) !== ARP_REQUEST) return undefined;
    const target = message.getInt32(ARP_TARGET_IP);
    return target === message.getInt32(ARP_SENDER_IP) ? undefined : inquiry.address(target);
  }
  const { view, transport, end } = frame;
  if (frame.family !== AF_INET6 || !isIcmp(frame) || end - transport < ADVERTISEMENT) return undefined;
  if (view.getUint8(transport) !== NEIGHBOR_SOLICITATION) return undefined;
  return addressAt(view, transport + ADVERTISED, AF_INET6);
}

export const servicesAt = ({ server }: Inquiry, address: Service["address"]): Service[] =>
  server.services.list().filter((service) => service.fwmark === 0 && sameAddress(service.address, address));

export const backupOnly: Finder = (inquiry) => {
  const { server, service } = inquiry;
  if (!server.sync.standsBy || service === undefined || inquiry.routed?.to !== "local") return undefined;
  return { kind: "backup-only", switch: inquiry.switch("backup_only") };
};

/** ARP or neighbor discovery by which another host says that it has an address of the director. */
export const addressClaimed: Finder = (inquiry): Cause | undefined => {
  const received = inquiry.received;
  const { director, frame } = inquiry;
  if (received === undefined) return undefined;
  const claim = frame === undefined ? arpSender(inquiry, received.bytes) : advertised(frame);
  if (claim === undefined || director.interfaces.some(({ mac }) => mac === claim.mac)) return undefined;
  if (!isOwn(director, claim.address)) return undefined;
  return {
    kind: "address-claimed",
    address: claim.address,
    mac: macText(claim.mac),
    server: serverAt(inquiry, claim.mac),
  };
};

interface Claim {
  readonly mac: number;
  readonly address: Address;
}

/** The ARP message that a frame is. */
function arpIn({ buffer, byteOffset, length }: Uint8Array): DataView | undefined {
  if (length < ETHERNET_HEADER + ARP_LENGTH) return undefined;
  const type = new DataView(buffer, byteOffset).getUint16(ETHERNET_TYPE);
  return type === ETHERTYPE_ARP ? new DataView(buffer, byteOffset + ETHERNET_HEADER, ARP_LENGTH) : undefined;
}

function arpSender(inquiry: Inquiry, bytes: Uint8Array): Claim | undefined {
  const message = arpIn(bytes);
  if (message === undefined) return undefined;
  return { mac: macAt(message, ARP_SENDER_MAC), address: inquiry.address(message.getInt32(ARP_SENDER_IP)) };
}

const ADVERTISED = 8;
const ADVERTISEMENT = ADVERTISED + 16;

/** Who advertises, is who sends the frame. */
function advertised(frame: Frame): Claim | undefined {
  const { view, transport, end, start } = frame;
  if (frame.family !== AF_INET6 || !isIcmp(frame) || end - transport < ADVERTISEMENT) return undefined;
  if (view.getUint8(transport) !== NEIGHBOR_ADVERTISEMENT) return undefined;
  return { mac: macAt(view, start + 6), address: addressAt(view, transport + ADVERTISED, AF_INET6) };
}

/** The real server that a MAC address is known to be of; empty if none. */
export function serverAt(inquiry: Inquiry, mac: number): string {
  const { director } = inquiry;
  const at = inquiry.destinations.find(({ handle }) => macOf(director, handle) === mac);
  return at === undefined ? "" : formatAddress(at.address);
}

/** The MAC address of a neighbor, if it is known on any interface. */
export const macOf = (director: Inquiry["director"], address: number): number | undefined => {
  for (const ifindex of director.interfaces.keys()) {
    const neighbor = director.neighbors.find(ifindex, address);
    if (neighbor !== undefined && neighbor.mac !== 0) return neighbor.mac;
  }
  return undefined;
};

/** The director keeps quiet about an address that it has. */
export const arpIgnored: Finder = (inquiry) => {
  const { director, dev, verdict, received } = inquiry;
  const message = received && arpIn(received.bytes);
  if (message === undefined || verdict !== "arp-not-for-us") return undefined;
  const target = message.getInt32(ARP_TARGET_IP);
  const own = director.sysctl.read(`net.ipv4.conf.${dev}.arp_ignore`) ?? 0;
  const all = director.sysctl.read("net.ipv4.conf.all.arp_ignore") ?? 0;
  if (!director.routes.isOwn(target) || Math.max(own, all) === 0) return undefined;
  const name = `net.ipv4.conf.${all > own ? "all" : dev}.arp_ignore`;
  return { kind: "arp-ignored", address: inquiry.address(target), dev, switch: { name, value: Math.max(own, all) } };
};

/** The sender is told of a shorter path: of NAT with one arm, past the director. */
export const redirected: Finder = (inquiry) => {
  const told = inquiry.last("icmp");
  const { director, dev } = inquiry;
  if (told?.type !== REDIRECT || told.to.family !== AF_INET) return undefined;
  const own = director.sysctl.read(`net.ipv4.conf.${dev}.send_redirects`) ?? 0;
  const name = `net.ipv4.conf.${own === 0 ? "all" : dev}.send_redirects`;
  return { kind: "redirected", sender: told.to, switch: { name, value: 1 } };
};

/** A packet for a virtual address that was sent to another host's MAC address. */
export const elsewhere: Finder = (inquiry) => {
  const { frame, director, verdict } = inquiry;
  if (verdict !== "not-for-us" || frame === undefined || !director.routes.isOwn(frame.destination)) return undefined;
  const mac = macText(macAt(frame.view, frame.start));
  return { kind: "elsewhere", address: inquiry.address(frame.destination), mac };
};

export const neighborSilent: Finder = (inquiry) => {
  const awaited = inquiry.last("neighbor");
  // The first that waits asks; when another joins it, nobody has replied yet.
  const asks = inquiry.last("arp") !== undefined || inquiry.last("discovery") !== undefined;
  if (inquiry.verdict !== "parked" || awaited?.what !== "awaited") return undefined;
  const dev = inquiry.last("routed")?.dev ?? "";
  const before = hasFailed(inquiry, awaited.address, dev);
  if (asks && !before) return undefined;
  const server = inquiry.method?.destination ?? "";
  return { kind: "neighbor-silent", address: awaited.address, server, dev, before };
};

/** An entry that is older than this packet and has no MAC address was asked for before, in vain. */
const hasFailed = ({ director }: Inquiry, address: Address, dev: string): boolean => {
  const ifindex = director.interfaces.findIndex(({ name }) => name === dev);
  const neighbor = director.neighbors.find(ifindex, director.addresses.of(address));
  return neighbor !== undefined && neighbor.mac === 0 && neighbor.used < director.now;
};

/** What a sync master sends to its group, where nobody hears it. */
export const syncUnheard: Finder = (inquiry) => {
  const { ends, frame, server, dev } = inquiry;
  if (ends === undefined || frame === undefined || inquiry.verdict !== "not-listening") return undefined;
  if (ends.protocol !== PROTOCOL_UDP || ends.destinationPort !== SYNC_PORT) return undefined;
  return { kind: "sync-unheard", dev, heardAt: server.sync.heardAt ?? "" };
};
