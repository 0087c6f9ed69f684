/**
 * The drop_entry defence: under attack, half-open and idle connections make room. Once a second at mode 3.
 * Mirrors net/netfilter/ipvs/ip_vs_conn.c: ip_vs_random_dropentry, todrop_entry.
 */
import { type Row, TEMPLATE } from "./connection-rows.ts";
import type { Connections } from "./connections.ts";
import { protocolOf } from "./protocols/protocols.ts";
import type { SeededRandom } from "./random.ts";
import { isAssuredTemplate } from "./templates.ts";

/** Only who has been silent for so many seconds. */
const IDLE = 60;
const MOST_PACKETS = 8;
/** A 32nd of the table is looked at each time. */
const SHARE = 32;

export class DropEntry {
  /** Of entries that saw i packets the first goes, and then every i-th: how many are let off until then, by i. */
  readonly #turns: number[] = [];

  /**
   * @ipvs #P[rows are drawn instead of hash chains, whose order is random in the kernel too] connections "drop_entry=3 drops half-open and idle connections at random"
   */
  run(connections: Connections, random: SeededRandom): void {
    const { rows } = connections.table;
    for (let draw = Math.ceil(rows.end / SHARE); draw > 0; draw--) {
      const row = random.upTo(rows.end - 1);
      if (rows.inUse(row) && rows.controlled(row) === 0 && this.#mayGo(connections, row)) connections.delete(row);
    }
  }

  #mayGo(connections: Connections, row: Row): boolean {
    const { rows } = connections.table;
    const state = rows.state(row);
    const template = (rows.flags(row) & TEMPLATE) !== 0;
    // A template over one-packet connections is never assured, and goes by the rate.
    if (template && connections.destinationOf(row)?.service.onePacket !== true) return !isAssuredTemplate(rows, row);
    const droppable = template ? "when idle" : protocolOf(rows.protocol(row))?.droppable(state);
    if (droppable !== "when idle") return droppable === "at once";
    return connections.timers.idleTicks(row) >= IDLE * connections.ticks.hz && this.#isTurnOf(rows.inPackets(row));
  }

  #isTurnOf(packets: number): boolean {
    if (packets < 1 || packets > MOST_PACKETS) return false;
    const left = (this.#turns[packets] ?? 0) - 1;
    this.#turns[packets] = left <= 0 ? packets : left;
    return left <= 0;
  }
}
