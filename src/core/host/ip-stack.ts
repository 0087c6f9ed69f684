/** What IPVS, and the host itself, ask of the host's IP: routes, path MTUs, errors, and a way out for packets. */
import type { IpStack, Route } from "../ipvs/data-path.ts";
import type { Trace } from "../trace/events.ts";
import type { Verdict } from "../trace/verdict.ts";
import { AF_INET, AF_INET6 } from "../wire/address.ts";
import { type AddressHandle, familyOf, NO_ADDRESS } from "../wire/address-table.ts";
import { type Frame, type InterfaceIndex, TO_HOST } from "../wire/frame.ts";
import type { Director } from "./director.ts";
import { goesInPieces, outputPieces, outputWhole } from "./output.ts";
import { sendError } from "./own/icmp-send.ts";
import { sendIcmpv6Error } from "./own/icmpv6-send.ts";
import { LOOPBACK } from "./routes.ts";
import { originate } from "./walk.ts";

export class HostIpStack implements IpStack {
  readonly #director: Director;
  #identification: number;

  /** `seed`: where identifications begin. */
  constructor(director: Director, seed: number) {
    this.#director = director;
    this.#identification = seed;
  }

  // --- ways

  routeTo(destination: AddressHandle, scope: InterfaceIndex = LOOPBACK): Route | undefined {
    const { path, routes } = this.#director;
    const route = routes.lookup(destination, scope);
    if (path.trace !== undefined) this.#noteRoute(path.trace, destination, route);
    return route;
  }

  #noteRoute(trace: Trace, destination: AddressHandle, route: Route | undefined): void {
    const gateway = route?.gateway ?? NO_ADDRESS;
    const ifindex = route?.ifindex ?? LOOPBACK;
    const { shown, shared } = this.#director.path;
    const to = route === undefined ? "none" : route.local ? "local" : "forward";
    // An index below 0 would be looked up as a name.
    const dev = ifindex < 0 ? "lo" : (this.#director.interfaces[ifindex]?.name ?? "lo");
    const via = gateway === NO_ADDRESS ? undefined : shown.address(gateway);
    trace.add(shared.routed(shown.address(destination), to, dev, via));
  }

  sourceTo(route: Route, destination: AddressHandle): AddressHandle {
    return familyOf(destination) === AF_INET
      ? route.source
      : this.#director.routes.ipv6Sources.remembered(route.ifindex, destination);
  }

  pathMtu(route: Route, destination: AddressHandle): number {
    const { routes, now } = this.#director;
    return routes.pathMtu(route, destination, now);
  }

  learnPathMtu(destination: AddressHandle, mtu: number): void {
    const { routes, server, now } = this.#director;
    if (routes.learnPathMtu(destination, mtu, now)) server.destinations.forgetRoutes(familyOf(destination));
  }

  // --- packets that leave

  output(frame: Frame, route: Route, destination: AddressHandle, mtu: number): Verdict {
    frame.routedLocally = false;
    return goesInPieces(frame, mtu)
      ? outputPieces(this.#director, frame, route, destination, mtu)
      : outputWhole(this.#director, frame, route, destination);
  }

  /** `scope`: the port that is meant where the destination is link-local. */
  originate(frame: Frame, scope: InterfaceIndex = LOOPBACK): Verdict {
    frame.packetType = TO_HOST;
    return originate(this.#director, frame, scope);
  }

  /** differs: the kernel's comes from a keyed hash and cannot be foretold. */
  identification(): number {
    this.#identification = (this.#identification + 1) & 0xffff;
    return this.#identification;
  }

  // --- errors

  sendError(frame: Frame, type: number, code: number, rest: number): void {
    if (frame.family === AF_INET6) sendIcmpv6Error(this.#director, frame, type, code, rest);
    else sendError(this.#director, frame, type, code, rest);
  }

  sendUnlimitedError(frame: Frame, type: number, code: number, rest: number): void {
    sendIcmpv6Error(this.#director, frame, type, code, rest, false);
  }
}
