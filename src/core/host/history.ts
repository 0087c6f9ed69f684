/** Connections that are no more: kept while somebody explains, the last of them. */
import { HASHED, ONE_PACKET, type Row } from "../ipvs/connection-rows.ts";
import type { DataPath } from "../ipvs/data-path.ts";
import { viewConnection } from "../ipvs/views.ts";
import type { ConnectionView } from "../trace/events.ts";
import { type Address, formatEndpoint } from "../wire/address.ts";

const MOST = 4096;
const SECOND = 1_000_000;

export interface PastConnection {
  readonly connection: ConnectionView;
  /** Seconds of the director's clock. */
  readonly at: number;
  /** How long it would live without a packet, in seconds. */
  readonly timeout: number;
  /** It did not live to its timer. */
  readonly early: boolean;
}

export class History {
  readonly #path: DataPath;
  readonly #hastened = new Set<Row>();
  readonly #byRequest = new Map<string, PastConnection>();
  readonly #byReply = new Map<string, PastConnection>();

  constructor(path: DataPath) {
    this.#path = path;
  }

  /** An entry is to go before its time. */
  hasten(row: Row): void {
    this.#hastened.add(row);
  }

  /** An entry leaves the table. */
  end(row: Row): void {
    const { connections, ticks } = this.#path.server;
    const { rows } = connections.table;
    const connection = viewConnection(this.#path, row);
    const timeout = rows.timeout(row) / ticks.hz;
    const early = this.#hastened.delete(row);
    // Not what was never in the table, or for one packet only.
    if ((rows.flags(row) & (HASHED | ONE_PACKET)) === HASHED)
      this.note({ connection, at: ticks.begin(connections.timers.tick) / SECOND, timeout, early });
    this.#path.trace?.add({ kind: "expired", connection });
  }

  /** The oldest first. */
  list(): readonly PastConnection[] {
    return [...this.#byRequest.values()];
  }

  note(past: PastConnection): void {
    const { connection } = past;
    const { protocol, clientAddress, clientPort, virtualAddress, virtualPort } = connection;
    const { destinationAddress, destinationPort } = connection;
    keep(this.#byRequest, keyOf(protocol, clientAddress, clientPort, virtualAddress, virtualPort), past);
    keep(this.#byReply, keyOf(protocol, destinationAddress, destinationPort, clientAddress, clientPort), past);
  }

  /** The connection of which such a packet would be: from its client to the virtual address. */
  ofRequest(...ends: Ends): PastConnection | undefined {
    return this.#byRequest.get(keyOf(...ends));
  }

  /** The same of a packet from its real server to the client. */
  ofReply(...ends: Ends): PastConnection | undefined {
    return this.#byReply.get(keyOf(...ends));
  }
}

type Ends = [protocol: number, source: Address, sourcePort: number, destination: Address, destinationPort: number];

const keyOf = (...[protocol, source, sourcePort, destination, destinationPort]: Ends): string =>
  `${protocol} ${formatEndpoint(source, sourcePort)} ${formatEndpoint(destination, destinationPort)}`;

function keep(map: Map<string, PastConnection>, key: string, past: PastConnection): void {
  map.delete(key);
  map.set(key, past);
  if (map.size <= MOST) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
