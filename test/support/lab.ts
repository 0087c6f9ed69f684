/**
 * A director between clients and real servers, in memory.
 *
 *   clients 198.51.100.1, .2, ...            eth0  198.51.100.254   203.0.113.100, .101 (VIPs)
 *   clients of 192.0.2.0/24 behind .9                director
 *   real servers 192.168.1.2, .3, .4, ...    eth1  192.168.1.1      192.168.1.101, .102 (local addresses)
 *
 * With `ipv6` also: client 2001:db8:1::1, VIP 2001:db8:1::100; real servers 2001:db8:2::2 and ::3, inside 2001:db8:2::1.
 *
 * All addresses are above 128.0.0.0, so that a sign gone wrong shows; the recordings have those below.
 */
import { runIpvsadm, wordsOf } from "../../src/core/control/interpreter.ts";
import { type HostConfig, type MarkConfig, prefixed } from "../../src/core/host/config.ts";
import { Director } from "../../src/core/host/director.ts";
import { sysctlRefusal } from "../../src/core/host/sysctls.ts";
import { parseModule } from "../../src/core/ipvs/modules.ts";
import { type KernelConfig, REFERENCE_KERNEL } from "../../src/core/kernel/releases.ts";
import type { WalkEvent } from "../../src/core/trace/events.ts";
import { isDrop, verdictName } from "../../src/core/trace/verdict.ts";
import { ANY_IPV6, firstWord, ipv4 as ipv4Address, parseAddress, parseMac } from "../../src/core/wire/address.ts";
import { Frame } from "../../src/core/wire/frame.ts";
import { ethernet, ip, Packet } from "./packet.ts";
import { Seen } from "./seen.ts";

export const CLIENT = "198.51.100.1";
export const CLIENT2 = "198.51.100.2";
/** Behind a router. */
export const FAR_CLIENT = "192.0.2.7";
export const VIP = "203.0.113.100";
export const VIP2 = "203.0.113.101";
export const DIRECTOR = "198.51.100.254";
export const INSIDE = "192.168.1.1";
export const SERVERS = ["192.168.1.2", "192.168.1.3", "192.168.1.4"] as const;
export const [SERVER, SERVER2, SERVER3] = SERVERS;
export const LOCAL = "192.168.1.101";
export const LOCAL2 = "192.168.1.102";

export const CLIENT6 = "2001:db8:1::1";
export const VIP6 = "2001:db8:1::100";
export const SERVERS6 = ["2001:db8:2::2", "2001:db8:2::3"] as const;
export const [SERVER6] = SERVERS6;
export const INSIDE6 = "2001:db8:2::1";

const MAC0 = "02:00:00:00:01:64";
const MAC1 = "02:00:00:00:02:64";
const ROUTER_MAC = "02:00:00:00:01:09";
export const DIRECTOR_MACS: Readonly<Record<string, string>> = { eth0: MAC0, eth1: MAC1 };

/** Of a station on one of the director's two networks. */
export const macOf = (address: string): string => {
  const [a, b, c, d = ""] = address.split(".");
  const net = `${a}.${b}.${c}`;
  if (net !== "198.51.100" && net !== "192.168.1") return ROUTER_MAC;
  return `02:00:00:00:${net === "198.51.100" ? "01" : "02"}:${Number(d).toString(16).padStart(2, "0")}`;
};

export interface LabOptions {
  /** Lines of ipvsadm. */
  readonly rules?: readonly string[];
  /** `conn_reuse_mode` is net.ipv4.vs.conn_reuse_mode; names with a dot are taken as they are. */
  readonly sysctl?: Readonly<Record<string, number>>;
  readonly mtu?: readonly [number, number];
  readonly marks?: readonly MarkConfig[];
  /** Neighbors are known without ARP; that is so if nothing is said. */
  readonly neighbors?: boolean;
  /** Further routes, `192.0.2.0/24 via 198.51.100.9` in words. */
  readonly routes?: HostConfig["routes"];
  /** Kernel modules beside IPVS, as modprobe takes them; all persistence engines and no helper if nothing is said. */
  readonly modules?: readonly string[];
  /** The lab has IPv6 beside IPv4. */
  readonly ipv6?: boolean;
  /** That of the recordings if nothing is said. */
  readonly kernel?: KernelConfig;
  readonly seed?: number;
  readonly capacity?: number;
  /** Nobody listens to the walk; else its events are in `events`. */
  readonly silent?: boolean;
  /** The director's: false makes every packet take the walk. */
  readonly fastPath?: boolean;
  /** What the director sends is not kept. */
  readonly deaf?: boolean;
}

/** What came of a frame. */
export interface Outcome {
  /** A verdict's name: `sent`, `delivered`, or why it was dropped. */
  readonly verdict: string;
  readonly sent: readonly Seen[];
}

