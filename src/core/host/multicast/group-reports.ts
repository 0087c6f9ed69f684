/**
 * Replies to routers that ask which multicast groups the host listens to, after a time by lot, so that not all hosts reply at once.
 * Mirrors igmp_heard_query, igmp_timer_expire of net/ipv4/igmp.c, and __mld_query_work, mld_mca_work of net/ipv6/mcast.c.
 */
import type { SeededRandom } from "../../ipvs/random.ts";
import type { Appointment } from "../../time/agenda.ts";
import { DELIVERED, DROP, type Verdict } from "../../trace/verdict.ts";
import { type Address, AF_INET, AF_INET6, type Family, formatAddress, sameAddress } from "../../wire/address.ts";
import { isLinkLocal } from "../../wire/address-scope.ts";
import { sum } from "../../wire/checksum.ts";
import type { Frame, InterfaceIndex } from "../../wire/frame.ts";
import { type GroupQuery, IGMP_QUERY, MLD_QUERY, readIgmpQuery, readMldQuery } from "../../wire/group-query.ts";
import {
  groupMessage,
  IGMP_REPORTS,
  IGMPV2_LEAVE,
  IS_EXCLUDE,
  MLD_DONE,
  MLD_REPORTS,
  REPORT_GROUP,
  ROUTER_GROUP,
  recordsMessage,
} from "../../wire/group-report.ts";
import { IPV6_HOP_LIMIT } from "../../wire/ipv6.ts";
import type { Director } from "../director.ts";
import { hasRouterAlert } from "../ipv6-options.ts";
import type { Membership } from "./membership.ts";
import { ownGroups } from "./multicast-groups.ts";

/** The newest versions: of IGMP and of MLD. */
const NEWEST: Readonly<Record<Family, number>> = { [AF_INET]: 3, [AF_INET6]: 2 };
/** A router of an older version is taken for present for so long after its last query, in microseconds (RFC 3376, section 8.12). */
const OLDER_PRESENT = 260_000_000;
const IGMPV1 = 1;
const LEAST_IGMP = 8;
const IGMP_GROUP = 4;
const MLD_GROUP = 8;
const MLD_LENGTH = 24;
/** Groups of a report. */
const MOST_RECORDS = 64;

export class GroupReports {
  readonly #director: Director;
  readonly #membership: Membership;
  readonly #random: SeededRandom;
  /** What is going to be sent, by interface and group, or `all`. */
  readonly #pending = new Map<string, Appointment>();
  /** Until when routers of older versions are taken for present, by interface and version. */
  readonly #older = new Map<string, number>();
  /** Groups that this host was the last one to report by an older version: it says when it leaves. */
  readonly #reported = new Set<string>();

  constructor(director: Director, membership: Membership, random: SeededRandom) {
    this.#director = director;
    this.#membership = membership;
    this.#random = random;
  }

  /** An IGMP message came (igmp_rcv). Others than queries and older reports say nothing to a host. */
  hearIgmp({ view, transport: at, end, ifindex }: Frame): Verdict {
    const length = end - at;
    if (length < LEAST_IGMP) return DROP.hostTruncated;
    if (sum(view, at, length) !== 0xffff) return DROP.hostChecksum;
    const type = view.getUint8(at);
    if (type === IGMP_REPORTS[1] || type === IGMP_REPORTS[2]) {
      this.#overhear(ifindex, { family: AF_INET, words: [view.getUint32(at + IGMP_GROUP), 0, 0, 0] });
      return DELIVERED;
    }
    return type === IGMP_QUERY ? this.#hear(ifindex, AF_INET, readIgmpQuery(view, at, length)) : DROP.hostSilent;
  }

