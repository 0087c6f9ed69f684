/** The built-in networks: a director between clients and real servers that speak ARP, TCP and HTTP, in virtual time. */
import { FAULT_NAMES, faultsOf } from "../../core/simulator/faults.ts";
import type { Host } from "../../core/simulator/host.ts";
import { MODES } from "../../core/simulator/layout.ts";
import type { Hop as NetworkHop } from "../../core/simulator/network.ts";
import type { Segment } from "../../core/simulator/segment.ts";
import { buildTopology, request, type Topology, type TopologyOptions } from "../../core/simulator/topologies.ts";
import { AF_INET, AF_INET6, formatAddress, formatEndpoint } from "../../core/wire/address.ts";
import { LEAST_IPV6_MTU } from "../../core/wire/ipv6.ts";
import type { Controls } from "../controls.ts";
import { UsageError } from "../errors.ts";
import { inspectedAs, withGettersRead } from "../inspected.ts";
import type { Fields } from "../packet/fields.ts";
import { StackControls } from "../stack-controls.ts";
import { microseconds } from "../time.ts";
import type { Step } from "../walk.ts";
import { sentFrame, stepOf } from "../walked.ts";
import { checkNames, checkNumber, got } from "../wrong-use.ts";
import { faulty, type WireFaults } from "./links.ts";

/** How the director forwards. */
export type Method = "nat" | "dr" | "tun" | "fullnat";

/** A mistake that people make with LVS; docs/checklist.md tells of each. */
export type Fault =
  | "arp"
  | "nodad"
  | "gateway"
  | "asymmetric"
  | "mtu"
  | "black-hole"
  | "rp-filter"
  | "ingress-filter"
  | "dead"
  | "closed";

/** All that the built-in networks have is public. */
const METHODS: readonly Method[] = MODES;
const FAULTS: readonly Fault[] = FAULT_NAMES;

/** What a built-in network is made of. */
export interface NetworkOptions {
  /** Addresses of IPv6 instead of IPv4. */
  readonly ipv6?: boolean;
  /** Real servers, 1 to 9; two by default. */
  readonly servers?: number;
  /** As `ipvsadm -s` spells it; rr by default. */
  readonly scheduler?: string;
  /** Of the real servers in their order; 1 for those that have none here. */
  readonly weights?: readonly number[];
  /** The service's persistence timeout in seconds; none by default. */
  readonly persistentSeconds?: number;
  /** 1 to 9; one by default. */
  readonly clients?: number;
  /** Bytes that fit on the way from the director to the real servers; 1500 by default. */
  readonly mtu?: number;
  /** What goes wrong on every wire. */
  readonly wire?: WireFaults;
  /** Mistakes to be made; each method has its own. */
  readonly faults?: readonly Fault[];
}

/** A host of the network. */
export interface SimulatedHost {
  /** `client`, `director`, `rs1`, ... */
  readonly name: string;
  /** The first of its first interface. */
  readonly address: string;
  /** Off: the host is dead, as if unplugged. */
  alive: boolean;
}

/** What one host made of a frame that it got. */
export interface Reception {
  /** Its name. */
  readonly host: string;
  /** A verdict of `Received`, `host-down`, or what a firewall of the host says. */
  readonly verdict: string;
  /** What happened to the frame there. */
  readonly steps: readonly Step[];
}

/** A frame on its way over one segment. */
export interface Hop {
  /** From 1, in the order in which they were sent. */
  readonly number: number;
  /** Since the network was made. */
  readonly seconds: number;
  /** The network of the segment, `12.11.0.0/24`. */
  readonly segment: string;
  /** The name of the host that sent it. */
  readonly from: string;
  /** One host, or all others of the segment. */
  readonly to: readonly string[];
  /** From the Ethernet header on. */
  readonly bytes: Uint8Array;
  /** Its packet in words. */
  readonly text: string;
  /** What stands in it. */
  readonly fields: Fields;
  /** Grows as the frame arrives. */
  readonly receptions: readonly Reception[];
}

/** A client's request for a page. */
export interface WebRequest {
  /** `pending` while it runs; `cut-off` if the other side closed before it had said all. */
  readonly outcome: "pending" | "answered" | "cut-off" | "reset" | "timed-out" | "unreachable";
  /** The page, which says the name of the real server; empty before it is there. */
  readonly body: string;
}

/** A network that was built. */
export interface SimulatedNetwork {
  /** Seconds since it was made. */
  readonly now: number;
  /** Where clients find the service: `12.11.0.101:80`. */
  readonly service: string;
  /** Rules, connections, counters and switches of the director. */
  readonly director: Controls;
  /** From left to right, as they are drawn. */
  readonly hosts: readonly SimulatedHost[];
  /** Everything that was on a wire, in the order it was sent, with the walk of each frame at each host that got it. */
  readonly hops: readonly Hop[];
  /** A client begins to ask for the page; `padding` bytes make its request longer. What comes of it is there when the network has run. */
  request(padding?: number): WebRequest;
  /** Runs until nothing is left to happen. */
  run(): void;
  /** Lets time pass: `"15 min"`, or seconds. */
  advance(time: string | number): void;
}

