/**
 * Packets per second through the whole walk, in memory: each forwarding method at 1 k, 64 k and 1 M connections in
 * random order, beside a baseline in the same run: a bare NAT loop that checks nothing and knows no states. IPv6 stands
 * beside IPv4, as `nat6`.
 * Figures of one machine at one moment: the ratios are what to hold on to.
 */

import { PerformanceObserver } from "node:perf_hooks";
import { runIpvsadm } from "../src/core/control/interpreter.ts";
import { prefixed } from "../src/core/host/config.ts";
import { Director } from "../src/core/host/director.ts";
import { type Address, ANY_IPV6, ipv4 as ipv4Address, parseIpv6 } from "../src/core/wire/address.ts";
import { AddressTable } from "../src/core/wire/address-table.ts";
import { difference16, difference32, fold, pseudoHeaderSum, sum, updated } from "../src/core/wire/checksum.ts";
import { writeMac } from "../src/core/wire/ethernet.ts";
import { Frame } from "../src/core/wire/frame.ts";
import { writeIpv4 } from "../src/core/wire/ipv4.ts";
import { writeIpv6 } from "../src/core/wire/ipv6.ts";
import { inlineTheWalk } from "../src/io/inlining.ts";

inlineTheWalk();

const VIP = 0xc0a80064;
const DIRECTOR_MAC = 0x0200_0000_0164;
const ROUNDS = 5;
const BATCH = 64;
const START = 64;
const ACK = 0x10;
const SYN = 0x02;

const VIP6 = "fd00:1::100";
const ipv6Address = (text: string): Address => parseIpv6(text) ?? ANY_IPV6;
const net6 = (text: string, prefix: number) => ({ address: ipv6Address(text), prefix });

const config = {
  interfaces: [
    {
      name: "eth0",
      mac: Uint8Array.of(2, 0, 0, 0, 1, 100),
      mtu: 1500,
      addresses: [prefixed(0xc0a800fe, 24), prefixed(VIP, 32), net6("fd00:1::fe", 64), net6(VIP6, 128)],
    },
    {
      name: "eth1",
      mac: Uint8Array.of(2, 0, 0, 0, 2, 100),
      mtu: 1500,
      addresses: [prefixed(0xac100001, 24), net6("fd00:2::1", 64)],
    },
  ],
  routes: [
    { to: prefixed(0, 0), via: ipv4Address(0xc0a80001) },
    { to: net6("fd00:9::", 32), via: ipv6Address("fd00:1::1") },
  ],
  neighbors: [
    { address: ipv4Address(0xc0a80001), mac: Uint8Array.of(2, 0, 0, 0, 1, 1), dev: "eth0" },
    { address: ipv6Address("fd00:1::1"), mac: Uint8Array.of(2, 0, 0, 0, 1, 1), dev: "eth0" },
    ...[2, 3, 4].flatMap((host) =>
      [ipv4Address(0xac100000 + host), ipv6Address(`fd00:2::${host}`)].map((address) => ({
        address,
        mac: Uint8Array.of(2, 0, 0, 0, 2, host),
        dev: "eth1",
      })),
    ),
  ],
  marks: [],
  sysctl: { "net.ipv4.vs.fullnat_lport_tries": 60000 },
};

/** Clients: 60,000 ports each, addresses from 16.0.0.1 up. */
const clientAddress = (index: number): number => 0xcb007101 + Math.floor(index / 60_000);
const clientPort = (index: number): number => 1024 + (index % 60_000);

/** A request of a client's, in a frame that is used again. */
interface Request {
  readonly frame: Frame;
  /** Makes it the request of this connection; borrowed. */
  point(index: number, flags: number): Frame;
}

/** A 60-byte request from client 0, with the checksums of an ACK; `point` makes it another client's. */
class Ipv4Request implements Request {
  readonly frame = new Frame(new Uint8Array(256), START, START + 60);
  readonly #bytes = new Uint8Array(64);
  readonly #words: BigUint64Array;
  readonly #source: BigUint64Array;
  #ipCheck = 0;
  #tcpCheck = 0;

  constructor() {
    const { view, network } = this.frame;
    writeMac(view, START, DIRECTOR_MAC);
    writeMac(view, START + 6, 0x0200_0000_0101);
    view.setUint16(START + 12, 0x0800);
    writeIpv4(view, network, {
      tos: 0,
      length: 46,
      identification: 7,
      fragment: 0x4000,
      ttl: 64,
      protocol: 6,
      source: 0,
      destination: VIP,
    });
    view.setUint16(network + 22, 80);
    view.setUint32(network + 24, 1000);
    view.setUint8(network + 32, 0x50);
    view.setUint8(network + 33, ACK);
    const pseudo = pseudoHeaderSum(0, VIP, 6, 26);
    view.setUint16(network + 36, ~fold(sum(view, network + 20, 26) + pseudo) & 0xffff);
    this.#ipCheck = view.getUint16(network + 10);
    this.#tcpCheck = view.getUint16(network + 36);
    this.#source = new BigUint64Array(this.#bytes.buffer);
    this.#words = new BigUint64Array(this.frame.bytes.buffer, START, 8);
    this.#source.set(this.#words);
  }