  /** An MLD query or report came, its checksum right (igmp6_event_query, igmp6_event_report). */
  hearMld(frame: Frame): Verdict {
    const { view, network, transport: at, end, ifindex, source } = frame;
    const length = end - at;
    if (!isLinkLocal(source, this.#director.addresses)) return DROP.hostSilent;
    if (view.getUint8(at) === MLD_QUERY) {
      if (view.getUint8(network + IPV6_HOP_LIMIT) !== 1 || !hasRouterAlert(frame)) return DROP.hostSilent;
      return this.#hear(ifindex, AF_INET6, readMldQuery(view, at, length));
    }
    if (length < MLD_LENGTH) return DROP.hostTruncated;
    const [first, second, third, last] = [0, 4, 8, 12].map((offset) => view.getUint32(at + MLD_GROUP + offset));
    this.#overhear(ifindex, { family: AF_INET6, words: [first ?? 0, second ?? 0, third ?? 0, last ?? 0] });
    return DELIVERED;
  }

  /**
   * @ipvs #Y director "Queries of IGMPv1 to 3 and MLDv1 and 2 are answered: by one report of all groups, or in the words of the oldest router there is"
   */
  #hear(ifindex: InterfaceIndex, family: Family, query: GroupQuery | undefined): Verdict {
    if (query === undefined) return DROP.hostSilent;
    const { version, group, within, sources } = query;
    if (version < NEWEST[family])
      this.#older.set(olderName(ifindex, family, version), this.#director.now + OLDER_PRESENT);
    if (this.#version(ifindex, family) === NEWEST[family] && group === undefined) {
      if (sources === 0) this.#later(`${ifindex} ${family} all`, within, () => this.#tellAll(ifindex, family));
      return DELIVERED;
    }
    for (const one of this.#groups(ifindex, family)) {
      if (group !== undefined && !sameAddress(group, one)) continue;
      this.#later(nameOf(ifindex, one), within, () => this.#tell(ifindex, one));
    }
    return DELIVERED;
  }

  /** Another host has told of the group already. */
  #overhear(ifindex: InterfaceIndex, group: Address): void {
    this.#cancel(nameOf(ifindex, group));
    this.#reported.delete(nameOf(ifindex, group));
  }

  /** The host leaves. */
  forget(ifindex: InterfaceIndex, group: Address): void {
    this.#cancel(nameOf(ifindex, group));
  }

  /** Says by an older version that the host joins, or leaves, if there is a router that knows no newer one. */
  tellOlder(ifindex: InterfaceIndex, group: Address, joins: boolean): boolean {
    const { family } = group;
    const version = this.#version(ifindex, family);
    if (version === NEWEST[family]) return false;
    const isIpv4 = family === AF_INET;
    if (joins) this.#tell(ifindex, group);
    else if (this.#reported.delete(nameOf(ifindex, group)) && !(isIpv4 && version === IGMPV1))
      this.#membership.send(ifindex, ROUTER_GROUP[family], groupMessage(isIpv4 ? IGMPV2_LEAVE : MLD_DONE, group));
    return true;
  }

  #version(ifindex: InterfaceIndex, family: Family): number {
    for (let version = 1; version < NEWEST[family]; version++) {
      if ((this.#older.get(olderName(ifindex, family, version)) ?? 0) > this.#director.now) return version;
    }
    return NEWEST[family];
  }

  /** All nodes belong to a group that nobody tells of. */
  #groups(ifindex: InterfaceIndex, family: Family): readonly Address[] {
    const joined = this.#membership.groupsOf(ifindex).filter((group) => group.family === family);
    return family === AF_INET ? joined : [...joined, ...ownGroups(this.#director, ifindex)];
  }

  /** Within that time by lot, unless it is sooner already (igmp_mod_timer). */
  #later(name: string, within: number, tell: () => void): void {
    const { agenda, ticks } = this.#director.server;
    const { now } = this.#director;
    const pending = this.#pending.get(name);
    if (pending !== undefined && pending.at < now + within) return;
    this.#cancel(name);
    const delay = this.#random.upTo(Math.max(0, within - 1)) + 2 * ticks.length;
    const run = (): void => {
      this.#pending.delete(name);
      tell();
    };
    this.#pending.set(name, agenda.set(now, delay, run));
  }

  #cancel(name: string): void {
    this.#director.server.agenda.cancel(this.#pending.get(name));
    this.#pending.delete(name);
  }

  #tellAll(ifindex: InterfaceIndex, family: Family): void {
    const groups = this.#groups(ifindex, family);
    for (let from = 0; from < groups.length; from += MOST_RECORDS) {
      const message = recordsMessage(IS_EXCLUDE, groups.slice(from, from + MOST_RECORDS));
      this.#membership.send(ifindex, REPORT_GROUP[family], message);
    }
  }

  #tell(ifindex: InterfaceIndex, group: Address): void {
    const { family } = group;
    const version = this.#version(ifindex, family);
    if (version === NEWEST[family]) {
      this.#membership.send(ifindex, REPORT_GROUP[family], recordsMessage(IS_EXCLUDE, [group]));
      return;
    }
    const type = family === AF_INET6 ? MLD_REPORTS[1] : version === IGMPV1 ? IGMP_REPORTS[1] : IGMP_REPORTS[2];
    this.#membership.send(ifindex, group, groupMessage(type, group));
    this.#reported.add(nameOf(ifindex, group));
  }
}

const nameOf = (ifindex: InterfaceIndex, group: Address): string => `${ifindex} ${formatAddress(group)}`;
const olderName = (ifindex: InterfaceIndex, family: Family, version: number): string =>
  `${ifindex} ${family} ${version}`;
