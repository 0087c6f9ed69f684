/**
 * Who is behind a next hop: Ethernet addresses learnt by ARP or neighbor discovery, and frames parked until one is known.
 * Mirrors net/core/neighbour.c: neigh_event_send, neigh_timer_handler, neigh_update.
 */
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { KernelTimers } from "../../time/kernel-timers.ts";
import type { WalkEvent } from "../../trace/events.ts";
import type { ShownValues } from "../../trace/shown-values.ts";
import type { AddressHandle, AddressTable } from "../../wire/address-table.ts";
import type { Frame, InterfaceIndex } from "../../wire/frame.ts";
import { AddressMap } from "../address-map.ts";
import { NeighborCrowd } from "./crowd.ts";
import {
  DELAY,
  FAILED,
  INCOMPLETE,
  NEIGHBOR_STATES,
  type Neighbor,
  type NeighborNews,
  PERMANENT,
  PROBE,
  REACHABLE,
  STALE,
  setMac,
} from "./neighbor.ts";

const SECOND = 1_000_000;
const RETRANSMIT_TIME = SECOND;
const DELAY_FIRST_PROBE_TIME = 5 * SECOND;
/** differs: the kernel draws it at random between 15 and 45 s. */
const REACHABLE_TIME = 30 * SECOND;
/** An address that was confirmed so recently is not overridden by another answer. */
const LOCK_TIME = SECOND;
/** Tries to an unknown address are broadcast, to a known one unicast: three of each (mcast_solicit, ucast_solicit). */
const PROBES = 3;
/** Bytes of frames parked per neighbor (unres_qlen_bytes). */
const PARKING_BYTES = 212_992;
/** What a parked frame counts beyond its bytes: an skb's bookkeeping (truesize). */
const PARKING_OVERHEAD = 512;

/** What the table asks of the host around it. */
export interface NeighborHost {
  /** Asks for the neighbor's Ethernet address, at large or at the one that is known. */
  solicit(neighbor: Neighbor, broadcast: boolean): void;
  /** The next hop is known now: sends a parked frame. */
  release(neighbor: Neighbor, frame: Frame): void;
  /** Nobody answered: tells the sender of a parked frame. */
  unreachable(neighbor: Neighbor, frame: Frame): void;
  /** How many neighbors are welcome, may stay for 5 s, and are the most (net.ipv4.neigh.default.gc_thresh1, 2 and 3). */
  thresholds(): readonly [number, number, number];
  /** How long those of a port stay whom nobody asks for, in microseconds (gc_stale_time). */
  staleTime(ifindex: InterfaceIndex): number;
  /** Too much waits for one neighbor: the frame that waited longest was thrown away. */
  discarded(): void;
}

export class NeighborTable {
  /**
   * Whether a neighbor once known is taken to answer when it is asked again. For frames out of a capture: whoever sent
   * them cannot hear what this director asks. differs: net/core/neighbour.c: neigh_timer_handler gives it up after three requests.
   */
  presumesAnswers = false;
  readonly #addresses: AddressTable;
  readonly #interfaces: AddressMap<Neighbor>[];
  readonly #timers: KernelTimers;
  readonly #host: NeighborHost;
  readonly #crowd: NeighborCrowd;

