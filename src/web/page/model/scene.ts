/** A network that was set up, and what people did in it so far. */

import { faultOf } from "../../../core/simulator/faults.ts";
import type { Host } from "../../../core/simulator/host.ts";
import { buildTopology, request, type Topology } from "../../../core/simulator/topologies.ts";
import type { WebClient } from "../../../core/simulator/web.ts";
import { PROTOCOL_UDP } from "../../../core/wire/ipv4.ts";
import type { Action } from "./action.ts";
import { faultsIn, type Setup, topologyOptions } from "./setup.ts";
import { AnswerTalk, burstTalk, type Talk, webTalk } from "./talk.ts";

/** A command line and what it printed. */
export interface Command {
  readonly at: number;
  readonly line: string;
  readonly output: string;
}

/** Microseconds from one request of a burst to the next. */
const BURST_GAP = 200;
const PING_BYTES = 56;
/** More than two packets of 1500 bytes hold. */
const LONG_DATAGRAM = 3000;
const QUESTION = Uint8Array.from("Who are you?", (letter) => letter.charCodeAt(0));

export class Scene {
  readonly setup: Setup;
  readonly topology: Topology;
  readonly talks: Talk[] = [];
  readonly commands: Command[] = [];

  /** Throws RangeError for a setup that is not sound. */
  constructor(setup: Setup) {
    this.setup = setup;
    this.topology = buildTopology(setup.mode, topologyOptions(setup));
  }

  /** Does it, at the network's present time. */
  perform(action: Action): void {
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
      case "ipvsadm":
        this.ipvsadm(action.line);
    }
  }

  /** How many requests wait for an answer. */
  get waiting(): number {
    return this.talks.reduce((sum, { waiting }) => sum + waiting, 0);
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
    this.talks.push(webTalk(this.#now, `${client.name}: ${padding > 0 ? "a long request" : "a request"}`, program));
  }

  #burst(count: number): void {
    const programs: WebClient[] = [];
    for (let index = 0; index < count; index++) {
      const client = this.#client(index);
      this.topology.network.after(index * BURST_GAP, () =>
        programs.push(request({ ...this.topology, client }, this.#padding(false))),
      );
    }
    this.talks.push(burstTalk(this.#now, `${count} requests`, count, programs));
  }

  #ping(number: number): void {
    const client = this.#client(number);
    const talk = new AnswerTalk(this.#now, `${client.name}: a ping`);
    this.talks.push(talk);
    client.datagrams.ping(client.address, this.topology.virtualAddress, new Uint8Array(PING_BYTES), (end) => {
      talk.end = end;
    });
  }

  #ask(number: number, what: string, data: Uint8Array): void {
    this.#serveUdp();
    const client = this.#client(number);
    const talk = new AnswerTalk(this.#now, `${client.name}: ${what}`);
    this.talks.push(talk);
    const { virtualAddress, port } = this.topology;
    client.datagrams.ask(client.address, virtualAddress, port, data, (end) => {
      talk.end = end;
    });
  }

  /** The service by UDP, too, unless it is there: the same rules for the other protocol. */
  #serveUdp(): void {
    const { director, rules } = this.topology;
    if (director.stack.server.services.list().some(({ protocol }) => protocol === PROTOCOL_UDP)) return;
    for (const rule of rules) this.ipvsadm(rule.replace(" -t ", " -u "));
  }

  /** Runs a command line on the director. */
  ipvsadm(line: string): void {
    this.commands.push({ at: this.#now, line, output: this.topology.director.ipvsadm(line) });
  }
}
