/**
 * A recorded capture, with the frames that the real director sent among it, beside what the emulator sends when it gets
 * those that arrived. Compared are IPv4 and ARP frames, and IPv6 ones where the director has an IPv6 address, in their order
 * on each port. What may differ:
 * - what may differ in transcripts (compare.ts);
 * - ARP requests and neighbor solicitations to a single neighbor: the kernel draws at random when to doubt one
 *   (neigh_rand_reach_time). Those for the same neighbor must have the same bytes;
 * - what a host says when its interface comes up: router solicitations, and solicitations that look for a duplicate;
 * - frames that the emulator sends after the recording's end, where the recording has none to compare them with.
 * Other frames of the recorded kernel have no counterpart.
 */
import { factsOf } from "../explain/decode/facts.ts";
import { AF_INET6, ANY_IPV6, formatAddress, formatIpv4, sameAddress } from "../wire/address.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_TYPE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  isGroupMac,
} from "../wire/ethernet.ts";
import { ICMPV6_REDIRECT, ROUTER_SOLICITATION } from "../wire/icmpv6.ts";
import { IPV6_HEADER, IPV6_NEXT_HEADER, PROTOCOL_ICMPV6 } from "../wire/ipv6.ts";
import { Alignment } from "./alignment.ts";
import type { FrameFinding } from "./difference.ts";
import { AskedOnce, arpRequestOf, FRAMES, isSolicitation, type SentFrame, sameFrame } from "./sent-frame.ts";

/** Whether the frame is of a kind that the emulator sends; `ipv6`: whether the director has an IPv6 address. */
export function isComparable(bytes: Uint8Array, ipv6: boolean): boolean {
  const type = ((bytes[ETHERNET_TYPE] ?? 0) << 8) | (bytes[ETHERNET_TYPE + 1] ?? 0);
  if (type === ETHERTYPE_IPV6) return ipv6 && !isOfStartup(bytes);
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_ARP;
}

/** A host asks for routers, or whether its new address is free (RFC 4861, section 6.3.7; RFC 4862, section 5.4). */
function isOfStartup(bytes: Uint8Array): boolean {
  const { headers = [], transport } = factsOf(bytes)?.ip ?? {};
  if (transport?.kind !== "icmp" || transport.family !== AF_INET6) return false;
  const source = headers[0]?.source;
  return transport.type === ROUTER_SOLICITATION || (source !== undefined && sameAddress(source, ANY_IPV6));
}

/** Types 133 to 137 of ICMPv6 (RFC 4861): neighbors ask each other whenever they feel like it. */
export function isNeighborDiscovery(bytes: Uint8Array): boolean {
  const next = bytes[ETHERNET_HEADER + IPV6_NEXT_HEADER];
  const type = bytes[ETHERNET_HEADER + IPV6_HEADER] ?? 0;
  return next === PROTOCOL_ICMPV6 && type >= ROUTER_SOLICITATION && type <= ICMPV6_REDIRECT;
}

/** Hears of each difference as soon as it is certain. */
export type TakeFinding = (finding: FrameFinding) => void;

/** Two captures that grow side by side. Of what agrees nothing is kept. */
export class CaptureComparison {
  readonly #ports = new Map<string, PortComparison>();
  readonly #take: TakeFinding;

  constructor(take: TakeFinding) {
    this.#take = take;
  }

  #port(dev: string): PortComparison {
    const known = this.#ports.get(dev);
    if (known !== undefined) return known;
    const port = new PortComparison(this.#take);
    this.#ports.set(dev, port);
    return port;
  }

  /** A frame that the recorded director sent. */
  recorded(frame: SentFrame): void {
    this.#port(frame.dev).recorded(frame);
  }

  /** A frame that the emulator sends. */
  made(frame: SentFrame): void {
    this.#port(frame.dev).made(frame);
  }

  /**
   * Nothing follows. `end` is the time of the last packet of the recording: timers of the two kernels do not run out in the
   * same instant, so what comes later may still be compared, but need not be there.
   */
  end(end: number): void {
    for (const port of this.#ports.values()) port.end(end);
  }
}

/** The frames of one port: those in order, and the requests to single neighbors by the address they ask for. */
class PortComparison {
  readonly #take: TakeFinding;
  readonly #recorded = new Side();
  readonly #made = new Side();
  readonly #alignment: Alignment<SentFrame>;

  constructor(take: TakeFinding) {
    this.#take = take;
    this.#alignment = new Alignment(FRAMES, (expected, got) => take({ kind: "frame", expected, got }));
  }

  recorded(frame: SentFrame): void {
    if (this.#recorded.isInOrder(frame)) this.#alignment.expect(frame);
  }

  made(frame: SentFrame): void {
    if (this.#made.isInOrder(frame)) this.#alignment.got(frame);
  }

  end(end: number): void {
    this.#alignment.end(({ time }) => time <= end);
    for (const [target, probe] of this.#recorded.probes) {
      const own = this.#made.probes.get(target);
      if (own !== undefined && !sameFrame(probe, own)) this.#take({ kind: "frame", expected: probe, got: own });
    }
  }
}

class Side {
  readonly #asked = new AskedOnce();
  readonly probes = new Map<string, SentFrame>();

  /** Whether the frame has its place among the others: probes have none, and what is said again counts once. */
  isInOrder(frame: SentFrame): boolean {
    if (!this.#asked.counts(frame)) return false;
    const probed = probedBy(frame.bytes);
    if (probed !== undefined) this.probes.set(probed, frame);
    return probed === undefined;
  }
}

/** The one neighbor that a question goes to; `undefined` if it goes to all, and for any other frame. */
function probedBy(bytes: Uint8Array): string | undefined {
  const request = arpRequestOf(bytes);
  if (request !== undefined) return request.broadcast ? undefined : formatIpv4(request.target);
  if (!isSolicitation(bytes)) return undefined;
  const facts = factsOf(bytes);
  const transport = facts?.ip?.transport;
  const discovery = transport?.kind === "icmp" ? transport.discovery : undefined;
  const isProbe = facts !== undefined && discovery?.asks === true && !isGroupMac(facts.destinationMac);
  return isProbe ? formatAddress(discovery.target) : undefined;
}
