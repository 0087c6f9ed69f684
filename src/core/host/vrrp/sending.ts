/** What a virtual router sends: its advertisements, and where its addresses are. */
import type { Agenda } from "../../time/agenda.ts";
import { AF_INET } from "../../wire/address.ts";
import { ETHERNET_SOURCE, ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6, writeMac } from "../../wire/ethernet.ts";
import type { Frame } from "../../wire/frame.ts";
import { virtualMac } from "../../wire/vrrp.ts";
import type { Director } from "../director.ts";
import { groupMac } from "../multicast/membership.ts";
import { announceAddress } from "../neighbors/announce.ts";
import { advertisementFrame, groupOf } from "./advertisements.ts";
import type { VirtualRouterConfig } from "./config.ts";
import type { PlacedRouter } from "./placed-router.ts";

const SECOND = 1_000_000;

/** Where a router is, or was that the configuration has no more. */
export type RouterPlace = Pick<PlacedRouter, "ifindex" | "family" | "number">;

/** To the group or to each peer; counts as one packet of the router. */
export function sendAdvertisement(
  director: Director,
  place: RouterPlace,
  config: VirtualRouterConfig,
  priority: number,
): void {
  const { ifindex, family } = place;
  const number = ++place.number;
  for (const destination of config.peers ?? [groupOf(family)]) {
    const frame = advertisementFrame(director, { config, priority, ifindex, number, destination });
    if (config.peers === undefined) emitToGroup(director, frame, place, config);
    else director.ip.originate(frame, ifindex);
  }
}

function emitToGroup(
  director: Director,
  frame: Frame,
  { ifindex, family }: RouterPlace,
  config: VirtualRouterConfig,
): void {
  const { view, start } = frame;
  const own = director.interfaces[ifindex]?.mac ?? 0;
  writeMac(view, start, groupMac(frame.destination, director.addresses));
  writeMac(view, start + ETHERNET_SOURCE, config.virtualMac ? virtualMac(family, config.id) : own);
  view.setUint16(start + ETHERNET_TYPE, family === AF_INET ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
  director.emit(frame, ifindex);
}

/** Says where the addresses are: now, after a while once more, and then for ever if that is wanted. */
export function announceOften(director: Director, agenda: Agenda, placed: PlacedRouter): void {
  const { delay, refresh } = placed.router.config.announce;
  announce(director, placed);
  const again = (): void => {
    announce(director, placed);
    if (refresh > 0) placed.announcing = agenda.schedule(director.now + refresh * SECOND, again);
  };
  if (delay > 0) placed.announcing = agenda.schedule(director.now + delay * SECOND, again);
}

/** Once, as often as the configuration repeats it. */
export function announce(director: Director, { router: { config }, ifindex }: PlacedRouter): void {
  const { addresses } = director;
  for (let turn = 0; turn < config.announce.repeat; turn++) {
    for (const { address } of config.addresses) announceAddress(director, ifindex, addresses.of(address));
  }
}
