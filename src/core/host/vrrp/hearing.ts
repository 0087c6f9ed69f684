/** What virtual routers hear: an advertisement finds the router that it is for, and is believed or not. */
import type { VrrpFault } from "../../trace/events.ts";
import { DELIVERED, DROP, type Verdict } from "../../trace/verdict.ts";
import { isMulticast } from "../../wire/address.ts";
import type { AddressHandle, AddressTable } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import type { Advertisement } from "../../wire/vrrp.ts";
import type { Director } from "../director.ts";
import { faultFor, primaryAddress, readPacket } from "./advertisements.ts";
import { ahSequence, PROTOCOL_AH } from "./authentication.ts";
import { isInGroup, type PlacedRouter } from "./placed-router.ts";

/** A packet of the protocol to its group, or to the host itself. `onHeard` is told once a router has heard it. */
export function hearAdvertisement(
  director: Director,
  routers: readonly PlacedRouter[],
  frame: Frame,
  onHeard: (placed: PlacedRouter, advertisement: Advertisement) => void,
): Verdict {
  const { addresses, trace } = director;
  const advertisement = readPacket(frame);
  if (typeof advertisement === "string") return refuse(director, undefined, 0, advertisement);
  const { id, priority, interval } = advertisement;
  const placed = routerFor(director, routers, frame, advertisement);
  if (placed === undefined) return DROP.hostSilent;
  const { router } = placed;
  const fault = faultFor(director, router.config, frame, advertisement) ?? takeNumber(placed, frame);
  if (fault !== undefined) return refuse(director, placed, id, fault);
  const own = primaryAddress(director, placed.ifindex, addresses.value(frame.source));
  router.hear({ priority, interval, fromHigherAddress: isHigher(addresses, frame.source, own) });
  onHeard(placed, advertisement);
  trace?.add({ kind: "vrrp", id, priority, state: router.state, own: router.config.priority });
  return DELIVERED;
}

function routerFor(
  { addresses }: Director,
  routers: readonly PlacedRouter[],
  frame: Frame,
  { id, version }: Advertisement,
): PlacedRouter | undefined {
  const isToGroup = isMulticast(addresses.value(frame.destination));
  return routers.find(
    (one) =>
      one.ifindex === frame.ifindex &&
      one.family === frame.family &&
      one.router.config.id === id &&
      one.router.config.version === version &&
      isInGroup(one) === isToGroup,
  );
}

/** An authentication header that was heard before is not believed (RFC 2402, section 3.4.3). */
function takeNumber(placed: PlacedRouter, { view, network, protocol }: Frame): VrrpFault | undefined {
  if (protocol !== PROTOCOL_AH) return undefined;
  const number = ahSequence(view, network);
  if (number <= placed.number) return "replay";
  placed.number = number;
  return undefined;
}

function refuse({ trace }: Director, placed: PlacedRouter | undefined, id: number, why: VrrpFault): Verdict {
  placed?.refused.set(why, (placed.refused.get(why) ?? 0) + 1);
  trace?.add({ kind: "vrrp-refused", id, why });
  return DROP.hostSilent;
}

function isHigher(addresses: AddressTable, one: AddressHandle, other: AddressHandle): boolean {
  for (let word = 0; word < 4; word++) {
    const [a, b] = [addresses.word(one, word) >>> 0, addresses.word(other, word) >>> 0];
    if (a !== b) return a > b;
  }
  return false;
}
