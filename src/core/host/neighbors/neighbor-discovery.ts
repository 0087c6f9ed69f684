/**
 * Neighbor discovery, answering and asking (RFC 4861).
 * Mirrors net/ipv6/ndisc.c: ndisc_recv_ns, ndisc_recv_na, ndisc_recv_rs, ndisc_send_na, ndisc_solicit.
 */
import { DELIVERED, DROP, type Verdict } from "../../trace/verdict.ts";
import { AF_INET6 } from "../../wire/address.ts";
import { isMulticast, isUnspecified } from "../../wire/address-scope.ts";
import { type AddressHandle, NO_ADDRESS } from "../../wire/address-table.ts";
import { writeMac } from "../../wire/ethernet.ts";
import type { Frame, InterfaceIndex } from "../../wire/frame.ts";
import { NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION, ROUTER_SOLICITATION } from "../../wire/icmpv6.ts";
import { IPV6_SOURCE } from "../../wire/ipv6.ts";
import {
  advertisementFlags,
  BROKEN_OPTIONS,
  DISCOVERY_HOP_LIMIT,
  DISCOVERY_MESSAGE,
  discoveryFrame,
  isSolicitedNode,
  linkLayerOption,
  multicastMac,
  NO_OPTION,
  OVERRIDE,
  ROUTER,
  ROUTER_SOLICITATION_MESSAGE,
  SOLICITED,
  SOURCE_LINK_LAYER,
  solicitedNode,
  TARGET,
  TARGET_LINK_LAYER,
} from "../../wire/neighbor-discovery.ts";
import { hopLimit } from "../../wire/network.ts";
import type { Director } from "../director.ts";
import { outputWhole } from "../output.ts";
import { FAILED, INCOMPLETE, type Neighbor, type NeighborNews, REACHABLE, STALE } from "./neighbor.ts";
import { learning } from "./neighbors.ts";

/**
 * A message for the host, its checksum right (ndisc_rcv): nobody but a neighbor sends it, whole. DELIVERED, or why it is
 * ignored.
 */
export function receiveDiscovery(director: Director, frame: Frame, type: number): Verdict {
  const { view, transport: message, end } = frame;
  const shortest = type === ROUTER_SOLICITATION ? ROUTER_SOLICITATION_MESSAGE : DISCOVERY_MESSAGE;
  if (hopLimit(frame) !== DISCOVERY_HOP_LIMIT || view.getUint8(message + 1) !== 0) return DROP.discoveryMalformed;
  if (frame.largestFragment !== 0 || end - message < shortest) return DROP.discoveryMalformed;
  if (type === NEIGHBOR_SOLICITATION) return receiveSolicitation(director, frame);
  if (type === NEIGHBOR_ADVERTISEMENT) return receiveAdvertisement(director, frame);
  return type === ROUTER_SOLICITATION ? receiveRouterSolicitation(director, frame) : DROP.hostSilent;
}

/**
 * @ipvs #Y director "Neighbor solicitations for an address of the interface are answered, multicast or unicast, and tell who asks; so are those of duplicate address detection"
 */
function receiveSolicitation(director: Director, frame: Frame): Verdict {
  const { view, transport: message, end, source, destination, ifindex } = frame;
  const { addresses } = director;
  const target = addresses.ofIpv6At(view, message + TARGET);
  const mac = linkLayerOption(view, message + DISCOVERY_MESSAGE, end, SOURCE_LINK_LAYER);
  const probing = isUnspecified(source, addresses);
  if (isMulticast(target, addresses) || mac === BROKEN_OPTIONS) return DROP.discoveryMalformed;
  // Somebody would like to have the address (RFC 4862, section 5.4.3).
  if (probing && (mac !== NO_OPTION || !isSolicitedNode(destination, addresses))) return DROP.discoveryMalformed;
  if (!director.routes.isOnPort(ifindex, target) && !director.routes.claimedIpv6.has(target))
    return DROP.discoveryNotForUs;
  const wanted = isMulticast(destination, addresses);
  if (probing) {
    advertise(director, ifindex, target, allNodes(director), OVERRIDE, true);
    return DELIVERED;
  }
  const { neighborsIpv6: neighbors, now } = director;
  const mayBeNew = !wanted || mac !== NO_OPTION;
  const neighbor = mayBeNew ? neighbors.of(ifindex, source, now) : neighbors.find(ifindex, source);
  if (neighbor === undefined) return mayBeNew ? DROP.neighborTableOverflow : DELIVERED;
  take(director, neighbor, mac, STALE, true);
  advertise(director, ifindex, target, source, SOLICITED | (wanted ? OVERRIDE : 0), wanted);
  return DELIVERED;
}

/**
 * @ipvs #N[the kernel draws by lot when it answers] director "Neighbor solicitations for a subnet-router anycast address are answered"
 *
 * Only an entry that exists, and has not failed, may learn of it.
 * @ipvs #Y director "Neighbor advertisements: solicited and override flags decide what an entry takes from them; unasked ones make no entry"
 */
