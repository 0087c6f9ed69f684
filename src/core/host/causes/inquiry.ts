/** What those who look for causes ask: the packet as it came, its walk, and the director as the walk left it. */
import { NONE } from "../../ipvs/connection-rows.ts";
import { type Destination, describeDestination } from "../../ipvs/destination.ts";
import { methodOf } from "../../ipvs/forwarding/methods.ts";
import { describeService, type Service } from "../../ipvs/service.ts";
import type { VsSysctlName } from "../../ipvs/sysctl.ts";
import type { Cause } from "../../trace/causes/causes.ts";
import type { Change, Switch, Unusable } from "../../trace/causes/told.ts";
import type { ConnectionView, WalkEvent, WalkKind } from "../../trace/events.ts";
import { type Verdict, type VerdictName, verdictName } from "../../trace/verdict.ts";
import type { Address } from "../../wire/address.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import type { Director } from "../director.ts";
import { ArrivedPacket, type Ends } from "./arrived-packet.ts";
import { type About, aboutOf, bitOf, type Found } from "./gates.ts";
import { ServersByName } from "./servers-by-name.ts";

/** One who looks: a cause, or nothing. */
export type Finder = (inquiry: Inquiry) => Cause | undefined;

type EventOf<Kind extends WalkKind> = Extract<WalkEvent, { readonly kind: Kind }>;

const RECEIVED = bitOf("received");
const ROUTED = bitOf("routed");
const CONNECTION = bitOf("connection");
const STATE = bitOf("state");
const METHOD = bitOf("method");
const TTL = bitOf("ttl");
const MTU = bitOf("mtu");
const REWRITTEN = bitOf("rewritten");
const NEIGHBOR = bitOf("neighbor");
const SENT = bitOf("sent");

/** About one walk after the other. */
export class Inquiry {
  readonly director: Director;
  #events: readonly WalkEvent[] = [];
  #from = 0;
  #end = 0;
  /** How it ended, by number and by name. */
  ending: Verdict = 0;
  verdict: VerdictName = "sent";

  // --- what the walk consists of: its kinds of events, and those that are asked for most

  kinds = 0;
  /** What the packet is. */
  about: About = "any";
  /** The first route. */
  routed: EventOf<"routed"> | undefined = undefined;
  /** The first look-up of a connection. */
  connection: EventOf<"connection"> | undefined = undefined;
  /** The last state. */
  state: EventOf<"state"> | undefined = undefined;
  /** The last forwarding method. */
  method: EventOf<"method"> | undefined = undefined;
  /** The last time that it did not fit. */
  unfit: EventOf<"mtu"> | undefined = undefined;

  // --- what is found out once somebody asks; null before

  #frame: Frame | undefined | null = null;
  #ends: Ends | undefined | null = null;
  #service: Service | undefined | null = null;
  #served: Service | undefined | null = null;
  #target: Destination | undefined | null = null;
  readonly #arrived: ArrivedPacket;
  readonly #servers: ServersByName;

  constructor(director: Director) {
    this.director = director;
    this.#arrived = new ArrivedPacket(director.addresses);
    this.#servers = new ServersByName(director.server);
  }

  /** The walk that is asked about from now on, of events that are borrowed: the last one that begins before `end`. The place where it begins. */
  begin(events: readonly WalkEvent[], end: number, verdict: Verdict): number {
    this.#events = events;
    this.#end = end;
    this.ending = verdict;
    this.verdict = verdictName(verdict);
    this.#frame = null;
    this.#ends = null;
    this.#service = null;
    this.#served = null;
    this.#target = null;
    this.#beginAt(0);
    for (let at = 0; at < end; at++) {
      const event = events[at];
      if (event === undefined) continue;
      // First what it does, then its bit: a walk that begins has no kinds yet.
      const bit = this.#notice(event, at);
      this.kinds |= bit;
    }
    this.about = aboutOf(this);
    return this.#from;
  }

