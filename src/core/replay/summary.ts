/** What a replay came to, as plain values: counted while it runs, shown by a command as text or JSON. */

import type { Packet, PacketInPlace } from "../capture/packet.ts";
import { dropSentence } from "../explain/sentences/drops.ts";
import type { Director } from "../host/director.ts";
import { FAILED, INCOMPLETE } from "../host/neighbors/neighbor.ts";
import { describeDestination } from "../ipvs/destination.ts";
import { methodOf } from "../ipvs/forwarding/methods.ts";
import { describeService } from "../ipvs/service.ts";
import { CONNECTIONS, IN_BYTES, IN_PACKETS, OUT_BYTES, OUT_PACKETS, type Statistics } from "../ipvs/statistics.ts";
import { DROP, dropReason, isDrop, VERDICTS, verdictName } from "../trace/verdict.ts";
import { formatAddress, isLinkLocal } from "../wire/address.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_IPV6,
  macNumber,
  macText,
} from "../wire/ethernet.ts";
import type { Frame } from "../wire/frame.ts";
import type { Arrival, Departure } from "./capture-run.ts";
import type { Placement } from "./placement.ts";

/** Of a destination address's first byte: the frame is for a group of stations, or all. */
const GROUP_BIT = 1;

/** MAC addresses of others that are counted apart. */
const MOST_STRANGERS = 64;

/** Frames and their bytes. */
export interface Tally {
  frames: number;
  bytes: number;
}

export interface PortSummary {
  readonly name: string;
  /** The port's MAC address. */
  readonly mac: string;
  readonly arrived: Tally;
  readonly sent: Tally;
  /** Of those that arrived: for one station only, and of these for another one. */
  readonly unicast: number;
  readonly forOthers: number;
}

/** How many packets ended like this. `sentence` and `kernel` say why a packet was dropped; they are empty for other ends. */
export interface VerdictSummary {
  readonly verdict: string;
  readonly dropped: boolean;
  readonly packets: number;
  readonly sentence: string;
  readonly kernel: string;
}

/** Connections made, and packets and bytes towards the real server (in) and back (out). */
export interface TrafficSummary {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

export interface DestinationSummary extends TrafficSummary {
  readonly destination: string;
  readonly forwarding: string;
}

export interface ServiceSummary extends TrafficSummary {
  readonly service: string;
  readonly destinations: readonly DestinationSummary[];
}

export interface ReplaySummary {
  /** From the first packet to the last, by the capture's clock. */
  readonly seconds: number;
  readonly packets: number;
  /** Packets of the capture that a director had sent, and those that none of the interfaces would have taken. */
  readonly sentByDirector: number;
  readonly ofNoPort: number;
  /** Packets of which the capture holds only the beginning. */
  readonly cut: number;
  /** IPv6 packets that arrived, and whether the director has an address of that family. */
  readonly ipv6: number;
  readonly hasIpv6: boolean;
  readonly ports: readonly PortSummary[];
  /** MAC addresses of others that frames went to, most frames first. */
  readonly strangers: readonly { readonly mac: string; readonly frames: number }[];
  readonly verdicts: readonly VerdictSummary[];
  readonly services: readonly ServiceSummary[];
  /** Next hops that were asked for and never answered. */
  readonly unanswered: readonly { readonly port: string; readonly address: string; readonly waiting: number }[];
}

/** Counts what a run tells; the director counts the rest. */
export class Counting {
  readonly #arrived: Tally[] = [];
  readonly #sent: Tally[] = [];
  readonly #unicast: number[] = [];
  readonly #forOthers: number[] = [];
  readonly #strangers = new Map<number, number>();
  #packets = 0;
  #ipv6 = 0;
  #sentByDirector = 0;
  #ofNoPort = 0;
  #cut = 0;

