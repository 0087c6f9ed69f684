/** Where each connection goes when packets pass a director, and how each packet ends. */
import type { Packet } from "../../capture/packet.ts";
import { connectionEntries } from "../../control/connection-entry.ts";
import { factsOf } from "../../explain/decode/facts.ts";
import type { DirectorConfig } from "../../host/config/config.ts";
import type { Director } from "../../host/director.ts";
import { protocolName } from "../../ipvs/protocols/protocols.ts";
import { describeService } from "../../ipvs/service.ts";
import { isDrop, PARKED, SENT, verdictName } from "../../trace/verdict.ts";
import { formatEndpoint } from "../../wire/address.ts";
import { ETHERNET_TYPE } from "../../wire/ethernet.ts";
import { type Arrival, CaptureRun } from "../capture-run.ts";
import { idleReason } from "../idle.ts";
import { loadRules } from "../rules.ts";
import { Counting, settleStatistics } from "../summary.ts";
import { type Kept, KeptServers, type Moment } from "./kept.ts";

/** A connection by its client and its service, `TCP 10.1.0.1:40000 > 10.1.0.100:80`, and the real server that it went to. */
export type Picks = ReadonlyMap<string, string>;

export interface Passed {
  readonly picks: Picks;
  /** How each packet that arrived ended, by its number: `sent`, `dropped no-destination`. */
  readonly ends: ReadonlyMap<number, string>;
  /** Of each packet, or for 0 after the last, numbers made of all frames that were sent up to the next one. */
  readonly sent: ReadonlyMap<number, SentFrames>;
  /** Real servers of all services, with their weights: `TCP 10.1.0.100:80 10.2.0.2:80`. */
  readonly servers: ReadonlyMap<string, number>;
  /** What is in the table when the last packet has passed, by service and real server as above. */
  readonly table: ReadonlyMap<string, InTable>;
  /** Why nothing was balanced; `undefined` if something was, or there are no services. */
  readonly idle: string | undefined;
  /** When the rules changed, and what those real servers kept that get nothing new since then. */
  readonly change?: Moment & { readonly kept: ReadonlyMap<string, Kept> };
}

export interface SentFrames {
  /** Made of their bytes and ports. */
  readonly whole: number;
  /** The same without the MAC addresses at their beginning. */
  readonly beyondMacs: number;
}

const NO_FRAMES: SentFrames = { whole: 0, beyondMacs: 0 };

/** A change of rules while packets come. */
export interface Change {
  /** Before the packet of this number, or so many seconds behind the first one. */
  readonly when: { readonly packet: number } | { readonly seconds: number };
  /** Makes the table of a director what other rules say; lists those that are refused. */
  readonly apply: (director: Director) => readonly string[];
}

/** What a real server has in the connection table. */
export interface InTable {
  readonly connections: number;
  /** Persistence templates. */
  readonly templates: number;
  /** Until the last one expires if nobody sends any more. */
  readonly seconds: number;
}

const SECOND = 1e6;

/** So long after the last packet something may still be sent because of it, in microseconds. */
const AFTERWARDS = 10e6;

/** Sends packets through a director that is fresh from its configuration. */
export class Passing {
  readonly #refused: string[];
  readonly #run: CaptureRun;
  readonly #counting = new Counting();
  readonly #change: Change | undefined;
  #changed: (Moment & { readonly kept: KeptServers }) | undefined;
  readonly #picks = new Map<string, string>();
  readonly #ends = new Map<number, string>();
  readonly #sums = new Map<number, SentFrames>();
  /** How often a client has used a port for a new connection. */
  readonly #again = new Map<string, number>();

