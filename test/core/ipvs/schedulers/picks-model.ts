/**
 * Just enough of a virtual server for schedulers to work in: one service, its servers, their trash, connections and
 * persistence templates. Servers are all `-m`; packets come from clients only. The trash is never emptied.
 */
import { Destination } from "../../../../src/core/ipvs/destination.ts";
import { nat } from "../../../../src/core/ipvs/forwarding/nat.ts";
import { SeededRandom } from "../../../../src/core/ipvs/random.ts";
import { addressFold } from "../../../../src/core/ipvs/schedulers/hashing.ts";
import type { PacketKey, SchedulerContext } from "../../../../src/core/ipvs/schedulers/scheduler.ts";
import { schedulerFactory } from "../../../../src/core/ipvs/schedulers/schedulers.ts";
import { Service, type ServiceKey, type ServiceOptions } from "../../../../src/core/ipvs/service.ts";
import { type VsSysctl, vsSysctlDefaults } from "../../../../src/core/ipvs/sysctl.ts";
import { afterBind, afterEdit, afterUnbind } from "../../../../src/core/ipvs/thresholds.ts";
import { type Address, formatAddress, sameAddress } from "../../../../src/core/wire/address.ts";
import type { Packet } from "./picks-file.ts";

export interface ServerOptions {
  readonly weight: number;
  readonly upper: number;
  readonly lower: number;
}

/** Timeout in seconds, active or not, and where a client's SYN, FIN and ACK lead (ip_vs_proto_tcp.c: tcp_states). */
const TCP_STATES = {
  NONE: { timeout: 2, active: false, SYN: "SYN_RECV", FIN: "CLOSE", ACK: "ESTABLISHED" },
  ESTABLISHED: { timeout: 900, active: true, SYN: "ESTABLISHED", FIN: "CLOSE_WAIT", ACK: "ESTABLISHED" },
  SYN_RECV: { timeout: 60, active: true, SYN: "SYN_RECV", FIN: "TIME_WAIT", ACK: "ESTABLISHED" },
  TIME_WAIT: { timeout: 120, active: false, SYN: "SYN_RECV", FIN: "TIME_WAIT", ACK: "TIME_WAIT" },
  CLOSE: { timeout: 10, active: false, SYN: "SYN_RECV", FIN: "CLOSE", ACK: "CLOSE" },
  CLOSE_WAIT: { timeout: 60, active: false, SYN: "SYN_RECV", FIN: "CLOSE_WAIT", ACK: "CLOSE_WAIT" },
} as const;
type TcpState = keyof typeof TCP_STATES;

export interface Connection {
  readonly destination: Destination;
  /** The server's port, or the packet's where the server has none. */
  readonly port: number;
  state: TcpState | "UDP";
  expires: number;
  readonly template: Template | undefined;
}

interface Template {
  readonly destination: Destination;
  controlled: number;
  expires: number;
}

const SECOND = 1_000_000;

export class PicksModel implements SchedulerContext {
  readonly sysctl: VsSysctl = vsSysctlDefaults();
  readonly service: Service;
  readonly connections = new Map<string, Connection>();
  readonly #templates = new Map<string, Template>();
  readonly #trash: Destination[] = [];
  readonly #random: SeededRandom;
  #udpTimeout = 300;
  #now = 0;

  constructor(key: ServiceKey, options: ServiceOptions, seed = 1) {
    this.#random = new SeededRandom(seed);
    this.service = new Service(key, options);
    this.#bind(options.scheduler);
  }

  now(): number {
    return this.#now;
  }

  random(limit: number): number {
    return this.#random.upTo(limit);
  }

