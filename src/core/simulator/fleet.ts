/**
 * Many directors with one virtual address behind a router that spreads connections over them (equal-cost multipath), and what
 * becomes of established connections when some of them go. Real servers are reached by direct routing.
 *
 *   clients -- router -+- director 1 -+- real servers
 *                      +- director 2 -+
 *                      +- ...         +
 */
import { runIpvsadm, wordsOf } from "../control/interpreter.ts";
import { type HostConfig, prefixed } from "../host/config/config.ts";
import { Director } from "../host/director.ts";
import { ipv4 } from "../wire/address.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4, macAt, writeMac } from "../wire/ethernet.ts";
import { Frame } from "../wire/frame.ts";
import { IPV4_HEADER, PROTOCOL_TCP, writeIpv4 } from "../wire/ipv4.ts";
import { ACK, SYN, TCP_DESTINATION_PORT, TCP_FLAGS, TCP_HEADER, TCP_SOURCE_PORT } from "../wire/tcp.ts";

export interface FleetOptions {
  readonly directors: number;
  readonly servers: number;
  readonly connections: number;
  /** As `ipvsadm -s` spells it. */
  readonly scheduler: string;
  /** Directors take segments in the middle of a connection that they do not know (sloppy_tcp), and schedule them. */
  readonly sloppy: boolean;
  /** Each director tells all others of its connections at once. */
  readonly synchronized: boolean;
  /** Whether the router moves only the connections of a director that goes; else it divides its hash anew, as Linux does by default. */
  readonly resilient: boolean;
  /** So many directors go, and so many real servers are taken out. */
  readonly lostDirectors: number;
  readonly lostServers: number;
}

export interface FleetOutcome {
  /** Connections whose next packet came to another director than before. */
  readonly moved: number;
  /** Connections to real servers that stayed, whose next packet did not reach them. */
  readonly broken: number;
  /** Connections to real servers that went. */
  readonly lostWithServers: number;
}

const VIP = 0x0a_00_00_64;
const FIRST_DIRECTOR = 0x0a_00_01_00;
const FIRST_SERVER = 0x0a_00_02_00;
const FIRST_CLIENT = 0x0a_80_00_00;
const ROUTER = 0x0a_00_00_01;
/** 02:00 and the IP address. */
const macOf = (address: number): number => 0x0200_0000_0000 + address;
const macBytes = (address: number): Uint8Array =>
  Uint8Array.of(2, 0, address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255);

const PORT = 80;
/** Packets that come at one time, and microseconds until the next ones do: what is told of them goes in one message. */
const BATCH = 64;
const STEP = 100;
const SETTLED = 50_000;
/** Buckets of a resilient router, for each director. */
const BUCKETS = 64;
const NOWHERE = -1;

/** One fleet: opens its connections, loses what is to be lost, and sends each connection's next packet. */
export function loseDirectors(options: FleetOptions): FleetOutcome {
  const fleet = new Fleet(options);
  const clients = Array.from({ length: options.connections }, (_, number) => clientOf(number));
  const router = new Router(options);
  const before = clients.map((client) => router.directorOf(client.hash));
  const servers = clients.map((client, index) => fleet.send(before[index] ?? 0, client, SYN));
  fleet.settle();
  for (const [index, client] of clients.entries()) fleet.send(before[index] ?? 0, client, ACK);
  fleet.settle();
  for (let number = 0; number < options.lostDirectors; number++) router.lose(number);
  const lost = fleet.loseServers(options.lostServers);
  fleet.settle();
  let moved = 0;
  let broken = 0;
  let lostWithServers = 0;
  for (const [index, client] of clients.entries()) {
    const director = router.directorOf(client.hash);
    const server = servers[index] ?? NOWHERE;
    if (director !== before[index]) moved++;
    if (lost.has(server)) lostWithServers++;
    else if (fleet.send(director, client, ACK) !== server) broken++;
  }
  return { moved, broken, lostWithServers };
}

interface Client {
  readonly address: number;
  readonly port: number;
  /** What a router makes of the connection, 32 bits. */
  readonly hash: number;
}

function clientOf(number: number): Client {
  const address = FIRST_CLIENT + number;
  const port = 1024 + ((number * 7919) % 60_000);
  return { address, port, hash: mixed(address ^ Math.imul(port, 0x9e3779b1)) };
}