  constructor(addresses: AddressTable, interfaces: number, timers: KernelTimers, host: NeighborHost) {
    this.#interfaces = Array.from({ length: interfaces }, () => new AddressMap<Neighbor>());
    this.#addresses = addresses;
    this.#timers = timers;
    this.#host = host;
    this.#crowd = new NeighborCrowd(timers, host, (neighbor) => {
      this.#interfaces[neighbor.ifindex]?.delete(neighbor.address);
      this.#addresses.release(neighbor.address);
    });
  }

  find(ifindex: InterfaceIndex, address: AddressHandle): Neighbor | undefined {
    return this.#interfaces[ifindex]?.get(address);
  }

  /**
   * The entry for an address, made if there is none; `undefined` if there are as many as may be and none can go.
   * @ipvs #Y director "The neighbor table is full at gc_thresh3: what needs a new entry is dropped, and ARP requests of strangers are not answered"
   */
  of(ifindex: InterfaceIndex, address: AddressHandle, now: Microseconds): Neighbor | undefined {
    const known = this.find(ifindex, address);
    if (known !== undefined) return known;
    if (!this.#crowd.hasRoom(now)) return undefined;
    const neighbor = this.#add(ifindex, address, now);
    this.#crowd.add(neighbor, now);
    return neighbor;
  }

  #add(ifindex: InterfaceIndex, address: AddressHandle, now: Microseconds): Neighbor {
    const neighbor: Neighbor = {
      address: this.#addresses.keep(address),
      ifindex: ifindex,
      mac: 0,
      macHigh: 0,
      macLow: 0,
      state: FAILED,
      parked: [],
      parkedBytes: 0,
      probes: 0,
      timer: undefined,
      confirmed: 0,
      updated: Number.NEGATIVE_INFINITY,
      used: now,
    };
    this.#interfaces[ifindex]?.set(address, neighbor);
    return neighbor;
  }

  /** What is known of an address is forgotten (ip neigh del); whatever waits for it goes unsent. */
  remove(ifindex: InterfaceIndex, address: AddressHandle): void {
    const known = this.find(ifindex, address);
    if (known === undefined) return;
    this.#timers.cancel(known.timer);
    // Whoever still holds the entry must not use it.
    known.state = FAILED;
    this.#crowd.forget(known);
  }

  addPermanent(ifindex: InterfaceIndex, address: AddressHandle, mac: number): void {
    const known = this.find(ifindex, address);
    const neighbor = known ?? this.#add(ifindex, address, 0);
    if (known === undefined || this.#crowd.has(known)) this.#crowd.settle(neighbor);
    setMac(neighbor, mac);
    neighbor.state = PERMANENT;
  }

  list(): Neighbor[] {
    return this.#interfaces.flatMap((neighbors) => neighbors.values());
  }

  /**
   * Whether frames may be sent to the neighbor's MAC address at once; using a stale one starts the doubt that ends in a
   * unicast request (neigh_event_send).
   */
  isUsable(neighbor: Neighbor, now: Microseconds): boolean {
    if (neighbor.state === PERMANENT || neighbor.state === REACHABLE) return true;
    if (neighbor.state <= INCOMPLETE) return false;
    neighbor.used = now;
    if (neighbor.state === STALE) {
      neighbor.state = DELAY;
      this.#later(neighbor, now, DELAY_FIRST_PROBE_TIME);
    }
    return true;
  }

  /**
   * Parks a frame, the table's own from now on, until the neighbor answers, and asks for it. Where too much waits, the
   * oldest frames go.
   * @ipvs #Y director "Frames wait for ARP in order; three requests a second apart, then ICMP host unreachable for each"
   */
  park(neighbor: Neighbor, frame: Frame, now: Microseconds): void {
    neighbor.parked.push(frame);
    neighbor.parkedBytes += frame.length + PARKING_OVERHEAD;
    while (neighbor.parkedBytes > PARKING_BYTES && neighbor.parked.length > 1) {
      neighbor.parkedBytes -= (neighbor.parked.shift()?.length ?? 0) + PARKING_OVERHEAD;
      this.#host.discarded();
    }
    if (neighbor.state === INCOMPLETE) return;
    neighbor.state = INCOMPLETE;
    neighbor.probes = PROBES;
    this.#probe(neighbor, now);
  }

  /**
   * The state that an entry will have once somebody has told, or repeated, a MAC address (neigh_update); undefined if the
   * entry does not take it.
   */
  stateAfter(neighbor: Neighbor, { mac, state, override, weak }: NeighborNews): number | undefined {
    if (neighbor.state === PERMANENT) return undefined;
    const valid = neighbor.state > INCOMPLETE;
    const changes = neighbor.mac !== mac;
    if (valid && changes && !override) return weak === true && neighbor.state === REACHABLE ? STALE : undefined;
    // A request that only repeats what is known takes nothing away from a reachable or doubted entry.
    return valid && !changes && state === STALE ? neighbor.state : state;
  }

  /** Somebody told (or repeated) a neighbor's MAC address (neigh_update): as `stateAfter` says. */
  update(neighbor: Neighbor, news: NeighborNews, now: Microseconds): void {
    const next = this.stateAfter(neighbor, news);
    if (next === undefined) return;
    const valid = neighbor.state > INCOMPLETE;
    const mac = valid && !news.override ? neighbor.mac : news.mac;
    if (news.state === REACHABLE) neighbor.confirmed = now;
    if (next !== neighbor.state || neighbor.mac !== mac) neighbor.updated = now;
    setMac(neighbor, mac);
    if (next === neighbor.state) return;
    neighbor.state = next;
    this.#timers.cancel(neighbor.timer);
    if (next === REACHABLE) this.#later(neighbor, now, REACHABLE_TIME);
    if (!valid) this.#release(neighbor, now);
  }

  /** Whether an answer may replace the address already known: not within a second of the last change (arp_process). */
  isUnlocked(neighbor: Neighbor, now: Microseconds): boolean {
    return now > neighbor.updated + LOCK_TIME;
  }

  /** Sends what waited: frames like any other, so that they begin to doubt an entry that is stale from its first moment. */
  #release(neighbor: Neighbor, now: Microseconds): void {
    const parked = neighbor.parked;
    neighbor.parked = [];
    neighbor.parkedBytes = 0;
    if (parked.length > 0) this.isUsable(neighbor, now);
    for (const frame of parked) this.#host.release(neighbor, frame);
  }

  #later(neighbor: Neighbor, now: Microseconds, delay: number): void {
    this.#timers.cancel(neighbor.timer);
    neighbor.timer = this.#timers.set(now, delay, (then) => this.#timeUp(neighbor, then));
  }

  #probe(neighbor: Neighbor, now: Microseconds): void {
    this.#host.solicit(neighbor, neighbor.state === INCOMPLETE);
    neighbor.probes++;
    this.#later(neighbor, now, RETRANSMIT_TIME);
  }

  /** neigh_timer_handler. */
  #timeUp(neighbor: Neighbor, now: Microseconds): void {
    if (neighbor.state === REACHABLE) this.#doubt(neighbor, now);
    else if (neighbor.state === DELAY) {
      const confirmed = now <= neighbor.confirmed + DELAY_FIRST_PROBE_TIME;
      neighbor.state = confirmed ? REACHABLE : PROBE;
      neighbor.updated = now;
      neighbor.probes = 0;
      if (confirmed) this.#later(neighbor, now, neighbor.confirmed + REACHABLE_TIME - now);
      else this.#probe(neighbor, now);
    } else if (neighbor.state === INCOMPLETE || neighbor.state === PROBE) {
      if (neighbor.state === PROBE && this.presumesAnswers)
        this.update(neighbor, { mac: neighbor.mac, state: REACHABLE, override: false }, now);
      else if (neighbor.probes < (neighbor.state === PROBE ? PROBES : 2 * PROBES)) this.#probe(neighbor, now);
      else this.#fail(neighbor);
    }
  }

  #doubt(neighbor: Neighbor, now: Microseconds): void {
    if (now <= neighbor.confirmed + REACHABLE_TIME - 1) {
      this.#later(neighbor, now, neighbor.confirmed + REACHABLE_TIME - now);
      return;
    }
    const inUse = now <= neighbor.used + DELAY_FIRST_PROBE_TIME;
    neighbor.state = inUse ? DELAY : STALE;
    neighbor.updated = now;
    if (inUse) this.#later(neighbor, now, DELAY_FIRST_PROBE_TIME);
  }

  #fail(neighbor: Neighbor): void {
    neighbor.state = FAILED;
    this.#crowd.oneFailed();
    const parked = neighbor.parked;
    neighbor.parked = [];
    neighbor.parkedBytes = 0;
    for (const frame of parked) this.#host.unreachable(neighbor, frame);
  }
}

/** What news will do to an entry; told before, because frames that wait for it leave at once. */
export function learning(
  shown: ShownValues,
  neighbors: NeighborTable,
  neighbor: Neighbor,
  news: NeighborNews,
): WalkEvent {
  const next = neighbors.stateAfter(neighbor, news);
  const valid = neighbor.state > INCOMPLETE;
  return {
    kind: "neighbor",
    what: next === undefined ? "refused" : "learnt",
    address: shown.address(neighbor.address),
    mac: shown.mac(next === undefined || (valid && !news.override) ? neighbor.mac : news.mac),
    state: NEIGHBOR_STATES[next ?? neighbor.state] ?? "",
  };
}