  #bind(scheduler: string): void {
    this.service.scheduler?.unbind?.();
    this.service.scheduler = schedulerFactory(scheduler)?.(this.service, this);
    if (this.service.scheduler === undefined) throw new Error(`no scheduler called ${scheduler}`);
  }

  /** `-E`: the scheduler is bound anew only if its name changes. */
  editService(options: ServiceOptions): void {
    this.service.flags = options.flags;
    this.service.timeoutSeconds = options.timeoutSeconds;
    this.service.netmask = options.netmask;
    if (options.scheduler !== this.service.scheduler?.name) this.#bind(options.scheduler);
  }

  /** `--set`: 0 keeps the timeout. */
  setUdpTimeout(seconds: number): void {
    if (seconds !== 0) this.#udpTimeout = seconds;
  }

  find(address: Address, port: number): Destination | undefined {
    return this.service.destinations.find((server) => server.port === port && sameAddress(server.address, address));
  }

  addServer(address: Address, port: number, options: ServerOptions): Destination {
    const trashed = this.#trash.findIndex((server) => server.port === port && sameAddress(server.address, address));
    const [old] = trashed < 0 ? [] : this.#trash.splice(trashed, 1);
    const rest = { upperThreshold: 0, lowerThreshold: 0, tunnelType: 0, tunnelPort: 0, tunnelFlags: 0 };
    const destination =
      old ?? new Destination(this.service, address, port, { forwarding: nat.number, weight: options.weight, ...rest });
    destination.available = true;
    destination.weight = options.weight;
    destination.lastWeight = options.weight;
    afterEdit(destination, options.upper, options.lower);
    this.service.destinations.unshift(destination);
    this.service.scheduler?.destinationAdded?.(destination);
    return destination;
  }

  editServer(destination: Destination, options: ServerOptions): void {
    destination.weight = options.weight;
    if (options.weight !== 0) destination.lastWeight = options.weight;
    afterEdit(destination, options.upper, options.lower);
    this.service.scheduler?.destinationUpdated?.(destination);
  }

  deleteServer(destination: Destination): void {
    const at = this.service.destinations.indexOf(destination);
    destination.available = false;
    this.service.destinations.splice(at, 1);
    this.service.scheduler?.destinationRemoved?.(destination, at);
    this.#trash.push(destination);
  }

  keyOf({ source, destination }: Packet): PacketKey {
    return {
      source: addressFold(source.address, this.service.family),
      sourcePort: source.port,
      destination: addressFold(destination.address, this.service.family),
      destinationPort: destination.port,
      destinationAddress: destination.address,
    };
  }

  /** The connection that the packet belongs to afterwards; `undefined` if it was refused. */
  receive(packet: Packet): Connection | undefined {
    const tuple = JSON.stringify([packet.protocol, packet.source, packet.destination]);
    const known = this.connections.get(tuple);
    if (known?.destination.available === false) return known;
    const connection = known ?? this.#connect(packet, tuple);
    if (connection !== undefined) this.#transit(connection, packet);
    return connection;
  }

  #connect(packet: Packet, tuple: string): Connection | undefined {
    const template = this.service.persistent ? this.#templateFor(packet) : undefined;
    const destination = this.service.persistent
      ? template?.destination
      : this.service.scheduler?.schedule(this.keyOf(packet));
    if (destination === undefined) return undefined;
    const port = destination.port || packet.destination.port;
    const state = packet.protocol === "UDP" ? "UDP" : "NONE";
    const connection: Connection = { destination, port, state, expires: 0, template };
    this.connections.set(tuple, connection);
    if (template !== undefined) template.controlled++;
    destination.inactiveConnections++;
    afterBind(destination);
    return connection;
  }

  #templateFor(packet: Packet): Template | undefined {
    const name = formatAddress({
      ...packet.source.address,
      words: [(packet.source.address.words[0] & this.service.netmask) >>> 0, 0, 0, 0],
    });
    const expires = this.#now + this.service.timeoutSeconds * SECOND;
    const known = this.#templates.get(name);
    if (known !== undefined && this.#serves(known.destination)) {
      known.expires = expires;
      return known;
    }
    const destination = this.service.scheduler?.schedule(this.keyOf(packet));
    if (destination === undefined) return undefined;
    const template = { destination, controlled: 0, expires };
    if (known !== undefined) this.#templates.set(`${name} until ${known.expires}`, known);
    this.#templates.set(name, template);
    destination.persistentConnections++;
    afterBind(destination);
    return template;
  }

  #serves(destination: Destination): boolean {
    return destination.available && (this.sysctl.expire_quiescent_template === 0 || destination.weight !== 0);
  }

  #transit(connection: Connection, { segment }: Packet): void {
    if (connection.state === "UDP" || segment === "") {
      connection.expires = this.#now + this.#udpTimeout * SECOND;
      return;
    }
    const before = TCP_STATES[connection.state];
    connection.state = before[segment];
    const after = TCP_STATES[connection.state];
    connection.expires = this.#now + after.timeout * SECOND;
    const change = Number(after.active) - Number(before.active);
    connection.destination.activeConnections += change;
    connection.destination.inactiveConnections -= change;
  }

  /** Time passes; the first `busy.connections` connections of `busy.address` send all the while. */
  pass(seconds: number, busy = { connections: 0, address: "" }): void {
    const toAddress = [...this.connections.values()].filter(
      ({ destination }) => formatAddress(destination.address) === busy.address,
    );
    this.#now += seconds * SECOND;
    for (const connection of toAddress.slice(0, busy.connections)) connection.expires += seconds * SECOND;
    for (const [tuple, connection] of this.connections) {
      if (connection.expires <= this.#now) this.#release(tuple, connection);
    }
    for (const [name, template] of this.#templates) {
      if (template.expires > this.#now || template.controlled > 0) continue;
      this.#templates.delete(name);
      template.destination.persistentConnections--;
      afterUnbind(template.destination);
    }
  }

  #release(tuple: string, { destination, state, template }: Connection): void {
    this.connections.delete(tuple);
    if (template !== undefined) template.controlled--;
    if (state !== "UDP" && TCP_STATES[state].active) destination.activeConnections--;
    else destination.inactiveConnections--;
    afterUnbind(destination);
  }
}