/** A built-in network of a forwarding method. Throws UsageError for what it cannot have. */
export function createNetwork(method: Method, options: NetworkOptions = {}): SimulatedNetwork {
  checkOptions(options);
  const { ipv6 = false, wire, ...rest } = options;
  const family = ipv6 ? AF_INET6 : AF_INET;
  oneOf("method", method, METHODS);
  const shown = faultsOf(method, family).map(({ name }) => name);
  for (const fault of rest.faults ?? []) oneOf(`fault in ${method}`, fault, shown.length > 0 ? shown : FAULTS);
  const topology = built(method, { ...rest, family });
  if (wire !== undefined)
    for (const [index, segment] of topology.network.segments.entries()) spoil(segment, wire, index);
  return new BuiltNetwork(topology);
}

/** Each wire has chances of its own. */
function spoil(segment: Segment, faults: WireFaults, index: number): void {
  const out: Uint8Array[] = [];
  const link = faulty({ send: ({ bytes }) => out.push(bytes) }, { ...faults, seed: (faults.seed ?? 1) + index });
  segment.wire = (bytes) => {
    link.send(sentFrame(segment.name, bytes.slice()));
    return out.splice(0);
  };
}

function checkOptions(options: NetworkOptions): void {
  checkNames("option", options, OPTIONS);
  const { ipv6 = false, weights = [], mtu = LARGEST_MTU, faults = [] } = options;
  if (typeof ipv6 !== "boolean") throw new UsageError(`ipv6: expected true or false, got ${got(ipv6)}`);
  for (const [name, list] of Object.entries({ weights, faults }))
    if (!Array.isArray(list)) throw new UsageError(`${name}: expected a list, got ${got(list)}`);
  checkNumber("mtu", mtu, LARGEST_MTU);
  const least = ipv6 ? LEAST_IPV6_MTU : LEAST_IPV4_MTU;
  if (mtu < least) throw new UsageError(`mtu: expected at least ${least}, got ${mtu}`);
}

function built(method: Method, options: TopologyOptions): Topology {
  try {
    const topology = buildTopology(method, options);
    const [refused] = topology.director.refused;
    if (refused !== undefined) throw new UsageError(`expected rules that ipvsadm takes, not ${refused}`);
    return topology;
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`expected ${error.message}`) : error;
  }
}

function oneOf(what: string, name: string, names: readonly string[]): void {
  if (!names.includes(name)) throw new UsageError(`${what} ${got(name)}: expected one of ${names.join(", ")}`);
}

const OPTIONS: readonly (keyof NetworkOptions)[] = [
  "ipv6",
  "servers",
  "scheduler",
  "weights",
  "persistentSeconds",
  "clients",
  "mtu",
  "faults",
  "wire",
];
const LARGEST_MTU = 0xffff;
/** What each link has to carry (RFC 791). */
const LEAST_IPV4_MTU = 68;
/** More than any request has. */
const MOST_PADDING = 1e6;

class BuiltNetwork implements SimulatedNetwork {
  readonly #topology: Topology;
  readonly director: Controls;
  /** From left to right, as they are drawn. */
  readonly hosts: readonly SimulatedHost[];

  constructor(topology: Topology) {
    this.#topology = topology;
    this.director = new StackControls(topology.director.stack);
    this.hosts = topology.hosts.map(simulatedHost);
  }

  get now(): number {
    return this.#topology.network.now / 1e6;
  }

  get service(): string {
    return formatEndpoint(this.#topology.virtualAddress, this.#topology.port);
  }

  get hops(): readonly Hop[] {
    return this.#topology.network.hops.map(hopOf);
  }

  request(padding = 0): WebRequest {
    checkNumber("padding", padding, MOST_PADDING);
    const client = request(this.#topology, padding);
    return withGettersRead({
      get outcome() {
        return client.end.kind;
      },
      get body() {
        return client.end.kind === "answered" ? client.end.body : "";
      },
    });
  }

  run(): void {
    this.#topology.network.run();
  }

  advance(time: string | number): void {
    const { network } = this.#topology;
    network.runUntil(network.now + microseconds(time));
  }
}

inspectedAs(BuiltNetwork.prototype, ({ service, now, hosts }) => ({ service, now, hosts }), "SimulatedNetwork");

const simulatedHost = (host: Host): SimulatedHost =>
  withGettersRead({
    name: host.name,
    address: formatAddress(host.address),
    get alive() {
      return host.alive;
    },
    set alive(alive) {
      host.alive = alive;
    },
  });

const hopOf = ({ number, time, segment, from, to, bytes, receptions }: NetworkHop): Hop =>
  withGettersRead({
    ...{ number, segment, from, to, bytes },
    seconds: time / 1e6,
    get text() {
      return sentFrame("", bytes).text;
    },
    get fields() {
      return sentFrame("", bytes).fields;
    },
    receptions: receptions.map(({ host, verdict, events }) =>
      withGettersRead({
        host,
        verdict,
        get steps() {
          return events.map(stepOf);
        },
      }),
    ),
  });
