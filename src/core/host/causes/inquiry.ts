/** What those who look for causes ask: the packet as it came, its walk, and the director as the walk left it. */
import { type Destination, describeDestination } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import type { Service } from "../../ipvs/service.ts";
import type { VsSysctlName } from "../../ipvs/sysctl.ts";
import type { Cause, Change, Switch, Unusable } from "../../trace/causes.ts";
import type { WalkEvent, WalkKind } from "../../trace/events.ts";
import type { VerdictName } from "../../trace/verdict.ts";
import type { Address } from "../../wire/address.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import { ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../../wire/ethernet.ts";
import { Frame } from "../../wire/frame.ts";
import { IPV4_HEADER, PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { IPV6_HEADER } from "../../wire/ipv6.ts";
import { isIcmp, readHeaders } from "../../wire/network.ts";
import { TCP_HEADER, tcpFlags } from "../../wire/tcp.ts";
import { destinationPort, PORTS, sourcePort } from "../../wire/transport.ts";
import type { Director } from "../director.ts";

/** One who looks: a cause, or nothing. */
export type Finder = (inquiry: Inquiry) => Cause | undefined;

type EventOf<Kind extends WalkKind> = Extract<WalkEvent, { readonly kind: Kind }>;

/** The ends of a packet that has ports; handles are borrowed. */
interface Ends {
  readonly protocol: number;
  readonly source: AddressHandle;
  readonly sourcePort: number;
  readonly destination: AddressHandle;
  readonly destinationPort: number;
  /** Of TCP; 0 for others. */
  readonly flags: number;
}

export class Inquiry {
  readonly director: Director;
  readonly events: readonly WalkEvent[];
  readonly verdict: VerdictName;
  #frame: Frame | undefined | null = null;
  #ends: Ends | undefined | null = null;
  #service: Service | undefined | null = null;
  readonly #called = new Map<string, Destination>();
  #destinations: readonly Destination[] | undefined;

  constructor(director: Director, events: readonly WalkEvent[], verdict: VerdictName) {
    this.director = director;
    this.events = events;
    this.verdict = verdict;
  }

  /** The packet as it came, its headers read; `undefined` if it is no IP packet. Read when somebody asks: few do. */
  get frame(): Frame | undefined {
    if (this.#frame === null) {
      const received = this.first("received");
      this.#frame = received && packetOf(this.director, received.bytes);
    }
    return this.#frame;
  }

  /** `undefined` if it has no ports. */
  get ends(): Ends | undefined {
    if (this.#ends === null) this.#ends = this.frame && endsOf(this.frame);
    return this.#ends;
  }

  // Loops: of each walk some hundred such questions are asked, and a callback for each event would take longer than the walk.

  first<Kind extends WalkKind>(kind: Kind): EventOf<Kind> | undefined {
    for (const event of this.events) if (isOf(event, kind)) return event;
    return undefined;
  }

  last<Kind extends WalkKind>(kind: Kind): EventOf<Kind> | undefined {
    for (let at = this.events.length - 1; at >= 0; at--) {
      const event = this.events[at];
      if (event !== undefined && isOf(event, kind)) return event;
    }
    return undefined;
  }

  get server(): Director["server"] {
    return this.director.server;
  }

  /** Seconds of the director's clock. */
  get seconds(): number {
    return this.director.now / 1e6;
  }

  address(handle: AddressHandle): Address {
    return this.director.addresses.value(handle);
  }

  /** The name of the interface that the packet came in by. */
  get dev(): string {
    return this.first("received")?.dev ?? "";
  }

  switch(name: VsSysctlName): Switch {
    return { name: `net.ipv4.vs.${name}`, value: this.server.sysctl[name] };
  }

  /** The service that the packet is meant for. */
  get service(): Service | undefined {
    if (this.#service === null) this.#service = this.#findService();
    return this.#service;
  }

  #findService(): Service | undefined {
    if (this.ends === undefined) return undefined;
    const mark = this.first("marked")?.mark ?? 0;
    const { protocol, destination, destinationPort: port } = this.ends;
    return this.server.services.ofPacket(mark, protocol, destination, port);
  }

  /** The destinations of all services. */
  get destinations(): readonly Destination[] {
    this.#destinations ??= this.server.services.list().flatMap(({ destinations }) => destinations);
    return this.#destinations;
  }

  /** The destination that events name so, of a service that is there. */
  destinationCalled(name: string): Destination | undefined {
    const known = this.#called.get(name);
    if (known !== undefined) return known;
    const found = this.destinations.find((destination) => describeDestination(destination) === name);
    if (found !== undefined) this.#called.set(name, found);
    return found;
  }

  /** The real server whose NAT or full NAT connection such a packet would answer for. */
  masqueraded(address: AddressHandle, port: number | undefined): Destination | undefined {
    return this.destinations.find(
      (destination) =>
        destination.handle === address &&
        (port === undefined || destination.port === port) &&
        methodOf(destination.forwarding).name === "Masq",
    );
  }

  /** The last change of a server by a command. */
  changeOf(server: string, ...what: readonly Change["what"][]): Change | undefined {
    return this.server.changes.last((change) => change.server === server && what.includes(change.what));
  }
}

const isOf = <Kind extends WalkKind>(event: WalkEvent, kind: Kind): event is EventOf<Kind> => event.kind === kind;

/** Why a destination may not be picked; `undefined` if it may. */
export function unusable(destination: Destination): Unusable | undefined {
  const { weight, overloaded, activeConnections, inactiveConnections, upperThreshold, lowerThreshold } = destination;
  if (weight > 0 && !overloaded) return undefined;
  return {
    server: describeDestination(destination),
    why: weight > 0 ? "overloaded" : "weight",
    connections: activeConnections + inactiveConnections,
    upper: upperThreshold,
    lower: lowerThreshold,
  };
}

const HEADERS: Readonly<Record<number, { readonly version: number; readonly length: number }>> = {
  [ETHERTYPE_IPV4]: { version: 4, length: IPV4_HEADER },
  [ETHERTYPE_IPV6]: { version: 6, length: IPV6_HEADER },
};

function packetOf({ addresses }: Director, bytes: Uint8Array): Frame | undefined {
  const frame = new Frame(bytes);
  if (frame.length < ETHERNET_TYPE + 2) return undefined;
  const type = frame.view.getUint16(frame.start + ETHERNET_TYPE);
  const header = HEADERS[type];
  if (header === undefined || frame.end - frame.network < header.length) return undefined;
  if (frame.view.getUint8(frame.network) >> 4 !== header.version) return undefined;
  readHeaders(frame, addresses);
  return frame;
}

function endsOf(frame: Frame): Ends | undefined {
  const { protocol, source, destination } = frame;
  if (isIcmp(frame) || frame.fragmentOffset > 0 || frame.end - frame.transport < PORTS) return undefined;
  const flags = protocol === PROTOCOL_TCP && frame.end - frame.transport >= TCP_HEADER ? tcpFlags(frame) : 0;
  return {
    protocol,
    source,
    sourcePort: sourcePort(frame),
    destination,
    destinationPort: destinationPort(frame),
    flags,
  };
}
