/** What synchronisation costs: a master for each packet that it passes, a backup for each record that it takes over. */
import { type HostConfig, prefixed } from "../src/core/host/config/config.ts";
import { Director } from "../src/core/host/director.ts";
import { daemonOf, type SyncDaemon } from "../src/core/ipvs/sync/daemon.ts";
import { Frame, type InterfaceIndex } from "../src/core/wire/frame.ts";
import { bedOf, METHODS } from "./beds.ts";
import { hostOf, run, serverOf, serviceOf } from "./host.ts";
import { quartile, SLICE, slices, spent } from "./measure.ts";
import { ACK, Ipv4Request, SYN } from "./requests.ts";

/** When a master tells: the numbers of sync_threshold, sync_refresh_period, and whether it is one of `ha.sync`. */
interface Telling {
  readonly threshold: readonly [number, number];
  readonly refresh: number;
  readonly prompt?: true;
}

/** By name; `undefined`: no master runs. */
export const TELLINGS: Readonly<Record<string, Telling | undefined>> = {
  off: undefined,
  "3 50": { threshold: [3, 50], refresh: 0 },
  "3 50, refresh 10": { threshold: [3, 50], refresh: 10 },
  "0 0, refresh 10": { threshold: [0, 0], refresh: 10 },
  "ha.sync": { threshold: [3, 50], refresh: 0, prompt: true },
};

const wanted = (state: SyncDaemon["state"], prompt: boolean): SyncDaemon => {
  const daemon = { state, mcastInterface: "eth1", syncId: 5, maxLength: 0, group: undefined, port: 0, ttl: 0 };
  return daemonOf(prompt ? { ...daemon, prompt } : daemon);
};

/** Rounds of so many slices: a master sends what it has gathered once in some thousand packets. */
const SLICES_A_ROUND = 16;
const PATIENCE = 3e9;

/** Nanoseconds a packet by telling: one director, one after the other, round by round, so that all else is the same. */
export function tellingCosts(method: string, connections: number): Record<string, number> {
  const bed = bedOf(method, connections);
  const orders = slices(connections).slice(0, SLICES_A_ROUND);
  const { sync } = bed.director.server;
  const switched = (telling: Telling | undefined): void => {
    if (sync.master !== undefined) sync.stop("master");
    if (telling === undefined) return;
    bed.director.server.setSysctl("sync_threshold", telling.threshold);
    bed.director.server.setSysctl("sync_refresh_period", [telling.refresh]);
    sync.start(wanted("master", telling.prompt === true));
  };
  const round = (work: (order: Int32Array) => void): number => {
    const before = spent();
    for (const order of orders) work(order);
    return (spent() - before) / (SLICES_A_ROUND * SLICE);
  };
  const costs = Object.entries(TELLINGS).map(([name, telling]) => ({ name, telling, passed: [0].slice(1) }));
  const made: number[] = [];
  for (let end = spent() + PATIENCE, rounds = -2; rounds < 8 || spent() < end; rounds++) {
    if (rounds >= 0) made.push(round(bed.make));
    for (const { telling, passed } of costs) {
      switched(telling);
      const cost = round(bed.pass);
      if (rounds >= 0) passed.push(cost);
    }
  }
  const frames = quartile(made);
  return Object.fromEntries(costs.map(({ name, passed }) => [name, quartile(passed) - frames]));
}

// --- a backup

export interface TakingCost {
  readonly connections: number;
  /** Nanoseconds of a master for a connection that it tells of. */
  readonly told: number;
  /** Nanoseconds of a backup for a record: of a connection that it does not know, and of one that it knows. */
  readonly taken: number;
  readonly updated: number;
  /** From the backup's request until it has all, in seconds of the directors' clock. */
  readonly seconds: number;
}

const ROOM = 64;
const MILLISECOND = 1000;

/** Keeps what a director sends to its eth1, as frames of another one. */
class Wire {
  frames: Frame[] = [];
  isOpen = false;
  send(frame: Frame, ifindex: InterfaceIndex): void {
    if (ifindex !== 1 || !this.isOpen) return;
    const bytes = new Uint8Array(ROOM + frame.length);
    bytes.set(frame.contents(), ROOM);
    this.frames.push(new Frame(bytes, ROOM, ROOM + frame.length));
  }

  take(): readonly Frame[] {
    const { frames } = this;
    this.frames = [];
    return frames;
  }
}

/** A director with the rules of all of them, and 172.16.0.`host` as its own address. */
function directorAt(host: number, wire: Wire, method: string): Director {
  const config: HostConfig = hostOf(16);
  const [outside, inside] = config.interfaces;
  if (outside === undefined || inside === undefined) throw new Error("two interfaces");
  const own = { ...inside, addresses: [prefixed(0xac100000 + host, 16)] };
  const made = new Director({ ...config, interfaces: [outside, own] }, { link: wire });
  run(made, `-A -t ${serviceOf(false)} -s rr`);
  for (let index = 0; index < 3; index++)
    run(made, `-a -t ${serviceOf(false)} -r ${serverOf(index, false)} ${METHODS[method]}`);
  made.advance(0);
  return made;
}

/** A backup appears beside a master of so many connections, and asks for all of them; then it hears of each once more. */
export function takingCost(method: string, connections: number): TakingCost {
  const wires = [new Wire(), new Wire()] as const;
  const [master, backup] = [directorAt(1, wires[0], method), directorAt(254, wires[1], method)];
  const request = new Ipv4Request();
  let time = 0;
  for (const flags of [SYN, ACK]) {
    for (let index = 0; index < connections; index++) master.receive(request.point(index, flags), 0, ++time);
  }
  for (const wire of wires) wire.isOpen = true;
  for (const { server } of [master, backup]) server.sync.start(wanted("backup", true));
  master.server.sync.start(wanted("master", true));
  const { rows } = backup.server.connections.table;
  const timed = (work: () => void): number => {
    const before = spent();
    work();
    return spent() - before;
  };
  const heard: Frame[] = [];
  const hear = (frames: readonly Frame[]): void => {
    for (const frame of frames) {
      frame.reset(ROOM, frame.bytes.length);
      backup.receive(frame, 1, time);
    }
  };
  const begun = time;
  let [told, taken] = [0, 0];
  backup.advance(time);
  backup.server.sync.learn();
  for (; rows.count < connections; time += MILLISECOND) {
    if (time - begun > 600 * 1000 * MILLISECOND) throw new Error(`${rows.count} of ${connections} are there`);
    told += timed(() => {
      for (const frame of wires[1].take()) master.receive(frame, 1, time);
      master.advance(time);
    });
    const frames = wires[0].take();
    heard.push(...frames);
    taken += timed(() => hear(frames));
  }
  const rounds = Array.from({ length: 5 }, () => timed(() => hear(heard)));
  return {
    connections,
    told: told / connections,
    taken: taken / connections,
    updated: quartile(rounds) / connections,
    seconds: (time - begun) / 1e6,
  };
}