  /** As RunListener has it. */
  arrives({ view, start, end, originalLength }: PacketInPlace, port: number): void {
    const length = end - start;
    this.#packets++;
    if (length === 0 || (view.getUint8(start) & GROUP_BIT) === 0) this.#unicast[port] = (this.#unicast[port] ?? 0) + 1;
    if (length >= ETHERNET_HEADER && view.getUint16(start + ETHERNET_TYPE) === ETHERTYPE_IPV6) this.#ipv6++;
    if (originalLength > length) this.#cut++;
    count(this.#arrived, port, length);
  }

  arrived({ packet, port, verdict }: Arrival): void {
    if (verdict !== DROP.notForUs) return;
    this.#forOthers[port] = (this.#forOthers[port] ?? 0) + 1;
    this.#countStranger(packet);
  }

  sent({ port, bytes }: Departure): void {
    count(this.#sent, port, bytes.length);
  }

  leaves({ start, end }: Frame, port: number): void {
    count(this.#sent, port, end - start);
  }

  #countStranger({ bytes }: Packet): void {
    if (bytes.length < ETHERNET_HEADER || ((bytes[0] ?? 0) & GROUP_BIT) !== 0) return;
    const mac = macNumber(bytes.subarray(0, ETHERNET_SOURCE));
    const before = this.#strangers.get(mac);
    if (before !== undefined || this.#strangers.size < MOST_STRANGERS) this.#strangers.set(mac, (before ?? 0) + 1);
  }

  skipped(packet: Packet, placement: Exclude<Placement, { kind: "arrived" }>): void {
    this.#packets++;
    if (placement.kind === "sent") this.#sentByDirector++;
    if (placement.kind === "of-no-port") {
      this.#ofNoPort++;
      this.#countStranger(packet);
    }
  }

  /** The counts, and those that the director keeps itself. `last` is the time of the last packet in microseconds. */
  summary(director: Director, last: number): ReplaySummary {
    const none: Tally = { frames: 0, bytes: 0 };
    return {
      seconds: last / 1e6,
      packets: this.#packets,
      sentByDirector: this.#sentByDirector,
      ofNoPort: this.#ofNoPort,
      cut: this.#cut,
      ipv6: this.#ipv6,
      hasIpv6: director.interfaces.some(({ ipv6 }) => ipv6.some(({ address }) => !isLinkLocal(address))),
      strangers: [...this.#strangers]
        .map(([mac, frames]) => ({ mac: macText(mac), frames }))
        .sort((a, b) => b.frames - a.frames),
      ports: director.interfaces.map(({ name, ifindex, mac }) => ({
        name,
        mac: macText(mac),
        arrived: this.#arrived[ifindex] ?? none,
        sent: this.#sent[ifindex] ?? none,
        unicast: this.#unicast[ifindex] ?? 0,
        forOthers: this.#forOthers[ifindex] ?? 0,
      })),
      verdicts: verdictsOf(director),
      services: servicesOf(director),
      unanswered: unansweredOf(director),
    };
  }
}

function count(tallies: Tally[], port: number, bytes: number): void {
  const tally = tallies[port] ?? { frames: 0, bytes: 0 };
  tally.frames++;
  tally.bytes += bytes;
  tallies[port] = tally;
}

/** Ends that came about, drops behind all others. */
function verdictsOf({ counts }: Director): VerdictSummary[] {
  return Array.from({ length: VERDICTS }, (_, verdict) => verdict)
    .filter((verdict) => (counts[verdict] ?? 0) > 0)
    .map((verdict) => ({
      verdict: verdictName(verdict),
      dropped: isDrop(verdict),
      packets: counts[verdict] ?? 0,
      sentence: dropSentence(verdictName(verdict)),
      kernel: dropReason(verdict)?.kernel ?? "",
    }));
}

function servicesOf({ server }: Director): ServiceSummary[] {
  return server.services.list().map((service) => ({
    service: describeService(service),
    ...trafficOf(service.statistics),
    // The kernel keeps the newest first; people wrote them the other way round.
    destinations: service.destinations.toReversed().map((destination) => ({
      destination: describeDestination(destination),
      forwarding: methodOf(destination.forwarding).name,
      ...trafficOf(destination.statistics),
    })),
  }));
}

const trafficOf = ({ live }: Statistics): TrafficSummary => ({
  connections: live[CONNECTIONS] ?? 0,
  inPackets: live[IN_PACKETS] ?? 0,
  outPackets: live[OUT_PACKETS] ?? 0,
  inBytes: live[IN_BYTES] ?? 0,
  outBytes: live[OUT_BYTES] ?? 0,
});

function unansweredOf({ neighbors, interfaces, addresses }: Director): ReplaySummary["unanswered"] {
  return neighbors
    .list()
    .filter(({ state, mac }) => mac === 0 && (state === FAILED || state === INCOMPLETE))
    .map(({ ifindex, address, parked }) => ({
      port: interfaces[ifindex]?.name ?? "",
      address: formatAddress(addresses.value(address)),
      waiting: parked.length,
    }));
}

/**
 * Takes the sample that listings show, so that they count every packet of the replay. differs: the kernel's listings lag
 * by up to 2 s behind (ip_vs_est.c).
 */
export function settleStatistics({ server }: Director): void {
  server.totals.sample();
  for (const service of server.services.list()) {
    service.statistics.sample();
    for (const destination of service.destinations) destination.statistics.sample();
  }
}
