/**
 * The kernel switches of the host itself that the walk obeys: one row each, with the default that recordings are made
 * under and what the kernel takes for it. Those of IPVS are in ipvs/sysctl.ts.
 */

import { counter, int, range, type SysctlType, seconds, size } from "../sysctl/types.ts";
import type { InterfaceIndex } from "../wire/frame.ts";
import type { FragmentMemory } from "./fragments/pieces.ts";

interface HostSysctlRow {
  readonly standard: number;
  readonly type: SysctlType;
}

const row = (standard: number, type: SysctlType): HostSysctlRow => ({ standard, type });
const MILLISECONDS = counter;
const SMALLEST_IPV4_MTU = 68;

const ROWS = {
  "net.ipv4.ip_forward": row(1, int),
  "net.ipv4.ip_default_ttl": row(64, range(1, 255)),
  // No port that connections get may be privileged (net.ipv4.ip_local_port_range begins with 32768).
  "net.ipv4.ip_unprivileged_port_start": row(1024, range(0, 32_768)),
  "net.ipv4.ipfrag_time": row(30, seconds),
  "net.ipv4.ipfrag_high_thresh": row(4 * 1024 * 1024, size),
  "net.ipv4.icmp_ratelimit": row(0, MILLISECONDS),
  "net.ipv4.icmp_ratemask": row(6168, int),
  "net.ipv4.icmp_echo_ignore_all": row(0, range(0, 1)),
  "net.ipv4.inet_peer_threshold": row(65_536 + 128, int),
  "net.ipv4.inet_peer_minttl": row(120, seconds),
  "net.ipv4.inet_peer_maxttl": row(600, seconds),
  "net.ipv4.neigh.default.gc_thresh1": row(128, counter),
  "net.ipv4.neigh.default.gc_thresh2": row(512, counter),
  "net.ipv4.neigh.default.gc_thresh3": row(1024, counter),
  "net.ipv4.neigh.*.gc_stale_time": row(60, seconds),
  "net.ipv4.route.mtu_expires": row(600, seconds),
  "net.ipv4.route.min_pmtu": row(552, range(SMALLEST_IPV4_MTU, 2 ** 31 - 1)),
  "net.ipv4.conf.*.forwarding": row(1, int),
  "net.ipv4.conf.*.rp_filter": row(0, int),
  "net.ipv4.conf.*.send_redirects": row(0, int),
  "net.ipv4.conf.*.accept_local": row(0, int),
  "net.ipv4.conf.*.arp_ignore": row(0, int),
  "net.ipv4.conf.*.arp_announce": row(0, int),
  "net.ipv6.conf.*.forwarding": row(1, int),
  "net.ipv6.conf.*.hop_limit": row(64, range(1, 255)),
  "net.ipv6.icmp.ratelimit": row(0, MILLISECONDS),
  "net.ipv6.icmp.echo_ignore_all": row(0, range(0, 255)),
  "net.ipv6.ip6frag_time": row(60, seconds),
  "net.ipv6.ip6frag_high_thresh": row(4 * 1024 * 1024, size),
  "net.netfilter.nf_conntrack_frag6_timeout": row(60, seconds),
  "net.netfilter.nf_conntrack_frag6_high_thresh": row(4 * 1024 * 1024, size),
  "net.ipv6.neigh.default.gc_thresh1": row(128, counter),
  "net.ipv6.neigh.default.gc_thresh2": row(512, counter),
  "net.ipv6.neigh.default.gc_thresh3": row(1024, counter),
  "net.ipv6.neigh.*.gc_stale_time": row(60, seconds),
} as const satisfies Record<string, HostSysctlRow>;

type HostSysctlName = keyof typeof ROWS;

export const hostSysctlRow = (pattern: string): HostSysctlRow | undefined =>
  Object.hasOwn(ROWS, pattern) ? ROWS[pattern as HostSysctlName] : undefined;

/** What interfaces begin with has switches like one. */
const DEFAULT = "default";
/** Has switches like an interface, and is on every host. */
const LOOPBACK = "lo";
const PER_INTERFACE = /^(net\.ipv[46]\.(?:conf|neigh))\.[^.]+\./;

/** An interface in the name of a switch: a dot of its own is written as a slash (sysctl(8)). */
const inName = (device: string): string => device.replaceAll(".", "/");

/** The names of all rows, those with an interface in them for each of these, for `lo`, for `default` and, where the kernel has such, for `all`. */
export const hostSysctlNames = (devices: readonly string[]): string[] =>
  Object.keys(ROWS).flatMap((name) => {
    if (!name.includes("*")) return [name];
    const named = [...(name.includes(".conf.") ? ["all"] : []), DEFAULT, LOOPBACK, ...devices];
    return named.map((dev) => name.replace("*", inName(dev)));
  });

const SECOND = 1_000_000;

