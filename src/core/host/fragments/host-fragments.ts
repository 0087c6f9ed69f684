/** The fragments that wait at a host: of packets for itself and of packets that pass through, in both families. */
import type { Microseconds } from "../../time/kernel-ticks.ts";
import { DROP, type Verdict } from "../../trace/verdict.ts";
import { AF_INET, AF_INET6, type Family } from "../../wire/address.ts";
import type { Frame } from "../../wire/frame.ts";
import { REASSEMBLY_EXCEEDED, TIME_EXCEEDED } from "../../wire/icmp.ts";
import { ICMPV6_TIME_EXCEEDED, REASSEMBLY_TIME_EXCEEDED } from "../../wire/icmpv6.ts";
import { IPV4_IDENTIFICATION, readIpv4 } from "../../wire/ipv4.ts";
import { fragmentIdentification, readIpv6 } from "../../wire/ipv6.ts";
import { frameOf, keptFrame } from "../../wire/kept-frame.ts";
import type { Director } from "../director.ts";
import { type Held, Reassembly } from "./reassembly.ts";
import { type HeldIpv6, Ipv6Reassembly } from "./reassembly-ipv6.ts";
import type { WaitingFragment } from "./waiting.ts";

export class HostFragments {
  readonly #director: Director;
  readonly #delivered: Reassembly;
  readonly #passing: Reassembly;
  readonly #deliveredIpv6: Ipv6Reassembly;
  readonly #passingIpv6: Ipv6Reassembly;

  /** `count` hears of each datagram that stayed incomplete. */
  constructor(director: Director, count: (verdict: Verdict) => void) {
    this.#director = director;
    const { addresses, sysctl } = director;
    const { agenda } = director.server;
    const expired = (first: Frame | undefined): void => {
      count(DROP.fragmentTimeout);
      if (first !== undefined) this.#tellSender(first);
    };
    const expiredIpv6 = (first: Frame | undefined): void => {
      count(DROP.fragmentTimeout);
      if (first !== undefined) this.#tellIpv6Sender(first);
    };
    this.#delivered = new Reassembly(agenda, sysctl.fragments, true, expired);
    this.#passing = new Reassembly(agenda, sysctl.fragments, false, expired);
    this.#deliveredIpv6 = new Ipv6Reassembly(addresses, agenda, sysctl.fragmentsIpv6, true, expiredIpv6);
    this.#passingIpv6 = new Ipv6Reassembly(addresses, agenda, sysctl.defragmentsIpv6, false, expiredIpv6);
  }

  /** Takes a fragment of a packet for the host itself, or of one that IPVS may have to look into: the whole datagram, or why there is none. */
  reassemble(frame: Frame, forHost: boolean): Held {
    const { addresses, now, sysctl, path } = this.#director;
    const where = forHost ? this.#delivered : this.#passing;
    const held = where.add(frame, now, sysctl.duration("net.ipv4.ipfrag_time"));
    if (typeof held !== "string") readIpv4(held, addresses);
    if (path.trace !== undefined) this.#note(frame, held, where);
    return held;
  }

  /** The same in IPv6, where others' fragments are put together before they are routed. */
  reassembleIpv6(frame: Frame, forHost: boolean): HeldIpv6 {
    const { addresses, now, sysctl, path } = this.#director;
    const where = forHost ? this.#deliveredIpv6 : this.#passingIpv6;
    const time = forHost ? "net.ipv6.ip6frag_time" : "net.netfilter.nf_conntrack_frag6_timeout";
    const held = where.add(frame, now, sysctl.duration(time));
    if (typeof held === "object") readIpv6(held, addresses);
    if (path.trace !== undefined) this.#note(frame, held, where);
    return held;
  }

  /** All that wait, for a successor. */
  waiting(): WaitingFragment[] {
    const { now } = this.#director;
    return this.#queues().flatMap(({ where, forHost }) =>
      where.waiting().map(({ frame, until }) => ({ frame: keptFrame(frame), forHost, left: until - now })),
    );
  }

  /** Goes on with those of a predecessor, which told of them so long ago. */
  resume(fragments: readonly WaitingFragment[], elapsed: Microseconds): void {
    const { addresses, now } = this.#director;
    for (const { frame: kept, forHost, left } of fragments) {
      const frame = frameOf(kept, addresses);
      const queue = this.#queues().find((one) => one.forHost === forHost && one.family === frame.family);
      queue?.where.add(frame, now, Math.max(0, left - elapsed));
    }
  }

  #queues(): { where: Reassembly | Ipv6Reassembly; family: Family; forHost: boolean }[] {
    return [
      { where: this.#delivered, family: AF_INET, forHost: true },
      { where: this.#passing, family: AF_INET, forHost: false },
      { where: this.#deliveredIpv6, family: AF_INET6, forHost: true },
      { where: this.#passingIpv6, family: AF_INET6, forHost: false },
    ];
  }

  #note(frame: Frame, held: Held | HeldIpv6, where: Reassembly | Ipv6Reassembly): void {
    const { trace } = this.#director.path;
    if (typeof held === "object") {
      const fragments = held.fragmentLengths?.length ?? 1;
      trace?.add({ kind: "reassembled", fragments, length: held.end - held.network });
    } else if (held === "held") {
      const { family, view, network } = frame;
      const identification =
        family === AF_INET ? view.getUint16(network + IPV4_IDENTIFICATION) : fragmentIdentification(frame);
      trace?.add({ kind: "held", identification, offset: frame.fragmentOffset, have: where.progress(frame) });
    }
  }

  /** Whoever sent the first fragment of what stayed incomplete is told (net/ipv4/ip_fragment.c: ip_expire). */
  #tellSender(first: Frame): void {
    readIpv4(first, this.#director.addresses);
    this.#director.ip.sendError(first, TIME_EXCEEDED, REASSEMBLY_EXCEEDED, 0);
  }

  /** The same in IPv6 (ip6frag_expire_frag_queue). */
  #tellIpv6Sender(first: Frame): void {
    readIpv6(first, this.#director.addresses);
    this.#director.ip.sendError(first, ICMPV6_TIME_EXCEEDED, REASSEMBLY_TIME_EXCEEDED, 0);
  }
}
