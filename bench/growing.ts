/** Directors of which one thing is large: services, real servers, routes ... How each is made, and what a packet and a command cost then. */
import { type HostConfig, prefixed } from "../src/core/host/config/config.ts";
import { Director } from "../src/core/host/director.ts";
import { formatIpv4, ipv4 } from "../src/core/wire/address.ts";
import { difference32, updated } from "../src/core/wire/checksum.ts";
import type { Frame } from "../src/core/wire/frame.ts";
import { IPV4_CHECKSUM, IPV4_DESTINATION } from "../src/core/wire/ipv4.ts";
import { IPV6_DESTINATION } from "../src/core/wire/ipv6.ts";
import { hostOf, net6, run, serverOf, serviceOf } from "./host.ts";
import { spent } from "./measure.ts";
import { ACK, Ipv4Request, Ipv6Request, ipv6Address, type Request, SYN, VIP } from "./requests.ts";

/** What grows, and the largest size of it that is measured. */
interface Dimension {
  /** Of the packets: 6 if what grows matters to IPv6 only. */
  readonly family?: 6;
  readonly method?: string;
  readonly servers?: (size: number) => number;
  readonly host?: (size: number, config: HostConfig) => Partial<HostConfig>;
  readonly commands?: (size: number) => string[];
}

const mac = (group: number, index: number): Uint8Array => Uint8Array.of(2, 0, 0, group, index >> 8, index & 255);
const hex = (index: number): string => index.toString(16);
const numbers = (size: number): number[] => Array.from({ length: size }, (_, index) => index);

export const DIMENSIONS: Readonly<Record<string, Dimension>> = {
  services: {
    commands: (size) =>
      numbers(size).flatMap((index) => {
        const service = `-t ${formatIpv4(0x0d000000 + index)}:80`;
        return [`-A ${service} -s rr`, `-a ${service} -r 172.16.0.2 -m`];
      }),
  },
  "services by port": {
    commands: (size) =>
      numbers(size).flatMap((index) => {
        const service = `-t ${formatIpv4(VIP)}:${10_000 + index}`;
        return [`-A ${service} -s rr`, `-a ${service} -r 172.16.0.2 -m`];
      }),
  },
  "services by mark": {
    commands: (size) =>
      numbers(size).flatMap((index) => [`-A -f ${index + 1} -s rr`, `-a -f ${index + 1} -r 172.16.0.2:80 -m`]),
  },
  "real servers": { servers: (size) => size },
  routes: {
    host: (size, { routes }) => ({
      routes: [...numbers(size).map((index) => ({ to: network(index), via: ipv4(0xc0a80001) })), ...routes],
    }),
  },
  "IPv6 routes": {
    family: 6,
    host: (size, { routes }) => ({
      routes: [
        ...numbers(size).map((index) => ({
          to: net6(`fd01:${hex(index)}::`, 32 + (index % 33)),
          via: ipv6Address("fd00:1::1"),
        })),
        ...routes,
      ],
    }),
  },
  marks: {
    host: (size) => ({
      marks: numbers(size).map((index) => ({
        protocol: 6 as const,
        destination: prefixed(0x0d000000 + index, 32),
        portFirst: 0,
        portLast: 65535,
        mark: index + 1,
      })),
    }),
  },
  "marks by port": {
    host: (size) => ({
      marks: numbers(size).map((index) => ({
        protocol: 6 as const,
        destination: prefixed(VIP, 32),
        portFirst: 10_000 + index,
        portLast: 10_000 + index,
        mark: index + 1,
      })),
    }),
  },
  interfaces: {
    host: (size, { interfaces }) => ({
      interfaces: [
        ...interfaces,
        ...numbers(size).map((index) => ({
          name: `x${index}`,
          mac: mac(9, index),
          mtu: 1500,
          addresses: [prefixed(0x0c000001 + (index << 8), 24)],
        })),
      ],
    }),
  },
  "local addresses": {
    method: "-b",
    commands: (size) =>
      numbers(size).map((index) => `-P -t ${formatIpv4(VIP)}:80 -z ${formatIpv4(0x0e000001 + index)}`),
  },
};

/** Networks of 8 sizes, none within another. */
const network = (index: number) => prefixed((0x20000000 + index * 0x10000) >>> 0, 16 + (index & 7));