/** What is in force. What the walk asks for with every packet stands ready in a field. */
export class HostSysctl {
  defaultTtl = 64;
  icmpRateMask = 6168;
  /** What waiting fragments take, and may take. */
  readonly fragments: FragmentMemory = { used: 0, high: ROWS["net.ipv4.ipfrag_high_thresh"].standard };
  neighborThresholds: readonly [number, number, number] = [128, 512, 1024];
  neighborThresholdsIpv6: readonly [number, number, number] = [128, 512, 1024];
  /** net.ipv6.conf.all.forwarding: what decides whether anything is forwarded. */
  forwardsIpv6 = 1;
  readonly defragmentsIpv6: FragmentMemory = {
    used: 0,
    high: ROWS["net.netfilter.nf_conntrack_frag6_high_thresh"].standard,
  };
  readonly fragmentsIpv6: FragmentMemory = { used: 0, high: ROWS["net.ipv6.ip6frag_high_thresh"].standard };
  /** `forwarding` and rp_filter in force, by port number. */
  readonly forwards: number[];
  readonly reversePath: number[];
  /** send_redirects and accept_local likewise. */
  readonly sendRedirects: number[];
  readonly acceptLocal: number[];
  /** As they stand in names of switches. */
  readonly #devices: readonly string[];
  /** Those that were set, by their whole names. */
  readonly #values = new Map<string, number>();

  constructor(ports: readonly string[]) {
    this.#devices = ports.map(inName);
    this.forwards = ports.map(() => 1);
    this.reversePath = ports.map(() => 0);
    this.sendRedirects = ports.map(() => 0);
    this.acceptLocal = ports.map(() => 0);
  }

  /** Keeps the value of a switch that `read` knows, and does as it says. */
  set(name: string, value: number): void {
    if (this.read(name) === undefined) return;
    this.#values.set(name, value);
    // One switch under two names; it sets those of all interfaces (net/ipv4/devinet.c: inet_forward_change).
    if (name === "net.ipv4.ip_forward" || name === "net.ipv4.conf.all.forwarding") {
      for (const other of ["net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"]) this.#values.set(other, value);
      for (const dev of [DEFAULT, LOOPBACK, ...this.#devices])
        this.#values.set(`net.ipv4.conf.${dev}.forwarding`, value);
    }
    // addrconf_forward_change.
    if (name === "net.ipv6.conf.all.forwarding") {
      for (const dev of [DEFAULT, LOOPBACK, ...this.#devices])
        this.#values.set(`net.ipv6.conf.${dev}.forwarding`, value);
    }
    this.forwardsIpv6 = this.#values.get("net.ipv6.conf.all.forwarding") ?? 1;
    this.defragmentsIpv6.high = this.value("net.netfilter.nf_conntrack_frag6_high_thresh");
    this.fragmentsIpv6.high = this.value("net.ipv6.ip6frag_high_thresh");
    this.defaultTtl = this.value("net.ipv4.ip_default_ttl");
    this.icmpRateMask = this.value("net.ipv4.icmp_ratemask");
    this.fragments.high = this.value("net.ipv4.ipfrag_high_thresh");
    this.neighborThresholds = [
      this.value("net.ipv4.neigh.default.gc_thresh1"),
      this.value("net.ipv4.neigh.default.gc_thresh2"),
      this.value("net.ipv4.neigh.default.gc_thresh3"),
    ];
    this.neighborThresholdsIpv6 = [
      this.value("net.ipv6.neigh.default.gc_thresh1"),
      this.value("net.ipv6.neigh.default.gc_thresh2"),
      this.value("net.ipv6.neigh.default.gc_thresh3"),
    ];
    for (const [ifindex, dev] of this.#devices.entries()) {
      this.forwards[ifindex] = this.#values.get(`net.ipv4.conf.${dev}.forwarding`) ?? 1;
      this.reversePath[ifindex] = this.strictest(dev, "rp_filter");
      this.sendRedirects[ifindex] = this.strictest(dev, "send_redirects");
      this.acceptLocal[ifindex] = this.strictest(dev, "accept_local");
    }
  }

  value(name: HostSysctlName): number {
    return this.#values.get(name) ?? ROWS[name].standard;
  }

  /** The value of a name that `hostSysctlNames` lists. */
  read(name: string): number | undefined {
    const pattern = name.replace(PER_INTERFACE, "$1.*.");
    const row = hostSysctlRow(name) ?? hostSysctlRow(pattern);
    return row && (this.#values.get(name) ?? row.standard);
  }

  /** Of a switch that is given in seconds, in microseconds. */
  duration(name: HostSysctlName): number {
    return this.value(name) * SECOND;
  }

  /** How long a port's neighbors stay when nobody asks for them, in microseconds. */
  staleTime(family: "ipv4" | "ipv6", ifindex: InterfaceIndex): number {
    const own = this.#values.get(`net.${family}.neigh.${this.#devices[ifindex] ?? ""}.gc_stale_time`);
    return (own ?? ROWS[`net.${family}.neigh.*.gc_stale_time`].standard) * SECOND;
  }

  /** Whether hosts may take the director for an IPv6 router on a port's link. */
  isRouter(ifindex: InterfaceIndex): boolean {
    return (this.#values.get(`net.ipv6.conf.${this.#devices[ifindex] ?? ""}.forwarding`) ?? 1) !== 0;
  }

  /** The hop limit of what the host itself sends out of a port. */
  hopLimit(ifindex: InterfaceIndex): number {
    return this.#values.get(`net.ipv6.conf.${this.#devices[ifindex] ?? LOOPBACK}.hop_limit`) ?? 64;
  }

  /** The stricter of the interface's and `all`'s, as the kernel combines rp_filter and arp_ignore (IN_DEV_MAXCONF). */
  strictest(dev: string, name: string): number {
    return Math.max(this.#of(dev, name), this.#of("all", name));
  }

  #of(dev: string, name: string): number {
    return this.#values.get(`net.ipv4.conf.${inName(dev)}.${name}`) ?? 0;
  }
}
