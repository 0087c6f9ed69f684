/** What the packet path of IPVS works with: the tables, the host around it, and whoever listens. */

import type { Trace } from "../trace/events.ts";
import type { SharedEvents } from "../trace/shared-events.ts";
import type { ShownValues } from "../trace/shown-values.ts";
import type { Verdict } from "../trace/verdict.ts";
import type { AddressHandle } from "../wire/address-table.ts";
import type { Frame, InterfaceIndex } from "../wire/frame.ts";
import type { Scratch } from "./scratch.ts";
import type { VirtualServer } from "./virtual-server.ts";

/** Where a packet for some destination goes. */
export interface Route {
  /** The destination is one of the host's own addresses. */
  readonly local: boolean;
  /** Number of the outgoing interface. */
  readonly ifindex: InterfaceIndex;
  /** Next hop; NO_ADDRESS if the destination itself. */
  readonly gateway: AddressHandle;
  /** The address the host would send from; of IPv6 see `sourceTo`. */
  readonly source: AddressHandle;
  /** MTU of the outgoing interface. */
  readonly mtu: number;
}

/** What IPVS asks of the IP stack it runs in. Frames and addresses are borrowed. */
export interface IpStack {
  /** The route for a packet of the host's own; `undefined` if there is none. */
  routeTo(destination: AddressHandle): Route | undefined;
  /** The address that the host would send from to a destination by its route. */
  sourceTo(route: Route, destination: AddressHandle): AddressHandle;
  /** The route's MTU, or less where a path MTU was learnt. */
  pathMtu(route: Route, destination: AddressHandle): number;
  /** An ICMP "fragmentation needed" told of the path to a destination (net/ipv4/route.c: ipv4_update_pmtu). */
  learnPathMtu(destination: AddressHandle, mtu: number): void;
  /** Sends an ICMP error about the packet as it now stands; `rest` is the second word of the message. */
  sendError(frame: Frame, type: number, code: number, rest: number): void;
  /** The same, whatever the rate limit says. */
  sendUnlimitedError(frame: Frame, type: number, code: number, rest: number): void;
  /** Fragments where needed, resolves the next hop and sends. Answers with a verdict. */
  output(frame: Frame, route: Route, destination: AddressHandle, mtu: number): Verdict;
  /** A packet that the host itself originates, through LOCAL_OUT. */
  originate(frame: Frame): Verdict;
  /** An identification for a packet that the host originates and that may be fragmented. */
  identification(): number;
}

export interface DataPath {
  readonly server: VirtualServer;
  readonly host: IpStack;
  trace: Trace | undefined;
  /** What events of addresses consist of. */
  readonly shown: ShownValues;
  /** Events that many packets have in common. */
  readonly shared: SharedEvents;
  readonly scratch: Scratch;
  /** How many packets the drop_packet defence still lets pass. */
  dropCounter: number;
}

/** Which netfilter hook a packet is at. */
export const LOCAL_IN = 1;
export const FORWARD = 2;
export const LOCAL_OUT = 3;