/** Bits well stirred (the finalizer of MurmurHash3). */
function mixed(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Which director a connection goes to. */
class Router {
  readonly #resilient: boolean;
  #alive: number[];
  readonly #buckets: number[];

  constructor({ directors, resilient }: FleetOptions) {
    this.#resilient = resilient;
    this.#alive = Array.from({ length: directors }, (_, number) => number);
    this.#buckets = Array.from({ length: directors * BUCKETS }, (_, bucket) => bucket % directors);
  }

  /** The hash falls into one of as many equal parts as there are directors (RFC 2992), or into a bucket that has a director. */
  directorOf(hash: number): number {
    if (this.#resilient) return this.#buckets[hash % this.#buckets.length] ?? 0;
    return this.#alive[Math.floor((hash / 2 ** 32) * this.#alive.length)] ?? 0;
  }

  /** Buckets of a director that goes are dealt to the others, one by one; the others' stay (nexthop groups of type resilient). */
  lose(director: number): void {
    this.#alive = this.#alive.filter((one) => one !== director);
    let next = 0;
    for (const [bucket, owner] of this.#buckets.entries()) {
      if (owner === director) this.#buckets[bucket] = this.#alive[next++ % this.#alive.length] ?? 0;
    }
  }
}

class Fleet {
  readonly #directors: readonly Director[];
  readonly #servers: number;
  #now = 0;
  #sentAtOnce = 0;
  /** Where the director at hand has sent the last packet of a client to. */
  #reached = NOWHERE;

  constructor(options: FleetOptions) {
    this.#servers = options.servers;
    this.#directors = Array.from({ length: options.directors }, (_, number) => this.#make(number, options));
    if (options.synchronized) for (const director of this.#directors) synchronize(director);
  }

  #make(number: number, { servers, scheduler, sloppy, connections }: FleetOptions): Director {
    const config = configOf(number, servers, sloppy);
    const capacity = 2 ** Math.ceil(Math.log2(connections + 1));
    const director = new Director(config, {
      capacity,
      link: { send: (frame) => this.#sent(number, frame) },
    });
    director.advance(0);
    const tell = (line: string) => runIpvsadm(wordsOf(line), { server: director.server });
    tell(`-A -t ${dotted(VIP)}:${PORT} -s ${scheduler}`);
    for (let server = servers - 1; server >= 0; server--)
      tell(`-a -t ${dotted(VIP)}:${PORT} -r ${dotted(FIRST_SERVER + server)} -g`);
    return director;
  }

  /** What one director says to all, the others hear; what it sends to a real server has reached it. */
  #sent(from: number, frame: Frame): void {
    const { view, start } = frame;
    const to = macAt(view, start);
    if ((view.getUint8(start) & 1) === 1) {
      const copy = frame.copyOfContents();
      for (const [number, other] of this.#directors.entries()) {
        if (number !== from) other.receive(Frame.of(copy.slice()), 0, this.#now);
      }
    }
    const server = to - macOf(FIRST_SERVER);
    if (server >= 0 && server < this.#servers) this.#reached = server;
  }

  /** Sends a segment of a client by way of a director; the number of the real server that it reaches, NOWHERE if none. */
  send(director: number, client: Client, flags: number): number {
    this.#reached = NOWHERE;
    if (++this.#sentAtOnce % BATCH === 0) this.#now += STEP;
    this.#directors[director]?.receive(segment(director, client, flags), 0, this.#now);
    return this.#reached;
  }

  /** Lets what is on its way arrive. */
  settle(): void {
    this.#now += SETTLED;
    for (const director of this.#directors) director.advance(this.#now);
    this.#now += SETTLED;
    for (const director of this.#directors) director.advance(this.#now);
  }

  /** Takes the first real servers out everywhere; which those are. */
  loseServers(count: number): ReadonlySet<number> {
    const lost = Array.from({ length: count }, (_, server) => server);
    for (const { server: virtual } of this.#directors) {
      for (const server of lost)
        runIpvsadm(wordsOf(`-d -t ${dotted(VIP)}:${PORT} -r ${dotted(FIRST_SERVER + server)}`), { server: virtual });
    }
    return new Set(lost);
  }
}

function synchronize({ server }: Director): void {
  const daemon = {
    mcastInterface: "eth0",
    syncId: 1,
    maxLength: 0,
    group: undefined,
    port: 0,
    ttl: 0,
    prompt: true,
  } as const;
  for (const state of ["master", "backup"] as const) server.startDaemon({ ...daemon, state });
}

const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");

function configOf(number: number, servers: number, sloppy: boolean): HostConfig {
  const own = FIRST_DIRECTOR + number;
  const station = (address: number) => ({ address: ipv4(address), mac: macBytes(address), dev: "eth0" });
  return {
    interfaces: [{ name: "eth0", mac: macBytes(own), mtu: 1500, addresses: [prefixed(own, 16), prefixed(VIP, 32)] }],
    routes: [{ to: prefixed(0, 0), via: ipv4(ROUTER) }],
    neighbors: [station(ROUTER), ...Array.from({ length: servers }, (_, server) => station(FIRST_SERVER + server))],
    marks: [],
    sysctl: sloppy ? { "net.ipv4.vs.sloppy_tcp": 1 } : {},
  };
}

function segment(director: number, { address, port }: Client, flags: number): Frame {
  const frame = Frame.allocate(ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER);
  const { view, start, network } = frame;
  writeMac(view, start, macOf(FIRST_DIRECTOR + director));
  writeMac(view, start + 6, macOf(ROUTER));
  view.setUint16(start + ETHERNET_TYPE, ETHERTYPE_IPV4);
  writeIpv4(view, network, {
    tos: 0,
    length: IPV4_HEADER + TCP_HEADER,
    identification: 0,
    fragment: 0,
    ttl: 64,
    protocol: PROTOCOL_TCP,
    source: address,
    destination: VIP,
  });
  const at = network + IPV4_HEADER;
  view.setUint16(at + TCP_SOURCE_PORT, port);
  view.setUint16(at + TCP_DESTINATION_PORT, PORT);
  view.setUint8(at + TCP_FLAGS - 1, (TCP_HEADER / 4) << 4);
  view.setUint8(at + TCP_FLAGS, flags);
  return frame;
}
