/** Tells a sender of a shorter path on its own link (RFC 4861, section 8). Mirrors net/ipv6/ndisc.c: ndisc_send_redirect. */
import type { Route } from "../../ipvs/data-path.ts";
import { isLinkLocal, isMulticast, isUnspecified } from "../../wire/address-scope.ts";
import { type AddressHandle, NO_ADDRESS } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import { ICMPV6_HEADER, ICMPV6_REDIRECT } from "../../wire/icmpv6.ts";
import { IPV6_HEADER, LEAST_IPV6_MTU, PROTOCOL_ICMPV6 } from "../../wire/ipv6.ts";
import { DISCOVERY_HOP_LIMIT, linkLayerOptionBytes, TARGET_LINK_LAYER } from "../../wire/neighbor-discovery.ts";
import { finishIcmpv6 } from "../../wire/network.ts";
import type { Director } from "../director.ts";
import { packetOf } from "../ipv6-packet.ts";
import { INCOMPLETE } from "../neighbors/neighbor.ts";
import { outputWhole } from "../output.ts";

const ADDRESS = 16;
/** Type, code, checksum, reserved; target and destination. */
const MESSAGE = ICMPV6_HEADER + 2 * ADDRESS;
const REDIRECTED_HEADER = 4;
const OPTION_HEADER = 8;
/** Milliseconds between two, in the long run. */
const INTERVAL = 1000;

/**
 * The packet is about to leave by the interface it came in by: its sender could reach the next hop itself.
 * @ipvs #Y director "IPv6: a packet that leaves where it came in earns a redirect, from the link-local address, if its sender is a neighbor; six at once, then one a second, by sender and by destination"
 */
export function redirectIpv6(director: Director, frame: Frame, route: Route): void {
  const { addresses, routes, peers, now } = director;
  const { source: sender, destination, ifindex } = frame;
  if (!peers.mayError(destination, now, INTERVAL)) return;
  const from = routes.ipv6Sources.linkLocalOf(ifindex);
  const target = route.gateway === NO_ADDRESS ? destination : route.gateway;
  if (from === undefined || isUnspecified(sender, addresses) || isMulticast(sender, addresses)) return;
  if (target !== destination && !isLinkLocal(target, addresses)) return;
  const back = routes.lookup(sender, ifindex);
  if (back === undefined || back.local || back.gateway !== NO_ADDRESS) return;
  if (!peers.mayError(sender, now, INTERVAL)) return;
  const payload = redirectMessage(director, frame, target);
  const fields = { source: from, destination: sender, trafficClass: 0, nextHeader: PROTOCOL_ICMPV6, payload, ifindex };
  const redirect = packetOf(director, { ...fields, hopLimit: DISCOVERY_HOP_LIMIT });
  finishIcmpv6(redirect);
  director.trace?.add({ kind: "icmp", type: ICMPV6_REDIRECT, code: 0, to: director.path.shown.address(sender) });
  outputWhole(director, redirect, back, sender);
}

function redirectMessage(
  director: Director,
  { bytes, network, end, destination, ifindex }: Frame,
  target: AddressHandle,
) {
  const { addresses, neighborsIpv6 } = director;
  const neighbor = neighborsIpv6.find(ifindex, target);
  const known =
    neighbor !== undefined && neighbor.state > INCOMPLETE
      ? linkLayerOptionBytes(TARGET_LINK_LAYER, neighbor.mac)
      : new Uint8Array();
  const room = LEAST_IPV6_MTU - IPV6_HEADER - MESSAGE - known.length;
  const option = Math.min(room, end - network + OPTION_HEADER) & ~7;
  const message = new Uint8Array(MESSAGE + known.length + option);
  const view = new DataView(message.buffer);
  message[0] = ICMPV6_REDIRECT;
  addresses.write(view, ICMPV6_HEADER, target);
  addresses.write(view, ICMPV6_HEADER + ADDRESS, destination);
  message.set(known, MESSAGE);
  const redirected = MESSAGE + known.length;
  message.set([REDIRECTED_HEADER, option / 8], redirected);
  message.set(bytes.subarray(network, network + option - OPTION_HEADER), redirected + OPTION_HEADER);
  return message;
}
