/** The lab of tapvs/testing with its director laid open: its tables, its events, frames of any bytes. */
import { Fields } from "tapvs/packet";
import { LAB, macOf } from "tapvs/testing";
import { runIpvsadm, wordsOf } from "../../src/core/control/interpreter.ts";
import type { HostConfig, MarkConfig } from "../../src/core/host/config/config.ts";
import { Director } from "../../src/core/host/director.ts";
import { sysctlRefusal } from "../../src/core/host/sysctls.ts";
import { parseModule } from "../../src/core/ipvs/modules.ts";
import { type KernelConfig, REFERENCE_KERNEL } from "../../src/core/kernel/releases.ts";
import type { WalkEvent } from "../../src/core/trace/events.ts";
import { isDrop, verdictName } from "../../src/core/trace/verdict.ts";
import { firstWord } from "../../src/core/wire/address.ts";
import { Frame } from "../../src/core/wire/frame.ts";
import { readDescription } from "../../src/library/read-description.ts";
import { labDescription, portOf, switchName } from "../../src/library/testing/lab.ts";
import { ethernet, ip, Packet } from "./packet.ts";
import { Seen } from "./seen.ts";

export { macOf, service } from "tapvs/testing";

export const CLIENT = LAB.client;
export const CLIENT2 = LAB.client2;
export const FAR_CLIENT = LAB.farClient;
export const VIP = LAB.vip;
export const VIP2 = LAB.vip2;
export const DIRECTOR = LAB.director;
export const INSIDE = LAB.inside;
export const SERVERS = LAB.servers;
export const [SERVER, SERVER2, SERVER3] = SERVERS;
export const LOCAL = LAB.local;
export const LOCAL2 = LAB.local2;
export const CLIENT6 = LAB.client6;
export const VIP6 = LAB.vip6;
export const SERVERS6 = LAB.servers6;
export const [SERVER6] = SERVERS6;
export const INSIDE6 = LAB.inside6;

const MAC0 = LAB.macs.eth0;
export const DIRECTOR_MACS: Readonly<Record<string, string>> = { ...LAB.macs };

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

/** The host of a lab. The times that tests expect are those of the recordings. */
export function labConfig({ marks, routes, modules, kernel = REFERENCE_KERNEL, ...options }: LabOptions): HostConfig {
  const { rules: _, ...config } = readDescription(labDescription(options), undefined);
  return {
    ...config,
    kernel,
    ...(marks && { marks }),
    ...(routes && { routes }),
    ...(modules && { modules: modules.flatMap((line) => parseModule(line) ?? []) }),
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
    const refusal = sysctlRefusal(switchName(name), this.director.setSysctl(switchName(name), value));
    if (refusal !== undefined) throw new Error(refusal);
  }

  /**
   * A packet arrives in a frame for the director, on the port its source is behind. `prepare` may change the frame, or
   * note what stands beside its bytes.
   */
  receive(
    packet: Packet | Uint8Array,
    port = portOf(sourceOf(packet)),
    prepare: (frame: Frame) => void = () => {},
  ): Outcome {
    // Bytes alone are taken for IPv4, whatever they say themselves.
    const type = packet instanceof Packet ? undefined : 0x0800;
    const frame = ethernet(DIRECTOR_MACS[port] ?? MAC0, macOf(sourceOf(packet)), packet, type);
    return this.receiveFrame(frame, port, prepare);
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
    const verdict = verdictName(this.director.ip.originate(frame));
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

export const sourceOf = (packet: Packet | Uint8Array): string =>
  Fields.ofPacket(packet instanceof Packet ? packet.bytes : packet).source;

/** A lab with these rules and options. */
export const lab = (rules: readonly string[] = [], options: Omit<LabOptions, "rules"> = {}): Lab =>
  new Lab({ ...options, rules });
