/**
 * What floods cost, in memory: SYNs and datagrams of ten million sources, fragments of a million datagrams of which the rest
 * never comes, ARP requests of a million stations, packets to 80,000 next hops that nobody answers for. Each line: frames a
 * second, what the tables hold at the end, and the memory of the process. Names of floods as arguments run those alone.
 * Figures of one machine at one moment.
 */

import { runIpvsadm } from "../src/core/control/interpreter.ts";
import { Director } from "../src/core/host/director.ts";
import { ipv4, parseMac } from "../src/core/wire/address.ts";
import { fold, sum } from "../src/core/wire/checksum.ts";
import { BROADCAST, writeMac } from "../src/core/wire/ethernet.ts";
import { Frame } from "../src/core/wire/frame.ts";
import { writeIpv4 } from "../src/core/wire/ipv4.ts";
import { inlineTheWalk } from "../src/io/inlining.ts";
import { affordableConnections } from "../src/io/live/affordable-connections.ts";

inlineTheWalk();

const VIP = 0x0a010064;
const FIRST_SOURCE = 0x10000000;
const MICROSECONDS_APART = 2;
const START = 64;

interface Flood {
  readonly name: string;
  readonly count: number;
  readonly sysctl?: Readonly<Record<string, number>>;
  /** Makes the frame that of one source. */
  readonly point: (frame: Frame, source: number) => void;
  readonly make: () => Frame;
}

const mac = (text: string): Uint8Array => parseMac(text) ?? new Uint8Array(6);

function directorOf(sysctl: Flood["sysctl"] = {}): Director {
  const config = {
    interfaces: [
      {
        name: "eth0",
        mac: mac("02:00:00:00:01:64"),
        mtu: 1500,
        addresses: [
          { address: ipv4(0x0a0100fe), prefix: 8 },
          { address: ipv4(VIP), prefix: 32 },
        ],
      },
    ],
    routes: [],
    neighbors: [{ address: ipv4(0x0a020002), mac: mac("02:00:00:00:02:02"), dev: "eth0" }],
    marks: [],
    sysctl,
  };
  const director = new Director(config, { link: { send: () => {} }, mostConnections: affordableConnections() });
  director.advance(0);
  for (const rule of ["-A -t 10.1.0.100:80 -s rr", "-a -t 10.1.0.100:80 -r 10.2.0.2 -g"])
    for (const flag of ["-t", "-u"]) runIpvsadm(rule.replace("-t", flag).split(" "), { server: director.server });
  return director;
}

function packet(protocol: number, payload: readonly number[], fragment = 0, destination = VIP): Frame {
  const frame = new Frame(new Uint8Array(256), START, START + 34 + payload.length);
  writeMac(frame.view, START, 0x0200_0000_0164);
  writeMac(frame.view, START + 6, 0x0200_0000_0101);
  frame.view.setUint16(START + 12, 0x0800);
  frame.bytes.set(payload, START + 34);
  writeIpv4(frame.view, START + 14, {
    tos: 0,
    length: 20 + payload.length,
    identification: 1,
    fragment,
    ttl: 64,
    protocol,
    source: FIRST_SOURCE,
    destination,
  });
  return frame;
}

function setAddress(frame: Frame, at: number, address: number): void {
  frame.view.setUint32(START + 14 + at, address);
  frame.view.setUint16(START + 24, 0);
  frame.view.setUint16(START + 24, ~fold(sum(frame.view, START + 14, 20)) & 0xffff);
}

const fromSource = (frame: Frame, source: number): void => setAddress(frame, 12, FIRST_SOURCE + source);
const SYN = [4, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0];
const DATAGRAM = [4, 0, 0, 80, 0, 12, 0, 0, 1, 2, 3, 4];

function arpRequest(): Frame {
  const frame = new Frame(new Uint8Array(256), START, START + 42);
  writeMac(frame.view, START, BROADCAST);
  writeMac(frame.view, START + 6, 0x0200_0000_0101);
  frame.bytes.set(
    [8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 1, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 1, 0, 0xfe],
    START + 12,
  );
  return frame;
}

const FLOODS: readonly Flood[] = [
  { name: "SYN", count: 10_000_000, make: () => packet(6, SYN), point: fromSource },
  { name: "UDP", count: 10_000_000, make: () => packet(17, DATAGRAM), point: fromSource },
  { name: "incomplete fragments", count: 1_000_000, make: () => packet(17, SYN, 0x2000), point: fromSource },
  {
    name: "ARP senders",
    count: 1_000_000,
    make: arpRequest,
    point: (frame, source) => frame.view.setUint32(START + 28, 0x0a100000 + source),
  },
  {
    name: "unanswered next hops",
    count: 80_000,
    sysctl: { "net.ipv4.neigh.default.gc_thresh2": 100_000, "net.ipv4.neigh.default.gc_thresh3": 100_000 },
    make: () => packet(17, DATAGRAM, 0, 0x0a100000),
    point: (frame, source) => setAddress(frame, 16, 0x0a100000 + source),
  },
];

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

function run({ name, count, sysctl, make, point }: Flood): void {
  const director = directorOf(sysctl);
  const frame = make();
  const { end } = frame;
  const pristine = frame.bytes.slice();
  const started = process.hrtime.bigint();
  for (let source = 0; source < count; source++) {
    frame.bytes.set(pristine);
    frame.reset(START, end);
    point(frame, source);
    director.receive(frame, 0, source * MICROSECONDS_APART);
  }
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { rows, bytes } = director.server.connections.table;
  const held = `${rows.count} connections in ${megabytes(bytes)}, ${director.neighbors.list().length} neighbors`;
  const all = megabytes(process.memoryUsage.rss());
  console.log(`${name}: ${count} in ${seconds.toFixed(1)} s, ${held}, ${all} in all`);
  const later = process.hrtime.bigint();
  director.advance(count * MICROSECONDS_APART + 3600e6);
  const after = (Number(process.hrtime.bigint() - later) / 1e9).toFixed(2);
  const left = megabytes(director.server.connections.table.bytes);
  console.log(`  an hour later (${after} s of work): ${rows.count} connections in ${left}`);
}

const wanted = process.argv.slice(2);
for (const flood of FLOODS) if (wanted.length === 0 || wanted.includes(flood.name)) run(flood);