  #beginAt(place: number): void {
    this.#from = place;
    this.kinds = 0;
    this.routed = undefined;
    this.connection = undefined;
    this.state = undefined;
    this.method = undefined;
    this.unfit = undefined;
  }

  /** The bit of its kind. Those of which nearly every walk consists are known here: looking ten of them up would take longer than the rest. */
  #notice(event: WalkEvent, place: number): number {
    switch (event.kind) {
      case "received":
        this.#beginAt(place);
        return RECEIVED;
      case "ttl":
        return TTL;
      case "rewritten":
        return REWRITTEN;
      case "neighbor":
        return NEIGHBOR;
      case "sent":
        return SENT;
      case "routed":
        this.routed ??= event;
        return ROUTED;
      case "connection":
        this.connection ??= event;
        return CONNECTION;
      case "state":
        this.state = event;
        return STATE;
      case "method":
        this.method = event;
        return METHOD;
      case "mtu":
        if (!event.fits) this.unfit = event;
        return MTU;
      default:
        return bitOf(event.kind);
    }
  }

  /** A walk begins with it. */
  get received(): EventOf<"received"> | undefined {
    const event = this.#events[this.#from];
    return event?.kind === "received" ? event : undefined;
  }

  get found(): Found {
    return this.connection?.found ?? "nothing";
  }

  /** The packet as it came, its headers read; `undefined` if it is no IP packet. */
  get frame(): Frame | undefined {
    if (this.#frame === null) {
      const { received } = this;
      this.#frame = received && this.#arrived.read(received.bytes);
    }
    return this.#frame;
  }

  /** `undefined` if it has no ports. */
  get ends(): Ends | undefined {
    if (this.#ends === null) this.#ends = this.frame && this.#arrived.ends(this.frame);
    return this.#ends;
  }

  first<Kind extends WalkKind>(kind: Kind): EventOf<Kind> | undefined {
    if ((this.kinds & bitOf(kind)) === 0) return undefined;
    for (let at = this.#from; at < this.#end; at++) {
      const event = this.#events[at];
      if (event !== undefined && isOf(event, kind)) return event;
    }
    return undefined;
  }

  last<Kind extends WalkKind>(kind: Kind): EventOf<Kind> | undefined {
    if ((this.kinds & bitOf(kind)) === 0) return undefined;
    for (let at = this.#end - 1; at >= this.#from; at--) {
      const event = this.#events[at];
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
    return this.received?.dev ?? "";
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

  /** The service of the connection that the packet belongs to, or has opened; else the one that it is meant for. */
  get served(): Service | undefined {
    if (this.#served === null) this.#served = this.#findServed() ?? this.service;
    return this.#served;
  }

  #findServed(): Service | undefined {
    if (this.ends === undefined) return undefined;
    const { protocol, source, sourcePort, destination, destinationPort } = this.ends;
    const { connections } = this.server;
    const { table } = connections;
    const row =
      this.found === "answer"
        ? table.findAnswer(protocol, source, sourcePort, destination, destinationPort)
        : table.findRequest(protocol, source, sourcePort, destination, destinationPort);
    return row === NONE ? undefined : connections.destinationOf(row)?.service;
  }

  /** The destinations of all services. */
  get destinations(): readonly Destination[] {
    return this.#servers.all;
  }

  /** The destination that events name so, of the service that serves the packet, or of any if none does. */
  destinationCalled(name: string): Destination | undefined {
    return this.#servers.called(name, this.served);
  }

  /** The destination that the packet goes to by its connection, if it is there. */
  get target(): Destination | undefined {
    if (this.#target === null) this.#target = this.method && this.destinationCalled(this.method.destination);
    return this.#target;
  }

  /** The method by which it goes there; empty if by none. */
  get methodName(): string {
    return this.method?.method ?? "";
  }

  /** `10.2.0.2:80`. */
  endpoint(address: Address, port: number): string {
    return this.director.path.shown.endpoint(this.director.addresses.of(address), port);
  }

  /** The real server of a connection, as events name it. */
  serverOf({ destinationAddress, destinationPort }: ConnectionView): string {
    return this.endpoint(destinationAddress, destinationPort);
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

  /** The last change of a server by a command, in the service that serves the packet, or in any if none does. */
  changeOf(server: string, ...what: readonly Change["what"][]): Change | undefined {
    const { served } = this;
    const service = served && describeService(served);
    // Servers of a service that takes many ports are named with port 0.
    const name = served?.port === 0 ? `${server.slice(0, server.lastIndexOf(":"))}:0` : server;
    return this.server.changes.last(
      (change) =>
        (change.server === name || change.server === server) &&
        what.includes(change.what) &&
        (service === undefined || change.service === service),
    );
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
