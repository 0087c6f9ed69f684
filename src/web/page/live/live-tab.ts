/** The state of the tab that shows a running director. */
import type { ExplainedPacket, LiveConnection, LiveService, LiveStatus } from "./listing.ts";
import { Rates } from "./rates.ts";

/** Explained packets that are kept. */
const MOST_EXPLAINED = 200;

export class LiveTab {
  /** The director's name; empty if there is none. */
  readonly name: string;
  readonly rates = new Rates();
  status: LiveStatus | undefined;
  services: readonly LiveService[] = [];
  connections: readonly LiveConnection[] = [];
  /** Newest first. */
  explained: readonly ExplainedPacket[] = [];
  /** Packets are to be explained; `filter` says which. */
  listening = false;
  filter = "";
  /** What is wrong with the filter, or with reaching the director; empty if nothing is. */
  filterProblem = "";
  problem = "";

  constructor(name: string) {
    this.name = name;
  }

  get there(): boolean {
    return this.name !== "";
  }

  /** An explained packet arrived. */
  tell(packet: ExplainedPacket): void {
    this.explained = [packet, ...this.explained].slice(0, MOST_EXPLAINED);
  }
}
