/** The neighbors of a director: what happens when one is asked for, answers, or does not. */
import { DROP, type Verdict } from "../../trace/verdict.ts";
import { AF_INET, AF_INET6, type Family } from "../../wire/address.ts";
import { BROADCAST, macNumber } from "../../wire/ethernet.ts";
import type { Frame } from "../../wire/frame.ts";
import { DESTINATION_UNREACHABLE, HOST_UNREACHABLE } from "../../wire/icmp.ts";
import { ADDRESS_UNREACHABLE, ICMPV6_UNREACHABLE } from "../../wire/icmpv6.ts";
import { readHeaders } from "../../wire/network.ts";
import type { HostConfig } from "../config/config.ts";
import type { Director } from "../director.ts";
import { addressTo } from "../output.ts";
import { takeOptions } from "../own/own-options.ts";
import { solicit } from "./arp.ts";
import { solicitNeighbor } from "./neighbor-discovery.ts";
import { NeighborTable } from "./neighbors.ts";

/** The table of a family, empty; `count` hears how packets ended that waited in vain. */
export function makeNeighborTable(
  director: Director,
  family: Family,
  count: (verdict: Verdict) => void,
): NeighborTable {
  const { sysctl } = director;
  const isIpv4 = family === AF_INET;
  return new NeighborTable(director.addresses, director.interfaces.length, director.server.agenda, {
    solicit: (neighbor, atLarge) => (isIpv4 ? solicit : solicitNeighbor)(director, neighbor, atLarge),
    release: (neighbor, frame) => {
      addressTo(director, frame, neighbor);
      director.emit(frame, neighbor.ifindex);
    },
    unreachable: (_neighbor, frame) => {
      count(DROP.neighborFailed);
      tellUnreachable(director, frame);
    },
    thresholds: () => (isIpv4 ? sysctl.neighborThresholds : sysctl.neighborThresholdsIpv6),
    staleTime: (ifindex) => sysctl.staleTime(isIpv4 ? "ipv4" : "ipv6", ifindex),
    discarded: () => count(DROP.parkingFull),
  });
}

/** Those of the configuration, and what needs no ARP because it goes to everybody (net/ipv4/arp.c: arp_constructor). */
export function addPermanentNeighbors(director: Director, configured: HostConfig["neighbors"]): void {
  for (const { address, mac, dev } of configured) {
    const handle = director.addresses.of(address);
    director.neighborsOf(handle).addPermanent(director.ifindexOf(dev), handle, macNumber(mac));
  }
  for (const { address, ifindex } of director.routes.broadcasts) {
    director.neighbors.addPermanent(ifindex, address, BROADCAST);
  }
}

/** Nobody answered for the next hop of a packet that waited: its sender is told (dst_link_failure). */
function tellUnreachable(director: Director, frame: Frame): void {
  readHeaders(frame, director.addresses);
  if (frame.family === AF_INET6) {
    director.ip.sendError(frame, ICMPV6_UNREACHABLE, ADDRESS_UNREACHABLE, 0);
    return;
  }
  // Filled in once more, as whoever tells of it reads them anew (net/ipv4/route.c: ipv4_send_dest_unreach).
  if (takeOptions(director, frame, false) !== 0) return;
  director.ip.sendError(frame, DESTINATION_UNREACHABLE, HOST_UNREACHABLE, 0);
}
