/** Directors with connections, ready to be sent packets of: what `make bench` measures. */
import { runIpvsadm } from "../src/core/control/interpreter.ts";
import { prefixed } from "../src/core/host/config/config.ts";
import { Director } from "../src/core/host/director.ts";
import { EXPIRIES_AT_ONCE } from "../src/core/ipvs/connections.ts";
import { ipv4 as ipv4Address } from "../src/core/wire/address.ts";
import { discard } from "../src/io/system/discard.ts";
import { ACK, Ipv4Request, Ipv6Request, ipv6Address, type Request, SYN, VIP, VIP6 } from "./requests.ts";

export const BATCH = 64;

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
    ...Array.from({ length: 16 }, (_, index) => index + 2).flatMap((host) =>
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

/** Forwarding methods by name, and the option of ipvsadm; those that end in 6 are IPv6. */
export const METHODS: Readonly<Record<string, string>> = {
  nat: "-m",
  dr: "-g",
  tun: "-i",
  fullnat: "-b",
  nat6: "-m",
  dr6: "-g",
  tun6: "-i",
};

export interface Bed {
  /** Sends a packet of each connection in `order`; its length is a multiple of BATCH. */
  pass(order: Int32Array): void;
  /** Only makes the frames that `pass` would send. */
  make(order: Int32Array): void;
  readonly bytesPerConnection: number;
}

const vipOf = (ipv6: boolean): string => (ipv6 ? `[${VIP6}]:80` : "192.168.0.100:80");

/** Sends what it has to nowhere. */
class Sink {
  sent = 0;
  send(): void {
    this.sent++;
  }
}

/** A director with a service of `servers` real servers by one method. */
export function director(name: string, scheduler: string, servers: number, capacity?: number): Director {
  const ipv6 = name.endsWith("6");
  const made = new Director(config, { link: new Sink(), ...(capacity === undefined ? {} : { capacity }) });
  const run = (line: string): void => {
    const { code, err } = runIpvsadm(line.split(" "), { server: made.server });
    if (code !== 0) throw new Error(`${line}: ${err}`);
  };
  // As a live director has it.
  made.server.connections.mostExpiries = EXPIRIES_AT_ONCE;
  made.server.connections.compaction.discard = discard;
  run(`-A -t ${vipOf(ipv6)} -s ${scheduler}`);
  for (let host = 2; host < 2 + servers; host++) {
    const server = ipv6 ? `[fd00:2::${host}]:80` : `172.16.${Math.floor(host / 200)}.${host % 200}`;
    run(`-a -t ${vipOf(ipv6)} -r ${server} ${METHODS[name]}`);
  }
  if (name === "fullnat") for (let host = 10; host < 40; host++) run(`-P -t ${vipOf(false)} -z 172.16.0.${host}`);
  made.advance(0);
  return made;
}

export function bedOf(name: string, connections: number): Bed {
  const request = (): Request => (name.endsWith("6") ? new Ipv6Request() : new Ipv4Request());
  const batch = Array.from({ length: BATCH }, request);
  const frames = batch.map(({ frame }) => frame);
  const made = director(name, "wrr", 3, 1 << Math.ceil(Math.log2(connections)));
  const single = request();
  let time = 0;
  for (const flags of [SYN, ACK]) {
    for (let index = 0; index < connections; index++) made.receive(single.point(index, flags), 0, ++time);
  }
  const { table } = made.server.connections;
  if (table.rows.count !== connections) throw new Error(`${name}: ${table.rows.count} of ${connections} connections`);
  const makeBatch = (order: Int32Array, at: number): void => {
    for (let index = 0; index < BATCH; index++) batch[index]?.point(order[at + index] ?? 0, ACK);
  };
  return {
    bytesPerConnection: table.bytes / connections,
    make(order) {
      for (let at = 0; at < order.length; at += BATCH) makeBatch(order, at);
    },
    pass(order) {
      // As a live director: up to 64 frames are read, then the clock, then all are handed in together.
      for (let at = 0; at < order.length; at += BATCH) {
        makeBatch(order, at);
        time += BATCH;
        made.receiveAll(frames, BATCH, 0, time);
      }
    },
  };
}
