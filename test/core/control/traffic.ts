/**
 * Packets of clients and servers, as far as the tables see them: what `ip_vs_in_hook` and `ip_vs_out_hook` do to
 * connections, counters and timers. A line is
 *   tcp 172.16.5.9:5000 > 10.0.0.100:80 syn 40      from a client to a service: flag, IP length in bytes
 *   tcp 172.16.5.9:5000 < 10.0.0.100:80 fin 40      the server's answer
 *   udp 172.16.0.10:41001 > 10.0.0.100:53 30        UDP has no flags
 *   sctp 172.16.5.9:7000 > 10.0.0.100:9899 INIT1 4  a packet that brings the connection into this state, for 4 s
 *   mark 9 tcp ...                                  a packet that a firewall rule marked
 *   bulk 172.16.0.10:40004 < 10.0.0.100:80 2347 150122044   so many more TCP packets with so many bytes in all
 *   wait 2.2                                        seconds
 */

import { NO_OUTPUT, NONE, ONE_PACKET, TEMPLATE } from "../../../src/core/ipvs/connection-rows.ts";
import type { NewConnection } from "../../../src/core/ipvs/connections.ts";
import type { Destination } from "../../../src/core/ipvs/destination.ts";
import { INPUT, INPUT_ONLY, OUTPUT } from "../../../src/core/ipvs/protocols/states.ts";
import { isActiveTcpState, nextTcpState } from "../../../src/core/ipvs/protocols/tcp-states.ts";
import type { Service } from "../../../src/core/ipvs/service.ts";
import { addControl, assureTemplate } from "../../../src/core/ipvs/templates.ts";
import type { VirtualServer } from "../../../src/core/ipvs/virtual-server.ts";
import { parseIpv4 } from "../../../src/core/wire/address.ts";
import { PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP } from "../../../src/core/wire/ipv4.ts";

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: PROTOCOL_TCP, udp: PROTOCOL_UDP, sctp: PROTOCOL_SCTP };
const EVENTS: readonly string[] = ["syn", "fin", "ack", "rst"];
const SCTP_STATES: readonly string[] = ["NONE", "INIT1", "INIT"];
const REJECTED = 12;
const TCP_ESTABLISHED = 1;

interface Packet {
  readonly mark: number;
  readonly protocol: number;
  readonly client: readonly [address: number, port: number];
  readonly virtual: readonly [address: number, port: number];
  readonly fromClient: boolean;
  readonly rest: readonly string[];
}

export class Traffic {
  readonly #server: VirtualServer;

  constructor(server: VirtualServer) {
    this.#server = server;
  }

  /** Does what a line says. */
  run(line: string): void {
    const words = line.split(" ");
    if (words[0] === "wait") this.wait(Number(words[1]));
    else if (words[0] === "bulk") this.#receiveMany(packetOf(["tcp", ...words.slice(1)]));
    else this.#receive(packetOf(words));
  }

  /** Lets so many seconds pass. */
  wait(seconds: number): void {
    this.#server.advance(this.#server.now + Math.round(seconds * 1e6));
  }

