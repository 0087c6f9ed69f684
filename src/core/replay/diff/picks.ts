/** Where each connection goes when packets pass a director, and how each packet ends. */
import type { Packet } from "../../capture/packet.ts";
import { connectionEntries } from "../../control/connection-entry.ts";
import { factsOf } from "../../explain/decode/facts.ts";
import type { DirectorConfig } from "../../host/config/config.ts";
import { protocolName } from "../../ipvs/protocols/protocols.ts";
import { describeService } from "../../ipvs/service.ts";
import { isDrop, PARKED, SENT, verdictName } from "../../trace/verdict.ts";
import { formatEndpoint } from "../../wire/address.ts";
import { type Arrival, CaptureRun } from "../capture-run.ts";
import { loadRules } from "../rules.ts";

/** A connection by its client and its service, `TCP 10.1.0.1:40000 > 10.1.0.100:80`, and the real server that it went to. */
export type Picks = ReadonlyMap<string, string>;

export interface Passed {
  readonly picks: Picks;
  /** How each packet that arrived ended, by its number: `sent`, `dropped no-destination`. */
  readonly ends: ReadonlyMap<number, string>;
  /** Of each packet, or for 0 after the last, a number made of all frames that were sent up to the next one. */
  readonly sent: ReadonlyMap<number, number>;
  /** Real servers of all services, with their weights: `TCP 10.1.0.100:80 10.2.0.2:80`. */
  readonly servers: ReadonlyMap<string, number>;
  /** What is in the table when the last packet has passed, by service and real server as above. */
  readonly table: ReadonlyMap<string, InTable>;
}

/** What a real server has in the connection table. */
export interface InTable {
  readonly connections: number;
  /** Persistence templates. */
  readonly templates: number;
  /** Until the last one expires if nobody sends any more. */
  readonly seconds: number;
}

/** So long after the last packet something may still be sent because of it, in microseconds. */
const AFTERWARDS = 10e6;

/** Sends packets through a director that is fresh from its configuration. */
export class Passing {
  readonly refused: readonly string[];
  readonly #run: CaptureRun;
  readonly #picks = new Map<string, string>();
  readonly #ends = new Map<number, string>();
  readonly #sums = new Map<number, number>();
  /** How often a client has used a port for a new connection. */
  readonly #again = new Map<string, number>();

  constructor(config: DirectorConfig) {
    this.#run = new CaptureRun(config, {
      listensTo: () => true,
      arrived: (arrival) => this.#arrived(arrival),
      sent: ({ port, bytes, cause, during }) => this.#sent((cause ?? during)?.record ?? 0, port, bytes),
      skipped: () => {},
    });
    this.refused = loadRules(this.#run.director, config.rules);
  }

  packet(packet: Packet): void {
    this.#run.packet(packet);
  }

  #sent(record: number, port: number, bytes: Uint8Array): void {
    let sum = (this.#sums.get(record) ?? 0) + port + 1;
    for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0;
    this.#sums.set(record, sum);
  }

  #arrived({ packet, verdict, events }: Arrival): void {
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
    this.#run.advance(this.#run.last + AFTERWARDS);
    const { server } = this.#run.director;
    const servers = new Map<string, number>();
    for (const service of server.services.list())
      for (const { address, port, weight } of service.destinations)
        servers.set(`${describeService(service)} ${formatEndpoint(address, port)}`, weight);
    return { picks: this.#picks, ends: this.#ends, sent: this.#sums, servers, table };
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