  point(index: number, flags: number): Frame {
    const { frame } = this;
    const { view } = frame;
    frame.reset(START, START + 60);
    this.#words.set(this.#source);
    const address = clientAddress(index);
    const port = clientPort(index);
    const network = START + 14;
    view.setUint32(network + 12, address);
    view.setUint16(network + 20, port);
    const addresses = difference32(0, address);
    view.setUint16(network + 10, updated(this.#ipCheck, addresses));
    view.setUint16(network + 36, updated(this.#tcpCheck, addresses + difference16(0, port)));
    if (flags !== ACK) this.#refinish(flags);
    return frame;
  }

  #refinish(flags: number): void {
    const { view, network } = this.frame;
    view.setUint8(network + 33, flags);
    view.setUint16(network + 36, 0);
    const pseudo = pseudoHeaderSum(view.getUint32(network + 12), VIP, 6, 26);
    view.setUint16(network + 36, ~fold(sum(view, network + 20, 26) + pseudo) & 0xffff);
  }
}

/** The same in IPv6, 80 bytes: client fd00:9::n. */
class Ipv6Request implements Request {
  readonly frame = new Frame(new Uint8Array(256), START, START + 80);
  readonly #sources: Readonly<Record<number, Uint8Array>>;

  constructor() {
    this.#sources = { [SYN]: this.#made(SYN), [ACK]: this.#made(ACK) };
  }

  #made(flags: number): Uint8Array {
    const { view, network } = this.frame;
    const addresses = new AddressTable();
    writeMac(view, START, DIRECTOR_MAC);
    writeMac(view, START + 6, 0x0200_0000_0101);
    view.setUint16(START + 12, 0x86dd);
    writeIpv6(view, network, { trafficClass: 0, flowLabel: 0, length: 26, nextHeader: 6, hopLimit: 64 });
    addresses.write(view, network + 8, addresses.of(ipv6Address("fd00:9::")));
    addresses.write(view, network + 24, addresses.of(ipv6Address(VIP6)));
    view.setUint16(network + 42, 80);
    view.setUint32(network + 44, 1000);
    view.setUint8(network + 52, 0x50);
    view.setUint8(network + 53, flags);
    view.setUint16(network + 56, 0);
    const pseudo = sum(view, network + 8, 32) + 6 + 26;
    view.setUint16(network + 56, ~fold(sum(view, network + 40, 26) + pseudo) & 0xffff);
    return this.frame.contents().slice();
  }

  point(index: number, flags: number): Frame {
    const { frame } = this;
    const { view } = frame;
    frame.reset(START, START + 80);
    frame.bytes.set(this.#sources[flags] ?? NO_BYTES, START);
    const address = clientAddress(index);
    const port = clientPort(index);
    const network = START + 14;
    view.setUint32(network + 20, address);
    view.setUint16(network + 40, port);
    const change = difference32(0, address) + difference16(0, port);
    view.setUint16(network + 56, updated(view.getUint16(network + 56), change));
    return frame;
  }
}

const NO_BYTES = new Uint8Array();

interface Bed {
  readonly name: string;
  /** Sends the packet of each connection in `order`. */
  pass(order: Int32Array): void;
  readonly bytesPerConnection: number;
}

let sent = 0;

function directorBed(name: string, method: string, connections: number): Bed {
  const ipv6 = name.endsWith("6");
  const vip = ipv6 ? `[${VIP6}]:80` : "192.168.0.100:80";
  const server = (host: number): string => (ipv6 ? `[fd00:2::${host}]:80` : `172.16.0.${host}`);
  const link = { send: (): void => void sent++ };
  const director = new Director(config, { link, capacity: 1 << Math.ceil(Math.log2(connections)) });
  const environment = { server: director.server };
  const run = (line: string): void => {
    const { code, err } = runIpvsadm(line.split(" "), environment);
    if (code !== 0) throw new Error(`${line}: ${err}`);
  };
  run(`-A -t ${vip} -s wrr`);
  for (const host of [2, 3, 4]) run(`-a -t ${vip} -r ${server(host)} ${method}`);
  if (method === "-b") for (let host = 10; host < 40; host++) run(`-P -t 192.168.0.100:80 -z 172.16.0.${host}`);
  const made = (): Request => (ipv6 ? new Ipv6Request() : new Ipv4Request());
  const batch = Array.from({ length: BATCH }, made);
  const frames = batch.map(({ frame }) => frame);
  const request = made();
  let time = 0;
  director.advance(0);
  for (let index = 0; index < connections; index++) director.receive(request.point(index, SYN), 0, ++time);
  for (let index = 0; index < connections; index++) director.receive(request.point(index, ACK), 0, ++time);
  const { table } = director.server.connections;
  if (table.rows.count !== connections) throw new Error(`${name}: ${table.rows.count} of ${connections} connections`);
  return {
    name,
    bytesPerConnection: table.bytes / connections,
    pass(order) {
      // As a live director: up to 64 frames are read, then the clock, then all are handed in together.
      for (let at = 0; at < order.length; at += BATCH) {
        for (let index = 0; index < BATCH; index++) batch[index]?.point(order[at + index] ?? 0, ACK);
        time += BATCH;
        director.receiveAll(frames, BATCH, 0, time);
      }
    },
  };
}

/** The least a NAT loop can do: find the connection in an open-addressing table, new address and port, two checksums. */
function baselineBed(connections: number): Bed {
  const slots = 1 << Math.ceil(Math.log2(connections * 2));
  const mask = slots - 1;
  const table = new Int32Array(slots * 4);
  const hash = (address: number, port: number): number => {
    const mixed = Math.imul(address, 0x9e3779b1) ^ Math.imul(port, 0x85ebca6b);
    return mixed ^ (mixed >>> 15);
  };
  for (let index = 0; index < connections; index++) {
    let slot = hash(clientAddress(index), clientPort(index)) & mask;
    while (table[slot * 4 + 1] !== 0) slot = (slot + 1) & mask;
    table[slot * 4] = clientAddress(index);
    table[slot * 4 + 1] = clientPort(index);
    table[slot * 4 + 2] = 0xac100002 + (index % 3);
  }
  const request = new Ipv4Request();
  return {
    name: "baseline",
    bytesPerConnection: table.byteLength / connections,
    pass(order) {
      for (let at = 0; at < order.length; at++) {
        const { view, network } = request.point(order[at] ?? 0, ACK);
        const address = view.getUint32(network + 12);
        const port = view.getUint16(network + 20);
        let slot = hash(address, port) & mask;
        while ((table[slot * 4] ?? 0) >>> 0 !== address || table[slot * 4 + 1] !== port) slot = (slot + 1) & mask;
        const server = (table[slot * 4 + 2] ?? 0) >>> 0;
        table[slot * 4 + 3] = (table[slot * 4 + 3] ?? 0) + 1;
        const change = difference32(VIP, server);
        view.setUint32(network + 16, server);
        view.setUint16(network + 10, updated(view.getUint16(network + 10), change));
        view.setUint16(network + 36, updated(view.getUint16(network + 36), change));
        sent++;
      }
    },
  };
}

function shuffled(connections: number, length: number): Int32Array {
  const order = new Int32Array(length);
  let state = 12345;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    order[at] = (state >>> 1) % connections;
  }
  return order;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Millions of packets per second of each bed, in interleaved rounds; garbage collections of the measured part. */
function measure(beds: readonly Bed[], order: Int32Array): Map<Bed, number[]> {
  for (const bed of beds) bed.pass(order);
  const speeds = new Map<Bed, number[]>(beds.map((bed) => [bed, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const bed of beds) {
      const before = process.hrtime.bigint();
      bed.pass(order);
      const seconds = Number(process.hrtime.bigint() - before) / 1e9;
      speeds.get(bed)?.push(order.length / seconds / 1e6);
    }
  }
  return speeds;
}

let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ["gc"] });

/** How often garbage is collected during four million packets once all is warm: 0 if the walk allocates nothing. */
async function collectionsOf(pass: () => void): Promise<number> {
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
  await settled();
  const before = collections;
  for (let round = 0; round < 8; round++) pass();
  await settled();
  return collections - before;
}

const METHODS: readonly [string, string][] = [
  ["nat", "-m"],
  ["dr", "-g"],
  ["tun", "-i"],
  ["nat6", "-m"],
  ["dr6", "-g"],
  ["tun6", "-i"],
  ["fullnat", "-b"],
];
console.log("connections  method     Mpackets/s  to baseline  bytes/connection  garbage collected");
// `node packets.js nat 64000` measures that alone.
const [onlyMethod, onlyConnections] = process.argv.slice(2);
for (const connections of onlyConnections === undefined ? [1_000, 64_000, 1_000_000] : [Number(onlyConnections)]) {
  const order = shuffled(connections, 1 << 19);
  for (const [name, method] of METHODS.filter(([name]) => onlyMethod === undefined || name === onlyMethod)) {
    const beds = [baselineBed(connections), directorBed(name, method, connections)];
    const speeds = measure(beds, order);
    const [baseline, bed] = beds;
    if (baseline === undefined || bed === undefined) continue;
    const collected = await collectionsOf(() => bed.pass(order));
    const ratios = (speeds.get(bed) ?? []).map((speed, round) => speed / (speeds.get(baseline)?.[round] ?? 1));
    const row = [
      String(connections).padStart(11),
      name.padEnd(9),
      median(speeds.get(bed) ?? [])
        .toFixed(2)
        .padStart(11),
      median(ratios).toFixed(2).padStart(12),
      bed.bytesPerConnection.toFixed(1).padStart(17),
      String(collected).padStart(17),
    ];
    console.log(row.join("  "));
    if (name === "nat")
      console.log(
        `${String(connections).padStart(11)}  baseline   ${median(speeds.get(baseline) ?? [])
          .toFixed(2)
          .padStart(11)}`,
      );
  }
}
console.log("garbage collected: collections during 4 million packets, connections and clients known");