  #receive(packet: Packet): void {
    const { connections } = this.#server;
    const known = connections.table.findRequest(packet.protocol, ...packet.client, ...packet.virtual);
    if (known !== NONE && connections.destinationOf(known)?.available === false) return;
    const row = known === NONE && packet.fromClient ? this.#schedule(packet) : known;
    if (row === NONE) return;
    this.#count(row, packet.fromClient, Number(packet.rest.at(-1)));
    if (packet.protocol === PROTOCOL_TCP) this.#moveTcp(row, packet);
    else if (packet.protocol === PROTOCOL_UDP) this.#moveUdp(row, packet);
    else this.#moveSctp(row, packet.rest);
    connections.restartTimer(row);
  }

  #receiveMany(packet: Packet): void {
    const { connections } = this.#server;
    const row = connections.table.findRequest(packet.protocol, ...packet.client, ...packet.virtual);
    const [packets = 0, bytes = 0] = packet.rest.map(Number);
    for (let left = packets; left > 1; left--) this.#count(row, packet.fromClient, 0);
    this.#count(row, packet.fromClient, bytes);
    connections.restartTimer(row);
  }

  #schedule(packet: Packet): number {
    const { services, connections } = this.#server;
    const [address, port] = packet.virtual;
    const service = services.ofPacket(packet.mark, packet.protocol, address, port);
    if (service === undefined) return NONE;
    const template = service.persistent ? this.#template(service, packet) : NONE;
    const destination = template === NONE ? this.#pick(service, packet) : connections.destinationOf(template);
    if (destination === undefined) return NONE;
    const row = this.#create(packet, destination, {
      flags: service.onePacket && packet.protocol === PROTOCOL_UDP ? ONE_PACKET : 0,
      destinationPort: destination.port === 0 ? port : destination.port,
    });
    if (template !== NONE) {
      addControl(connections.table.rows, row, template);
      connections.restartTimer(template);
    }
    for (const { statistics } of [destination, service, { statistics: this.#server.totals }]) {
      statistics.countConnection();
    }
    return row;
  }

  #pick(service: Service, { client, virtual }: Packet): Destination | undefined {
    const [source, sourcePort] = client;
    const [destination, destinationPort] = virtual;
    return service.scheduler?.schedule({ source, sourcePort, destination, destinationPort });
  }

  /** The template of a persistent service for this client, made if there is none. */
  #template(service: Service, packet: Packet): number {
    const { connections } = this.#server;
    const [address, port] = packet.virtual;
    const client = packet.client[0] & service.netmask;
    const protocol = service.fwmark === 0 ? packet.protocol : 0;
    const virtualPort = service.port === port ? port : 0;
    const virtual = service.fwmark === 0 ? address : service.fwmark;
    const known = connections.table.findTemplate(protocol, client, virtual, virtualPort);
    if (known !== NONE) return known;
    const destination = this.#pick(service, packet);
    if (destination === undefined) return NONE;
    const name: Packet = { ...packet, protocol, client: [client, 0], virtual: [virtual, virtualPort] };
    const row = this.#create(name, destination, { flags: TEMPLATE, destinationPort: destination.port });
    connections.table.rows.setTimeout(row, service.timeoutSeconds * connections.ticks.hz);
    return row;
  }

  #create(
    { protocol, client, virtual, mark }: Packet,
    destination: Destination,
    rest: Pick<NewConnection, "flags" | "destinationPort">,
  ): number {
    const { connections } = this.#server;
    const [clientAddress, clientPort] = client;
    const [virtualAddress, virtualPort] = virtual;
    const ends = { clientAddress, clientPort, virtualAddress, virtualPort, destinationAddress: destination.handle };
    const row = connections.create({ protocol, ...ends, ...rest, fwmark: mark }, destination);
    connections.insert(row);
    return row;
  }

  #count(row: number, fromClient: boolean, length: number): void {
    const destination = this.#server.connections.destinationOf(row);
    if (destination === undefined) return;
    for (const { statistics } of [destination, destination.service, { statistics: this.#server.totals }]) {
      if (fromClient) statistics.countIn(length);
      else statistics.countOut(length);
    }
  }

  #moveTcp(row: number, { fromClient, rest }: Packet): void {
    const { connections } = this.#server;
    const { rows } = connections.table;
    const oneSided = (rows.flags(row) & NO_OUTPUT) !== 0;
    const direction = fromClient ? (oneSided ? INPUT_ONLY : INPUT) : OUTPUT;
    const state = nextTcpState(rows.state(row), EVENTS.indexOf(rest[0] ?? ""), direction, false);
    rows.setState(row, state);
    rows.setTimeout(row, connections.timeouts.tcp(state));
    connections.bindings.setActive(row, isActiveTcpState(state));
    if (state === TCP_ESTABLISHED) assureTemplate(rows, row);
  }

  #moveUdp(row: number, { fromClient }: Packet): void {
    const { connections } = this.#server;
    connections.table.rows.setTimeout(row, connections.timeouts.udp);
    if (!fromClient) assureTemplate(connections.table.rows, row);
  }

  #moveSctp(row: number, [state = "", seconds = "0"]: readonly string[]): void {
    const { rows } = this.#server.connections.table;
    rows.setState(row, state === "REJECTED" ? REJECTED : SCTP_STATES.indexOf(state));
    rows.setTimeout(row, Number(seconds) * this.#server.ticks.hz);
  }
}

function packetOf(words: readonly string[]): Packet {
  if (words[0] === "mark") return { ...packetOf(words.slice(2)), mark: Number(words[1]) };
  const [protocol = "", client = "", direction, virtual = "", ...rest] = words;
  return {
    mark: 0,
    protocol: PROTOCOLS[protocol] ?? 0,
    client: end(client),
    virtual: end(virtual),
    fromClient: direction === ">",
    rest,
  };
}

function end(text: string): readonly [number, number] {
  const [address = "", port] = text.split(":");
  return [(parseIpv4(address) ?? 0) | 0, Number(port)];
}
