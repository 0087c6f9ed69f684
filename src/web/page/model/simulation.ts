/** A simulated network that was set up, and what people did in it so far. */

import { type FaultName, faultOf } from "../../../core/simulator/faults.ts";
import type { Host } from "../../../core/simulator/host.ts";
import { repairOf } from "../../../core/simulator/repairs.ts";
import { buildTopology, request, type Topology } from "../../../core/simulator/topologies.ts";
import { activeDirector, isMaster, TAKEOVER } from "../../../core/simulator/two-directors.ts";
import { PROTOCOL_UDP } from "../../../core/wire/ipv4.ts";
import type { TimedAction } from "./action.ts";
import { BurstExchange, DatagramExchange, type Exchange, webExchange } from "./exchange.ts";
import { faultsIn, type Setup, topologyOptions } from "./setup.ts";

/** A command line and what it printed. */
export interface Command {
  readonly at: number;
  readonly line: string;
  readonly output: string;
}

/** A fault that was put right, and how. */
export interface Repaired {
  readonly at: number;
  readonly fault: FaultName;
  readonly words: string;
}

/** Microseconds from one request of a burst to the next. */
const BURST_GAP = 200;
const PING_BYTES = 56;
/** More than two packets of 1500 bytes hold. */
const LONG_DATAGRAM = 3000;
const QUESTION = Uint8Array.from("Who are you?", (letter) => letter.charCodeAt(0));

export class Simulation {
  readonly setup: Setup;
  readonly topology: Topology;
  readonly exchanges: Exchange[] = [];
  readonly commands: Command[] = [];
  readonly repairs: Repaired[] = [];

  /** Throws RangeError for a setup that is not sound. */
  constructor(setup: Setup) {
    this.setup = setup;
    this.topology = buildTopology(setup.mode, topologyOptions(setup));
  }

  /** Does it, at the network's present time. */
  perform(action: TimedAction): void {
    switch (action.kind) {
      case "request":
      case "long":
        this.#request(action.client, action.kind === "long");
        break;
      case "burst":
        this.#burst(action.count);
        break;
      case "ping":
        this.#ping(action.client);
        break;
      case "datagram":
        this.#ask(action.client, "a datagram", QUESTION);
        break;
      case "fragments":
        this.#ask(action.client, "a datagram in fragments", new Uint8Array(LONG_DATAGRAM));
        break;
      case "repair":
        this.#repair(action.fault);
        break;
      case "kill":
      case "start":
        this.#strike(action.kind, action.director);
        break;
      case "ipvsadm":
        this.ipvsadm(action.line);
    }
  }

  #repair(fault: FaultName): void {
    const repair = faultsIn(this.setup, this.setup.mode).some(({ name }) => name === fault)
      ? repairOf(this.topology, fault)
      : undefined;
    if (repair === undefined) return;
    repair.apply();
    this.repairs.push({ at: this.#now, fault, words: repair.words });
  }

  /** Then the network goes on until the other director has taken over, or this one is back. */
  #strike(what: "kill" | "start", place: number): void {
    const director = this.topology.directors[place];
    if (director === undefined || this.topology.directors.length === 1 || director.alive === (what === "start")) return;
    if (what === "kill") director.die();
    else director.restart();
    this.topology.network.after(TAKEOVER, () => undefined);
  }

  /** How many requests wait for a reply. */
  get waiting(): number {
    return this.exchanges.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  get #now(): number {
    return this.topology.network.now;
  }

  #client(number: number): Host {
    const { clients, client } = this.topology;
    return clients[number % clients.length] ?? client;
  }

  /** Bytes that the request must be longer by: the faults that are on may need it to show. */
  #padding(long: boolean): number {
    const { mode } = this.setup;
    const longest = long ? (faultOf("mtu", "tun")?.padding ?? 0) : 0;
    return Math.max(longest, ...faultsIn(this.setup, mode).map(({ padding }) => padding));
  }

  #request(number: number, long: boolean): void {
    const client = this.#client(number);
    const padding = this.#padding(long);
    const program = request({ ...this.topology, client }, padding);
    this.exchanges.push(
      webExchange(this.#now, `${client.name}: ${padding > 0 ? "a long request" : "a request"}`, program),
    );
  }

  #burst(count: number): void {
    const exchange = new BurstExchange(this.#now, count);
    this.exchanges.push(exchange);
    const begin = (index: number): void => {
      const client = this.#client(index);
      exchange.began(request({ ...this.topology, client }, this.#padding(false)));
      // The next one is not planned before its time: ten thousand appointments would slow every other one down.
      if (index + 1 < count) this.topology.network.after(BURST_GAP, () => begin(index + 1));
    };
    begin(0);
  }

  #ping(number: number): void {
    const client = this.#client(number);
    const exchange = new DatagramExchange(this.#now, `${client.name}: a ping`);
    this.exchanges.push(exchange);
    client.datagrams.ping(client.address, this.topology.virtualAddress, new Uint8Array(PING_BYTES), (end) => {
      exchange.reply = end;
    });
  }

  #ask(number: number, what: string, data: Uint8Array): void {
    this.#serveUdp();
    const client = this.#client(number);
    const exchange = new DatagramExchange(this.#now, `${client.name}: ${what}`);
    this.exchanges.push(exchange);
    const { virtualAddress, port } = this.topology;
    client.datagrams.ask(client.address, virtualAddress, port, data, (end) => {
      exchange.reply = end;
    });
  }

  /** The service by UDP, too, unless it is there: the same rules for the other protocol. */
  #serveUdp(): void {
    const { rules } = this.topology;
    const director = activeDirector(this.topology);
    if (director.stack.server.services.list().some(({ protocol }) => protocol === PROTOCOL_UDP)) return;
    for (const rule of rules) this.ipvsadm(rule.replace(" -t ", " -u "));
  }

  /** Runs a command line on the director; of two on each that lives, and the master's output is told. */
  ipvsadm(line: string): void {
    const outputs = this.topology.directors
      .filter(({ alive }) => alive)
      .map((director) => ({ tells: isMaster(director), output: director.ipvsadm(line) }));
    const output = (outputs.find(({ tells }) => tells) ?? outputs[0])?.output ?? "";
    this.commands.push({ at: this.#now, line, output });
  }
}