const mac = (text: string): Uint8Array => parseMac(text) ?? new Uint8Array(6);
const sysctlName = (name: string): string => (name.includes(".") ? name : `net.ipv4.vs.${name}`);

/** The host of a lab. */
export function labConfig({
  mtu = [1500, 1500],
  marks = [],
  neighbors = true,
  routes,
  sysctl,
  modules,
  ipv6 = false,
  kernel = REFERENCE_KERNEL,
}: LabOptions): HostConfig {
  const address = (text: string, prefix: number) => prefixed(ip(text), prefix);
  const station = (text: string, dev: string) => ({ address: ipv4Address(ip(text)), mac: mac(macOf(text)), dev });
  const six = (text: string) => parseAddress(text) ?? ANY_IPV6;
  const addresses6 = (...texts: readonly (readonly [string, number])[]) =>
    ipv6 ? texts.map(([text, prefix]) => ({ address: six(text), prefix })) : [];
  const station6 = (text: string, dev: string, at: string) => ({ address: six(text), mac: mac(macOf(at)), dev });
  const stations6 = [
    station6(CLIENT6, "eth0", CLIENT),
    ...SERVERS6.map((text, index) => station6(text, "eth1", SERVERS[index] ?? SERVER)),
  ];
  const clients = [CLIENT, CLIENT2, "198.51.100.3", "198.51.100.9"];
  return {
    interfaces: [
      {
        name: "eth0",
        mac: mac(MAC0),
        mtu: mtu[0],
        addresses: [
          address(DIRECTOR, 24),
          address(VIP, 32),
          address(VIP2, 32),
          ...addresses6(["2001:db8:1::254", 64], [VIP6, 128]),
        ],
      },
      {
        name: "eth1",
        mac: mac(MAC1),
        mtu: mtu[1],
        addresses: [address(INSIDE, 24), address(LOCAL, 32), address(LOCAL2, 32), ...addresses6([INSIDE6, 64])],
      },
    ],
    routes: routes ?? [{ to: prefixed(ip("192.0.2.0"), 24), via: ipv4Address(ip("198.51.100.9")) }],
    neighbors: neighbors
      ? [
          ...clients.map((text) => station(text, "eth0")),
          ...SERVERS.map((text) => station(text, "eth1")),
          ...(ipv6 ? stations6 : []),
        ]
      : [],
    marks,
    ...(modules && { modules: modules.flatMap((line) => parseModule(line) ?? []) }),
    // The times that tests expect are those of the recordings.
    kernel,
    sysctl: Object.fromEntries(Object.entries(sysctl ?? {}).map(([name, value]) => [sysctlName(name), value])),
  };
}

/** Who hears of every frame that any lab receives, and of its verdict. */
export const listeners: ((lab: Lab, verdict: string) => void)[] = [];

export class Lab {
  readonly director: Director;
  /** What happened to the last frame, step by step. */
  events: WalkEvent[] = [];
  /** In microseconds. */
  now = 0;
  /** Where frames go that the director sends; taken by `collect`. */
  #sent: Seen[] = [];

  constructor(options: LabOptions = {}) {
    this.director = new Director(labConfig(options), {
      link: {
        send: (frame, port) => {
          if (options.deaf === true) return;
          const { checksumStart, segmentSize, segmentType } = frame;
          const name = this.director.interfaces[port]?.name ?? `no port ${port}`;
          this.#sent.push(new Seen(name, frame.contents().slice(), checksumStart, segmentSize, segmentType));
        },
      },
      seed: options.seed ?? 1,
      ...(options.capacity === undefined ? {} : { capacity: options.capacity }),
      ...(options.fastPath === undefined ? {} : { fastPath: options.fastPath }),
    });
    this.director.advance(0);
    if (options.silent !== true) this.director.trace = { add: (event) => this.events.push(event) };
    for (const rule of options.rules ?? []) this.ipvsadm(rule);
  }

  get connections() {
    return this.director.server.connections;
  }

  get rows() {
    return this.connections.table.rows;
  }

  /** Runs a command line; what it prints. Throws what it complains of. */
  ipvsadm(args: string): string {
    const { code, out, err } = runIpvsadm(wordsOf(args), { server: this.director.server });
    if (code !== 0) throw new Error(`ipvsadm ${args}: ${err}`);
    return out;
  }

  sysctl(name: string, value: number): void {
    const refusal = sysctlRefusal(sysctlName(name), this.director.setSysctl(sysctlName(name), value));
    if (refusal !== undefined) throw new Error(refusal);
  }

