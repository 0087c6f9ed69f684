/**
 * A host of the simulated network: the Linux host that a director is (ARP, routes, ICMP, forwarding), its cables, and
 * programs that speak TCP, UDP and ping. The director itself is one, too, with rules and without programs.
 */
import { runIpvsadm, wordsOf } from "../control/interpreter.ts";
import { DEFAULT_MTU, LARGEST_MTU, type Prefixed, type RouteConfig } from "../host/config/config.ts";
import { Director } from "../host/director.ts";
import { heard } from "../host/listening.ts";
import type { HaConfig } from "../host/vrrp/config.ts";
import type { WalkEvent } from "../trace/events.ts";
import { verdictName } from "../trace/verdict.ts";
import { type Address, AF_INET, AF_INET6, ANY, type Family, longestPrefix, parseMac } from "../wire/address.ts";
import { Frame } from "../wire/frame.ts";
import { finishChecksum } from "../wire/offload.ts";
import { Datagrams } from "./datagrams.ts";
import type { Hop, Network, Station } from "./network.ts";
import type { Plug, Segment } from "./segment.ts";
import { HostSockets } from "./sockets.ts";
import { Tcp } from "./tcp.ts";
import { type Ends, type SegmentFields, writeSegment } from "./tcp-segment.ts";

export interface HostInterface {
  readonly name: string;
  readonly segment: Segment;
  readonly mac: string;
  readonly addresses: readonly Prefixed[];
  readonly mtu?: number;
}

export interface HostOptions {
  readonly name: string;
  readonly interfaces: readonly HostInterface[];
  readonly routes?: readonly RouteConfig[];
  /** net.ipv4.ip_forward and net.ipv6.conf.all.forwarding; off by default. */
  readonly forwards?: boolean;
  /** By the names of sysctl(8). */
  readonly sysctl?: Readonly<Record<string, number>>;
  /** Addresses on `lo`, each alone. */
  readonly loopback?: readonly Address[];
  /** Addresses on `tunl0`, or `ip6tnl0` for IPv6, each alone; what comes in tunnels of this family is unwrapped if there are any. */
  readonly tunnel?: readonly Address[];
  /** Virtual routers and synchronisation. */
  readonly ha?: HaConfig;
  /** Command lines of ipvsadm, run before the first frame. */
  readonly rules?: readonly string[];
  /** Microseconds that an arriving frame waits. */
  readonly delay?: number;
}

/** Why a frame does not even reach the host's IP stack; `undefined` if it does. */
export type Filter = (bytes: Uint8Array) => string | undefined;

const LOOPBACK = "lo";
/** What Linux calls the end of a tunnel that anybody may send into. */
export const TUNNELS: Readonly<Record<Family, string>> = { [AF_INET]: "tunl0", [AF_INET6]: "ip6tnl0" };
/** Hosts count their packets from different numbers, so that a packet can be followed from hop to hop by its id. */
const IDENTIFICATION_STEP = 0x1000;
/** Also those of a host that was started anew. */
const RESTART_STEP = 0x200;
const DELAY = 10;

export class Host implements Station {
  readonly name: string;
  readonly tcp: Tcp;
  readonly datagrams: Datagrams;
  readonly interfaces: readonly HostInterface[];
  /** As they were given. */
  readonly routes: readonly RouteConfig[];
  readonly rules: readonly string[];
  /** Those of its rules that ipvsadm refused, with what it said. */
  refused: readonly string[] = [];
  readonly sysctl: Readonly<Record<string, number>>;
  /** Off: the host is dead. Nothing in it happens, and frames to it are lost. */
  alive = true;
  /** Asked in order before a frame goes to the stack: a firewall. */
  readonly filters: Filter[] = [];
  readonly #network: Network;
  readonly #plugs: readonly Plug[];
  readonly #options: HostOptions;
  /** From 1, in the order in which they were made. */
  readonly #number: number;
  #stack: Director;
  /** The network's time at which the stack's clock began, and how often it did. */
  #epoch = 0;
  #starts = 0;