function directorOf(
  { family, method = "-m", servers = () => 3, host, commands }: Dimension,
  size: number,
  fastPath: boolean,
) {
  const config = hostOf(servers(size));
  const made = new Director(
    { ...config, ...host?.(size, config) },
    { link: { send: () => {} }, capacity: 1 << 16, fastPath },
  );
  const ipv6 = family === 6;
  const service = serviceOf(ipv6);
  const given = commands?.(size) ?? [];
  const ofService = (line: string): boolean => line.startsWith("-P");
  for (const line of [
    ...given.filter((one) => !ofService(one)),
    `-A -t ${service} -s rr`,
    ...numbers(servers(size)).map((index) => `-a -t ${service} -r ${serverOf(index, ipv6)} ${method}`),
    ...given.filter(ofService),
  ])
    run(made, line);
  made.advance(0);
  return made;
}

/** What packets cost at one size, in nanoseconds; making their frames is counted. */
export interface GrowingCost {
  readonly size: number;
  /** A packet of an established connection, by the fast path and by the walk. */
  readonly fast: number;
  readonly walk: number;
  /** A packet of no connection that the director forwards. */
  readonly forwarded: number;
  /** The first of a connection. */
  readonly first: number;
  /** Milliseconds until the director was there, with all its rules. */
  readonly start: number;
}

/** Nobody's address: behind the default route, in IPv6 the end of one behind the clients' route. */
const OUTSIDE = 0x5f000001;
const CONNECTIONS = 1024;
const PART = 256;
const ROUNDS = 100;

/** The lowest tenth: what else the machine does lengthens many. */
const typical = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 10)] ?? 0;

export const GROWING_SIZES: readonly number[] = [1, 100, 1_000, 10_000];

/** What packets cost at each size. The sizes take turns, so that what else the machine does happens to all of them. */
export function growingCosts(name: string, sizes: readonly number[]): GrowingCost[] {
  const dimension = DIMENSIONS[name];
  if (dimension === undefined) throw new Error(`no dimension ${name}`);
  const request: Request = dimension.family === 6 ? new Ipv6Request() : new Ipv4Request();
  const beds = sizes.map((size) => {
    const begun = spent();
    const fast = bedOf(directorOf(dimension, size, true), request);
    const start = (spent() - begun) / 1e6;
    return { size, start, fast, walk: bedOf(directorOf(dimension, size, false), request) };
  });
  const samples = beds.map(() => ({
    fast: [] as number[],
    walk: [] as number[],
    forwarded: [] as number[],
    first: [] as number[],
  }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { fast, walk }] of beds.entries()) {
      samples[index]?.fast.push(timed(fast.established));
      samples[index]?.walk.push(timed(walk.established));
      samples[index]?.forwarded.push(timed(fast.forwarded));
      samples[index]?.first.push(timed(fast.first));
    }
  }
  return beds.map(({ size, start }, index) => {
    const { fast = [], walk = [], forwarded = [], first = [] } = samples[index] ?? {};
    return {
      size,
      start,
      fast: typical(fast),
      walk: typical(walk),
      forwarded: typical(forwarded),
      first: typical(first),
    };
  });
}

interface Bed {
  established(): void;
  forwarded(): void;
  first(): void;
}

/** A director with connections, and what is done to it: PART packets of those, and as many SYNs of clients not seen before. */
function bedOf(director: Director, request: Request): Bed {
  let time = 0;
  let next = 0;
  let newcomer = CONNECTIONS;
  for (const flags of [SYN, ACK])
    for (let index = 0; index < CONNECTIONS; index++) director.receive(request.point(index, flags), 0, ++time);
  return {
    established() {
      next = (next + PART) % CONNECTIONS;
      for (let index = next; index < next + PART; index++) director.receive(request.point(index, ACK), 0, ++time);
    },
    forwarded() {
      for (let index = 0; index < PART; index++) director.receive(toOutside(request.point(index, ACK)), 0, ++time);
    },
    first() {
      for (const end = newcomer + PART; newcomer < end; newcomer++)
        director.receive(request.point(newcomer, SYN), 0, ++time);
    },
  };
}

/** Makes a request one to a host beyond the director; nobody looks at its transport checksum. */
function toOutside(frame: Frame): Frame {
  const { view, network } = frame;
  const isIpv4 = view.getUint8(network) >> 4 === 4;
  const at = network + (isIpv4 ? IPV4_DESTINATION : IPV6_DESTINATION + 12);
  const change = difference32(view.getInt32(at), OUTSIDE);
  view.setInt32(at, OUTSIDE);
  if (isIpv4) view.setUint16(network + IPV4_CHECKSUM, updated(view.getUint16(network + IPV4_CHECKSUM), change));
  else view.setInt32(network + IPV6_DESTINATION, 0xfd000009 | 0);
  return frame;
}

function timed(work: () => void): number {
  const before = spent();
  work();
  return (spent() - before) / PART;
}
