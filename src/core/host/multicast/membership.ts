/** Multicast groups that the host joins and leaves, and what it says of them. Mirrors net/ipv4/igmp.c, net/ipv6/mcast.c. */
import type { Route } from "../../ipvs/data-path.ts";
import type { SeededRandom } from "../../ipvs/random.ts";
import type { Appointment } from "../../time/agenda.ts";
import { type Address, AF_INET, ANY, ANY_IPV6, formatAddress } from "../../wire/address.ts";
import { type AddressHandle, type AddressTable, familyOf, NO_ADDRESS } from "../../wire/address-table.ts";
import { ETHERNET_HEADER, ipv4GroupMac } from "../../wire/ethernet.ts";
import { Frame, type InterfaceIndex } from "../../wire/frame.ts";
import {
  CHANGE_TO_EXCLUDE,
  CHANGE_TO_INCLUDE,
  groupPacket,
  REPORT_GROUP,
  recordsMessage,
} from "../../wire/group-report.ts";
import { multicastMac } from "../../wire/neighbor-discovery.ts";
import { readHeaders } from "../../wire/network.ts";
import type { Director } from "../director.ts";
import { GroupReports } from "./group-reports.ts";

/** Microseconds within which a report is repeated once (igmpv3_unsolicited_report_interval). */
const REPORT_INTERVAL = 1_000_000;

interface Joined {
  readonly ifindex: InterfaceIndex;
  readonly group: Address;
  /** Kept. */
  readonly handle: AddressHandle;
  /** Sockets that have joined. */
  users: number;
}

export class Membership {
  /** Its replies to queries. */
  readonly reports: GroupReports;
  readonly #director: Director;
  readonly #random: SeededRandom;
  /** The latest first. */
  #joined: readonly Joined[] = [];
  /** What is still to be said of joining and leaving, by interface and group. */
  readonly #changes = new Map<string, Appointment[]>();

  constructor(director: Director, random: SeededRandom) {
    this.#director = director;
    this.#random = random;
    this.reports = new GroupReports(director, this, random);
  }

  /** Whether the host has joined the group on this interface. */
  has(ifindex: InterfaceIndex, group: AddressHandle): boolean {
    for (const joined of this.#joined) if (joined.handle === group && joined.ifindex === ifindex) return true;
    return false;
  }

  /** Groups of an interface that were joined, the latest first. */
  groupsOf(ifindex: InterfaceIndex): readonly Address[] {
    return this.#joined.filter((joined) => joined.ifindex === ifindex).map(({ group }) => group);
  }

  /** For one socket more; the first one's is told to routers and switches. */
  join(ifindex: InterfaceIndex, group: Address): void {
    if (ifindex < 0) return;
    const { addresses } = this.#director;
    const known = this.#find(ifindex, group);
    if (known !== undefined) {
      known.users++;
      return;
    }
    const handle = addresses.kept(group);
    this.#joined = [{ ifindex, group, handle, users: 1 }, ...this.#joined];
    this.#announce(ifindex, group, true);
  }

  leave(ifindex: InterfaceIndex, group: Address): void {
    const known = this.#find(ifindex, group);
    if (known === undefined || --known.users > 0) return;
    this.#joined = this.#joined.filter((joined) => joined !== known);
    this.#announce(ifindex, group, false);
    this.#director.addresses.release(known.handle);
  }

  #find(ifindex: InterfaceIndex, group: Address): Joined | undefined {
    const handle = this.#director.addresses.of(group);
    return this.#joined.find((joined) => joined.ifindex === ifindex && joined.handle === handle);
  }

  /**
   * Tells routers and switches that the host listens, or no longer does: with the next tick, and once more within a second.
   * @ipvs #Y sync "A backup joins its group: IGMPv3 and MLDv2 reports, each sent twice, and when it leaves; it replies to queries of all versions"
   */
  #announce(ifindex: InterfaceIndex, group: Address, joins: boolean): void {
    const { agenda, ticks } = this.#director.server;
    const name = `${ifindex} ${formatAddress(group)}`;
    for (const change of this.#changes.get(name) ?? []) agenda.cancel(change);
    const first = ticks.next(1, this.#director.now);
    const report = (): void => this.#tell(ifindex, group, joins);
    const times = [first, first + this.#random.upTo(REPORT_INTERVAL)];
    this.#changes.set(
      name,
      times.map((at) => agenda.schedule(at, report)),
    );
    if (!joins) this.reports.forget(ifindex, group);
  }

  /** In the words of the oldest router there is. */
  #tell(ifindex: InterfaceIndex, group: Address, joins: boolean): void {
    if (this.reports.tellOlder(ifindex, group, joins)) return;
    const message = recordsMessage(joins ? CHANGE_TO_EXCLUDE : CHANGE_TO_INCLUDE, [group]);
    this.send(ifindex, REPORT_GROUP[group.family], message);
  }

  send(ifindex: InterfaceIndex, destination: Address, message: Uint8Array): void {
    const { addresses, interfaces } = this.#director;
    const device = interfaces[ifindex];
    const isIpv4 = destination.family === AF_INET;
    const source = isIpv4 ? device?.ipv4[0] : device?.ipv6.at(-1);
    const packet = groupPacket(source?.address ?? (isIpv4 ? ANY : ANY_IPV6), destination, message);
    const frame = Frame.allocate(ETHERNET_HEADER + packet.length);
    frame.bytes.set(packet, frame.network);
    readHeaders(frame, addresses);
    outputToGroup(this.#director, frame, ifindex, source?.handle ?? NO_ADDRESS);
  }
}

/** Out by one interface, whatever the routes say (set_mcast_if). The group's MAC address follows from its own. The headers are read. */
export function outputToGroup(director: Director, frame: Frame, ifindex: InterfaceIndex, source: AddressHandle): void {
  const { destination } = frame;
  const mtu = director.interfaces[ifindex]?.mtu ?? 0;
  director.neighborsOf(destination).addPermanent(ifindex, destination, groupMac(destination, director.addresses));
  const route: Route = { local: false, ifindex, gateway: NO_ADDRESS, source, mtu };
  director.ip.output(frame, route, destination, mtu);
}

/** The MAC address that packets to a group go to. */
export const groupMac = (group: AddressHandle, addresses: AddressTable): number =>
  familyOf(group) === AF_INET ? ipv4GroupMac(addresses.word(group, 0)) : multicastMac(group, addresses);
