/** Directors with connections, ready to be sent packets of: what `make bench` measures. */
import { Director } from "../src/core/host/director.ts";
import { EXPIRIES_AT_ONCE } from "../src/core/ipvs/connection-timers.ts";
import type { Trace, WalkEvent } from "../src/core/trace/events.ts";
import { discard } from "../src/io/system/discard.ts";
import { hostOf, run, serverOf, serviceOf } from "./host.ts";
import { ACK, Ipv4Request, Ipv6Request, type Request, SYN } from "./requests.ts";

export const BATCH = 64;

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
  readonly director: Director;
  /** Sends a packet of each connection in `order`; its length is a multiple of BATCH. */
  pass(order: Int32Array): void;
  /** Only makes the frames that `pass` would send. */
  make(order: Int32Array): void;
  readonly bytesPerConnection: number;
}

/** Sends what it has to nowhere. */
class Sink {
  sent = 0;
  send(): void {
    this.sent++;
  }
}

/** Hears of everything, and keeps the last. */
class Listener implements Trace {
  last: WalkEvent | undefined;
  readonly wantsCauses: boolean;
  constructor(wantsCauses: boolean) {
    this.wantsCauses = wantsCauses;
  }
  add(event: WalkEvent): void {
    this.last = event;
  }
}

/** So many real servers have a MAC address that is known. */
const KNOWN_SERVERS = 16;

/** Who takes the packets: whichever path does; the walk alone; the walk while somebody listens, with or without its causes. */
export const PATHS = ["fast", "walk", "heard", "explained"] as const;
export type Path = (typeof PATHS)[number];

/** A director with a service of `servers` real servers by one method. */
export function director(
  name: string,
  scheduler: string,
  servers: number,
  capacity?: number,
  path: Path = "fast",
): Director {
  const ipv6 = name.endsWith("6");
  const service = serviceOf(ipv6);
  const made = new Director(hostOf(KNOWN_SERVERS), {
    link: new Sink(),
    ...(capacity === undefined ? {} : { capacity }),
    fastPath: path === "fast",
  });
  // As a live director has it.
  made.server.connections.timers.mostExpiries = EXPIRIES_AT_ONCE;
  made.server.connections.compaction.discard = discard;
  run(made, `-A -t ${service} -s ${scheduler}`);
  for (let index = 0; index < servers; index++)
    run(made, `-a -t ${service} -r ${serverOf(index, ipv6)} ${METHODS[name]}`);
  if (name === "fullnat") for (let host = 10; host < 40; host++) run(made, `-P -t ${service} -z 172.16.0.${host}`);
  made.advance(0);
  return made;
}

export function bedOf(name: string, connections: number, path: Path = "fast"): Bed {
  const request = (): Request => (name.endsWith("6") ? new Ipv6Request() : new Ipv4Request());
  const batch = Array.from({ length: BATCH }, request);
  const frames = batch.map(({ frame }) => frame);
  const made = director(name, "wrr", 3, 1 << Math.ceil(Math.log2(connections)), path);
  const single = request();
  let time = 0;
  for (const flags of [SYN, ACK]) {
    for (let index = 0; index < connections; index++) made.receive(single.point(index, flags), 0, ++time);
  }
  const { table } = made.server.connections;
  if (table.rows.count !== connections) throw new Error(`${name}: ${table.rows.count} of ${connections} connections`);
  if (path === "heard" || path === "explained") made.trace = new Listener(path === "explained");
  const makeBatch = (order: Int32Array, at: number): void => {
    for (let index = 0; index < BATCH; index++) batch[index]?.point(order[at + index] ?? 0, ACK);
  };
  return {
    director: made,
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