  constructor(network: Network, options: HostOptions) {
    this.#options = options;
    this.name = options.name;
    this.interfaces = options.interfaces;
    this.routes = options.routes ?? [];
    this.rules = options.rules ?? [];
    this.sysctl = options.sysctl ?? {};
    this.#network = network;
    this.#number = network.addStation(this);
    this.#plugs = options.interfaces.map((_, port) => ({
      host: options.name,
      delay: options.delay ?? DELAY,
      receive: (hop) => this.#receive(hop, port),
    }));
    for (const [port, { segment }] of options.interfaces.entries()) this.#plugIn(port, segment);
    this.#stack = this.#newStack();
    const clock = { after: network.after.bind(network), cancel: network.cancel.bind(network) };
    const identification = (): number => this.stack.ip.identification();
    this.tcp = new Tcp(
      {
        ...clock,
        send: (ends, fields) => this.#sendSegment(ends, fields),
        pathMtu: ({ remoteAddress }) => this.#pathMtu(remoteAddress),
      },
      this.#number * 1_000_000,
    );
    this.datagrams = new Datagrams({ ...clock, identification, originate: (packet) => this.originate(packet) });
    this.#start();
  }

  /** The Linux host; another one after a new start. */
  get stack(): Director {
    return this.#stack;
  }

  #newStack(): Director {
    return new Director(hostConfig(this.#options), {
      seed: this.#number * IDENTIFICATION_STEP + this.#starts * RESTART_STEP,
      capacity: 64,
      link: { send: (frame, port) => this.#transmit(frame, port) },
    });
  }

  #start(): void {
    const stack = this.#stack;
    this.#starts++;
    this.#epoch = this.#network.now;
    stack.vrrp.onMoved = ({ state }, before, cause) =>
      this.#network.happened({ time: this.#network.now, host: this.name, what: "moved", before, state, cause });
    stack.advance(this.#network.now);
    const tunnelled = this.#options.tunnel?.[0]?.family ?? AF_INET;
    stack.sockets = new HostSockets(this, stack.ifindexOf(TUNNELS[tunnelled]), tunnelled);
    this.refused = this.rules.flatMap((rule) => {
      const said = this.ipvsadm(rule).trim();
      return said === "" ? [] : [`${rule}: ${said}`];
    });
  }

  /** Dies without a word: what it knew is lost. */
  die(): void {
    this.alive = false;
    this.#network.happened({ time: this.#network.now, host: this.name, what: "died" });
  }

  /** Starts anew, with nothing but its configuration. */
  restart(): void {
    this.alive = true;
    this.#network.happened({ time: this.#network.now, host: this.name, what: "started" });
    this.#stack = this.#newStack();
    this.#start();
  }

  /** One command line of ipvsadm; what it prints. */
  ipvsadm(line: string): string {
    const { out, err } = runIpvsadm(wordsOf(line), { server: this.stack.server });
    return out + err;
  }

  /** The first address of the first interface. */
  get address(): Address {
    return this.interfaces[0]?.addresses[0]?.address ?? ANY;
  }

  // --- time

  get due(): number {
    // What became due at this very moment runs in the next one.
    return this.alive
      ? this.#epoch + Math.max(this.#stack.server.agenda.next, this.#stack.now + 1)
      : Number.POSITIVE_INFINITY;
  }

  advance(time: number): void {
    if (this.alive) this.#stack.advance(time);
  }

  // --- frames

  #plugIn(port: number, segment: Segment): void {
    const plug = this.#plugs[port];
    if (plug !== undefined) segment.plugIn(plug);
  }

  #transmit(frame: Frame, port: number): void {
    const plug = this.#plugs[port];
    // What Linux leaves to the network card.
    finishChecksum(frame);
    if (plug !== undefined && this.alive) this.interfaces[port]?.segment.send(plug, frame.contents());
  }

  #receive(hop: Hop, port: number): void {
    const events: WalkEvent[] = [];
    const verdict = this.#verdictOf(hop.bytes, port, events);
    this.#network.received(hop, { host: this.name, time: this.#network.now, verdict, events });
  }

  #verdictOf(bytes: Uint8Array, port: number, events: WalkEvent[]): string {
    if (!this.alive) return "host-down";
    for (const filter of this.filters) {
      const refusal = filter(bytes);
      if (refusal !== undefined) return refusal;
    }
    const { explains, now } = this.#network;
    const receive = (): number => this.stack.receive(Frame.of(bytes), port, now);
    const verdict = explains ? heard(this.stack, receive, { events }).result : receive();
    // A packet out of a tunnel may end otherwise than the tunnel's own.
    const inner = events.find((event) => event.kind === "verdict");
    return inner?.kind === "verdict" ? inner.verdict : verdictName(verdict);
  }

  /** Sends a packet of the host's own, complete but for the Ethernet header. */
  originate(packet: Frame): void {
    if (!this.alive) return;
    this.stack.advance(this.#network.now);
    this.stack.ip.originate(packet);
  }

  #sendSegment(ends: Ends, fields: SegmentFields): void {
    this.originate(writeSegment(ends, fields, this.stack.ip.identification()));
  }

  #pathMtu(address: Address): number {
    const destination = this.stack.addresses.of(address);
    const route = this.stack.routes.lookup(destination);
    return route === undefined ? DEFAULT_MTU : this.stack.routes.pathMtu(route, destination, this.stack.now);
  }
}

function hostConfig({ interfaces, routes, forwards, sysctl, loopback, tunnel, ha }: HostOptions) {
  const inner = (name: string, addresses: readonly Address[] = []) =>
    addresses.length === 0 ? [] : [{ name, mtu: LARGEST_MTU, addresses: addresses.map(alone) }];
  const forwarding = forwards === true ? 1 : 0;
  return {
    interfaces: [
      ...interfaces.map(({ name, mac, mtu, addresses }) => {
        const bytes = parseMac(mac);
        return { name, mtu: mtu ?? DEFAULT_MTU, addresses, ...(bytes === undefined ? {} : { mac: bytes }) };
      }),
      ...inner(LOOPBACK, loopback),
      ...inner(TUNNELS[tunnel?.[0]?.family ?? AF_INET], tunnel),
    ],
    routes: routes ?? [],
    neighbors: [],
    marks: [],
    ...(ha !== undefined && { ha }),
    sysctl: { "net.ipv4.ip_forward": forwarding, "net.ipv6.conf.all.forwarding": forwarding, ...sysctl },
  };
}

/** An address that is a network of its own. */
export const alone = (address: Address): Prefixed => ({ address, prefix: longestPrefix(address.family) });
