/** Multicast groups that the host joins and leaves, and packets to a group. Mirrors net/ipv4/igmp.c, net/ipv6/mcast.c. */
import type { Route } from "../../ipvs/data-path.ts";
import type { SeededRandom } from "../../ipvs/random.ts";
import type { Appointment } from "../../time/agenda.ts";
import { type Address, AF_INET, formatAddress } from "../../wire/address.ts";
import { type AddressHandle, type AddressTable, familyOf, NO_ADDRESS } from "../../wire/address-table.ts";
import { ETHERNET_HEADER } from "../../wire/ethernet.ts";
import { Frame, type InterfaceIndex } from "../../wire/frame.ts";
import { IGMP_REPORT_LENGTH, MLD_REPORT_LENGTH, writeIgmpReport, writeMldReport } from "../../wire/group-report.ts";
import { multicastMac } from "../../wire/neighbor-discovery.ts";
import { readHeaders } from "../../wire/network.ts";
import type { Director } from "../director.ts";

/** Microseconds within which a report is repeated once (igmpv3_unsolicited_report_interval). */
const REPORT_INTERVAL = 1_000_000;
const IPV4_GROUPS = 0x0100_5e00_0000;
const LAST_23_BITS = 0x7fffff;

export class Membership {
  readonly #director: Director;
  readonly #random: SeededRandom;
  /** Reports that are still to be sent, by interface and group. */
  readonly #reports = new Map<string, Appointment[]>();

  constructor(director: Director, random: SeededRandom) {
    this.#director = director;
    this.#random = random;
  }

  /**
   * Tells routers and switches that the host listens, or no longer does: with the next tick, and once more within a second.
   * differs: queries are not answered.
   * @ipvs #P[queries are not answered] sync "A backup joins its group: IGMPv3 and MLDv2 reports, each sent twice, and when it leaves"
   */
  announce(ifindex: InterfaceIndex, group: Address, joins: boolean): void {
    const { agenda, ticks } = this.#director.server;
    const { now } = this.#director;
    if (ifindex < 0) return;
    const name = `${ifindex} ${formatAddress(group)}`;
    for (const report of this.#reports.get(name) ?? []) agenda.cancel(report);
    const first = ticks.next(1, now);
    const report = (): void => this.#report(ifindex, group, joins);
    const times = [first, first + this.#random.upTo(REPORT_INTERVAL)];
    this.#reports.set(
      name,
      times.map((at) => agenda.schedule(at, report)),
    );
  }

  #report(ifindex: InterfaceIndex, told: Address, joins: boolean): void {
    const { addresses, interfaces } = this.#director;
    const device = interfaces[ifindex];
    const group = addresses.of(told);
    const isIpv4 = familyOf(group) === AF_INET;
    const frame = Frame.allocate(ETHERNET_HEADER + (isIpv4 ? IGMP_REPORT_LENGTH : MLD_REPORT_LENGTH));
    const source = (isIpv4 ? device?.ipv4[0] : device?.ipv6.at(-1))?.handle ?? NO_ADDRESS;
    const { view, network } = frame;
    if (isIpv4) writeIgmpReport(view, network, source, addresses.word(group, 0), joins);
    else writeMldReport(view, network, addresses, source, group, joins);
    readHeaders(frame, addresses);
    outputToGroup(this.#director, frame, ifindex, source);
  }
}

/** Out by one interface, whatever the routes say (set_mcast_if). The group's MAC address follows from its own. The headers are read. */
export function outputToGroup(director: Director, frame: Frame, ifindex: InterfaceIndex, source: AddressHandle): void {
  const { destination } = frame;
  const mtu = director.interfaces[ifindex]?.mtu ?? 0;
  director.neighborsOf(destination).addPermanent(ifindex, destination, groupMac(destination, director.addresses));
  const route: Route = { local: false, ifindex, gateway: NO_ADDRESS, source, mtu };
  director.output(frame, route, destination, mtu);
}

/** 01:00:5e and the last 23 bits (RFC 1112, section 6.4), or as RFC 2464 has it. */
export const groupMac = (group: AddressHandle, addresses: AddressTable): number =>
  familyOf(group) === AF_INET
    ? IPV4_GROUPS + (addresses.word(group, 0) & LAST_23_BITS)
    : multicastMac(group, addresses);
