/** What real servers keep that take no new connections any more, from when the rules change in the middle of the packets. */
import { protocolName } from "../../ipvs/protocols/protocols.ts";
import type { ConnectionView, WalkEvent } from "../../trace/events.ts";
import { formatEndpoint } from "../../wire/address.ts";
import type { Arrival } from "../capture-run.ts";
import type { InTable } from "./picks.ts";

/** Where in the packets something is: before the one of this number, so many seconds behind the first. */
export interface Moment {
  readonly packet: number;
  readonly seconds: number;
}

/** What a real server has when the rules change, and what becomes of it. */
export interface Kept extends InTable {
  /** Packets of its connections that come afterwards. */
  readonly packets: number;
  /** By when it had nothing left; absent if it has something when the last packet has passed. */
  readonly empty?: Moment;
  /** What it has then. */
  readonly left: InTable;
}

interface Keeping {
  readonly begin: InTable;
  /** Connections and templates that it has. */
  present: number;
  packets: number;
  empty: Moment | undefined;
}

const NOTHING: InTable = { connections: 0, templates: 0, seconds: 0 };

/** A real server by its service: `TCP 10.1.0.100:80 10.2.0.2:80`. */
const serverOf = ({ protocol, virtualAddress, virtualPort, destinationAddress, destinationPort }: ConnectionView) =>
  `${protocolName(protocol)} ${formatEndpoint(virtualAddress, virtualPort)} ${formatEndpoint(destinationAddress, destinationPort)}`;

export class KeptServers {
  readonly #servers: ReadonlyMap<string, Keeping>;

  /** `leaving` are those that get nothing new; `table` is what each server has. */
  constructor(leaving: readonly string[], table: ReadonlyMap<string, InTable>) {
    const begun = leaving.map((server): [string, Keeping] => {
      const begin = table.get(server) ?? NOTHING;
      return [server, { begin, present: begin.connections + begin.templates, packets: 0, empty: undefined }];
    });
    this.#servers = new Map(begun);
  }

  arrived({ packet, time, timers, events }: Arrival): void {
    const moment = { packet: packet.record, seconds: time / 1e6 };
    for (const event of timers) this.#heard(event, moment);
    for (const event of events) this.#heard(event, moment);
  }

  #heard(event: WalkEvent, moment: Moment): void {
    if (event.kind !== "connection" && event.kind !== "expired" && event.kind !== "created") return;
    const keeping = event.connection && this.#servers.get(serverOf(event.connection));
    if (keeping === undefined) return;
    if (event.kind === "connection") keeping.packets += event.found === "request" ? 1 : 0;
    else if (event.kind === "created") {
      keeping.present++;
      keeping.empty = undefined;
    } else if (--keeping.present === 0) keeping.empty = moment;
  }

  /** When the last packet has passed: `table` is what each server has then. */
  end(table: ReadonlyMap<string, InTable>): Map<string, Kept> {
    const kept = [...this.#servers].map(([server, { begin, packets, empty }]): [string, Kept] => [
      server,
      { ...begin, packets, left: table.get(server) ?? NOTHING, ...(empty !== undefined && { empty }) },
    ]);
    return new Map(kept);
  }
}