  /**
   * A packet arrives in a frame for the director, on the port its source is behind. `prepare` may change the frame, or
   * note what stands beside its bytes.
   */
  receive(packet: Packet | Uint8Array, port = portOf(packet), prepare: (frame: Frame) => void = () => {}): Outcome {
    const source = packet instanceof Packet ? sourceOf(packet.bytes) : "";
    const type = packet instanceof Packet && isIpv6(packet.bytes) ? 0x86dd : 0x0800;
    return this.receiveFrame(ethernet(DIRECTOR_MACS[port] ?? MAC0, macOf(source), packet, type), port, prepare);
  }

  /** Any bytes arrive. */
  receiveFrame(bytes: Uint8Array, port = "eth0", prepare: (frame: Frame) => void = () => {}): Outcome {
    const frame = Frame.of(bytes);
    prepare(frame);
    this.collect();
    this.events = [];
    const verdict = verdictName(this.director.receive(frame, this.director.ifindexOf(port), this.now));
    for (const listen of listeners) listen(this, verdict);
    return { verdict, sent: this.collect() };
  }

  /** The host itself sends a packet. */
  originate(packet: Packet): Outcome {
    const frame = Frame.of(ethernet(MAC0, MAC0, packet));
    this.collect();
    this.events = [];
    const verdict = verdictName(this.director.originate(frame));
    for (const listen of listeners) listen(this, verdict);
    return { verdict, sent: this.collect() };
  }

  /** The one reason that packets were dropped for so far, also such as had been held or parked first. */
  counted(): string {
    const reasons = [...this.director.counts.keys()].filter((verdict) => isDrop(verdict) && this.countOf(verdict) > 0);
    const names = reasons.map(verdictName).join(", ");
    this.events = [];
    for (const listen of listeners) listen(this, names);
    return names;
  }

  countOf(verdict: number): number {
    return this.director.counts[verdict] ?? 0;
  }

  /** What the director sent since it was last asked. */
  collect(): readonly Seen[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  /** Time passes; what the director sends by itself. */
  wait(seconds: number): readonly Seen[] {
    this.collect();
    this.now += Math.round(seconds * 1e6);
    this.director.advance(this.now);
    return this.collect();
  }

  /** The connections as `ipvsadm -Lnc` lists them, without their times, in order of their text. */
  listing(): string[] {
    const lines = this.ipvsadm("-Lnc").split("\n").slice(2, -1);
    return lines
      .map((line) =>
        line
          .replace(/ +\d+:\d\d +/, " ")
          .replace(/ +/g, " ")
          .trim(),
      )
      .sort();
  }

  /** `active/inactive` of a real server of the service at VIP:80, or at another, by its address. */
  counts(server: string, service = `${VIP}:80`): string {
    for (const { address, port, destinations } of this.director.server.services.list()) {
      if (firstWord(address) !== ip(service.split(":")[0] ?? "") || port !== Number(service.split(":")[1])) continue;
      const found = destinations.find((destination) => firstWord(destination.address) === ip(server));
      if (found !== undefined) return `${found.activeConnections}/${found.inactiveConnections}`;
    }
    throw new Error(`no server ${server} of ${service}`);
  }

  /** The events of one kind that the last frame caused. */
  eventsOf<K extends WalkEvent["kind"]>(kind: K): Extract<WalkEvent, { readonly kind: K }>[] {
    return this.events.filter((event): event is Extract<WalkEvent, { readonly kind: K }> => event.kind === kind);
  }
}

const isIpv6 = (packet: Uint8Array): boolean => (packet[0] ?? 0) >> 4 === 6;

/** Of an IPv6 packet, the IPv4 address of the station that has sent it. */
function sourceOf(packet: Uint8Array): string {
  if (!isIpv6(packet)) return Array.from(packet.subarray(12, 16)).join(".");
  return packet[13] === 2 ? (SERVERS[(packet[23] ?? 0) - 2] ?? SERVER) : CLIENT;
}

const portOf = (packet: Packet | Uint8Array): string =>
  sourceOf(packet instanceof Packet ? packet.bytes : packet).startsWith("192.168.1.") ? "eth1" : "eth0";

/** A lab with these rules and options. */
export const lab = (rules: readonly string[] = [], options: Omit<LabOptions, "rules"> = {}): Lab =>
  new Lab({ ...options, rules });

/** A service at VIP:80 (or another) with the servers given, each `ADDRESS[:PORT]`, by one forwarding method: `-m`, `-g`, `-i`, `-b`. */
export const service = (
  method: string,
  servers: readonly string[] = [SERVER],
  { at = `-t ${VIP}:80`, scheduler = "rr", extra = "" } = {},
): string[] => [`-A ${at} -s ${scheduler} ${extra}`, ...servers.map((server) => `-a ${at} -r ${server} ${method}`)];