  constructor(config: DirectorConfig, change?: Change) {
    this.#run = new CaptureRun(config, {
      listensTo: () => true,
      arrives: (packet, port) => this.#counting.arrives(packet, port),
      arrived: (arrival) => this.#arrived(arrival),
      sent: (departure) => {
        const { port, bytes, cause, during } = departure;
        this.#counting.sent(departure);
        this.#sent((cause ?? during)?.record ?? 0, port, bytes);
      },
      skipped: (packet, placement) => this.#counting.skipped(packet, placement),
    });
    this.#change = change;
    this.#refused = loadRules(this.#run.director, config.rules);
  }

  /** Rules that were refused, so far. */
  get refused(): readonly string[] {
    return this.#refused;
  }

  /** Whether the rules have still to change. */
  get waits(): boolean {
    return this.#change !== undefined && this.#changed === undefined;
  }

  packet(packet: Packet): void {
    if (this.#change !== undefined && this.#changed === undefined) this.#changeRules(this.#change, packet);
    this.#run.packet(packet);
  }

  #changeRules({ when, apply }: Change, { record, time }: Packet): void {
    const since = time - (this.#run.first?.time ?? time);
    if ("packet" in when ? record < when.packet : since < when.seconds * SECOND) return;
    this.#run.advance("packet" in when ? since : when.seconds * SECOND);
    const before = this.#servers();
    this.#refused.push(...apply(this.#run.director));
    const after = this.#servers();
    const leaving = [...before.keys()].filter((server) => (after.get(server) ?? 0) === 0);
    this.#changed = { packet: record, seconds: since / SECOND, kept: new KeptServers(leaving, this.#table()) };
  }

  #sent(record: number, port: number, bytes: Uint8Array): void {
    const { whole, beyondMacs } = this.#sums.get(record) ?? NO_FRAMES;
    const [all, rest] = [sumOf(whole + port + 1, bytes, 0), sumOf(beyondMacs + port + 1, bytes, ETHERNET_TYPE)];
    this.#sums.set(record, { whole: all, beyondMacs: rest });
  }

  #arrived(arrival: Arrival): void {
    const { packet, verdict, events } = arrival;
    this.#counting.arrived(arrival);
    this.#changed?.kept.arrived(arrival);
    if (factsOf(packet.bytes)?.ip !== undefined) this.#ends.set(packet.record, endOf(verdict));
    for (const event of events) {
      if (event.kind !== "created" || event.connection.template) continue;
      const { protocol, clientAddress, clientPort, virtualAddress, virtualPort, ...to } = event.connection;
      const ends = `${protocolName(protocol)} ${formatEndpoint(clientAddress, clientPort)} > ${formatEndpoint(virtualAddress, virtualPort)}`;
      const times = (this.#again.get(ends) ?? 0) + 1;
      this.#again.set(ends, times);
      this.#picks.set(
        times === 1 ? ends : `${ends} #${times}`,
        formatEndpoint(to.destinationAddress, to.destinationPort),
      );
    }
  }

  /** Lets what waits come to its end, and tells. */
  end(): Passed {
    const table = this.#table();
    const { director, last } = this.#run;
    settleStatistics(director);
    const idle = idleReason(this.#counting.summary(director, last));
    this.#run.advance(last + AFTERWARDS);
    const change = this.#changed && { ...this.#changed, kept: this.#changed.kept.end(table) };
    return {
      picks: this.#picks,
      ends: this.#ends,
      sent: this.#sums,
      servers: this.#servers(),
      table,
      idle,
      ...(change !== undefined && { change }),
    };
  }

  #servers(): Map<string, number> {
    const servers = new Map<string, number>();
    for (const service of this.#run.director.server.services.list())
      for (const { address, port, weight } of service.destinations)
        servers.set(`${describeService(service)} ${formatEndpoint(address, port)}`, weight);
    return servers;
  }

  #table(): Map<string, InTable> {
    const table = new Map<string, InTable>();
    for (const { protocolName: protocol, virtual, destination, isTemplate, secondsLeft } of connectionEntries(
      this.#run.director.server.connections,
    )) {
      const service = `${protocol} ${formatEndpoint(virtual.address, virtual.port)}`;
      const key = `${service} ${formatEndpoint(destination.address, destination.port)}`;
      const { connections = 0, templates = 0, seconds = 0 } = table.get(key) ?? {};
      table.set(key, {
        connections: connections + (isTemplate ? 0 : 1),
        templates: templates + (isTemplate ? 1 : 0),
        seconds: Math.max(seconds, secondsLeft),
      });
    }
    return table;
  }
}

/** What waits for a MAC address is as good as sent: a capture need not have the answer of another real server. */
const endOf = (verdict: number): string =>
  isDrop(verdict) ? `dropped ${verdictName(verdict)}` : verdict === PARKED ? verdictName(SENT) : verdictName(verdict);

function sumOf(start: number, bytes: Uint8Array, from: number): number {
  let sum = start;
  for (let at = from; at < bytes.length; at++) sum = (Math.imul(sum, 31) + (bytes[at] ?? 0)) | 0;
  return sum;
}