function receiveAdvertisement(director: Director, frame: Frame): Verdict {
  const { view, transport: message, end, ifindex } = frame;
  const { addresses } = director;
  const flags = advertisementFlags(view, message);
  const target = addresses.ofIpv6At(view, message + TARGET);
  const mac = linkLayerOption(view, message + DISCOVERY_MESSAGE, end, TARGET_LINK_LAYER);
  const toAll = isMulticast(frame.destination, addresses);
  if (isMulticast(target, addresses) || mac === BROKEN_OPTIONS || (toAll && (flags & SOLICITED) !== 0))
    return DROP.discoveryMalformed;
  const neighbor = director.routes.isOnPort(ifindex, target) ? undefined : director.neighborsIpv6.find(ifindex, target);
  if (neighbor === undefined || neighbor.state === FAILED) return DROP.discoveryNotForUs;
  take(director, neighbor, mac, (flags & SOLICITED) !== 0 ? REACHABLE : STALE, (flags & OVERRIDE) !== 0);
  return DELIVERED;
}

/** A host looks for a router: this is one, and remembers who asks (ndisc_recv_rs). It advertises nothing, as no radvd runs. */
function receiveRouterSolicitation(director: Director, frame: Frame): Verdict {
  const { view, transport: message, end, source, ifindex } = frame;
  const { addresses, now } = director;
  if (!director.sysctl.isRouter(ifindex) || isUnspecified(source, addresses)) return DROP.hostSilent;
  const mac = linkLayerOption(view, message + ROUTER_SOLICITATION_MESSAGE, end, SOURCE_LINK_LAYER);
  if (mac === BROKEN_OPTIONS) return DROP.discoveryMalformed;
  const neighbor = director.neighborsIpv6.of(ifindex, source, now);
  if (neighbor === undefined) return DROP.neighborTableOverflow;
  take(director, neighbor, mac, STALE, true);
  return DELIVERED;
}

const allNodes = ({ addresses }: Director): AddressHandle =>
  addresses.of({ family: AF_INET6, words: [0xff020000, 0, 0, 1] });

/** ndisc_update. A message without the MAC address says something only of one that is known already. */
function take(director: Director, neighbor: Neighbor, told: number, state: number, override: boolean): void {
  const { path, neighborsIpv6: neighbors, now, trace } = director;
  if (told === NO_OPTION && neighbor.state <= INCOMPLETE) return;
  const mac = told === NO_OPTION ? neighbor.mac : told;
  const news: NeighborNews = { mac, state, override, weak: true };
  if (trace !== undefined) trace.add(learning(path.shown, neighbors, neighbor, news));
  neighbors.update(neighbor, news, now);
}

/** Says at which MAC address an address of the interface is (ndisc_send_na). */
function advertise(
  director: Director,
  ifindex: InterfaceIndex,
  target: AddressHandle,
  to: AddressHandle,
  flags: number,
  tellsMac: boolean,
): void {
  const { addresses, path } = director;
  const router = director.sysctl.isRouter(ifindex) ? ROUTER : 0;
  const mac = director.macFor(ifindex, target);
  director.trace?.add({
    kind: "discovery",
    what: "advertises",
    target: path.shown.address(target),
    other: path.shown.address(to),
    mac: path.shown.mac(mac),
  });
  const message = {
    type: NEIGHBOR_ADVERTISEMENT,
    flags: flags | router,
    source: target,
    destination: to,
    target,
  } as const;
  send(director, discoveryFrame({ ...message, from: mac, to: 0, tellsMac }, addresses), ifindex);
}

/**
 * Asks for the neighbor's MAC address, at large or at the one that is known (ndisc_solicit). The source is that of the
 * packet that waits last, if it is the interface's own, else the interface's link-local address.
 * @ipvs #Y director "A neighbor solicitation comes from the source of the packet that waits, if that is the interface's, else from its link-local address"
 */
export function solicitNeighbor(director: Director, neighbor: Neighbor, atLarge: boolean): void {
  const { addresses, interfaces, path } = director;
  const { address: target, ifindex } = neighbor;
  const source = sourceOf(director, neighbor);
  if (source === undefined) return;
  const from = interfaces[ifindex]?.mac ?? 0;
  const destination = atLarge ? solicitedNode(target, addresses) : target;
  const to = atLarge ? multicastMac(destination, addresses) : neighbor.mac;
  director.trace?.add({
    kind: "discovery",
    what: "solicits",
    target: path.shown.address(target),
    other: path.shown.address(source),
    mac: path.shown.mac(from),
  });
  const message = { type: NEIGHBOR_SOLICITATION, flags: 0, source, destination, target } as const;
  director.emit(discoveryFrame({ ...message, from, to, tellsMac: true }, addresses), ifindex);
}

function sourceOf(director: Director, { parked, ifindex }: Neighbor): AddressHandle | undefined {
  const waiting = parked.at(-1);
  if (waiting !== undefined) {
    const source = director.addresses.ofIpv6At(waiting.view, waiting.network + IPV6_SOURCE);
    if (director.routes.isOnPort(ifindex, source)) return source;
  }
  return director.routes.ipv6Sources.linkLocalOf(ifindex);
}

/** To a group at once, to a neighbor as soon as its MAC address is known. */
function send(director: Director, frame: Frame, ifindex: InterfaceIndex): void {
  const { addresses } = director;
  const { destination } = frame;
  if (isMulticast(destination, addresses)) {
    writeMac(frame.view, frame.start, multicastMac(destination, addresses));
    director.emit(frame, ifindex);
    return;
  }
  const route = {
    local: false,
    ifindex,
    gateway: NO_ADDRESS,
    source: frame.source,
    mtu: director.interfaces[ifindex]?.mtu ?? 0,
  };
  outputWhole(director, frame, route, destination);
}
