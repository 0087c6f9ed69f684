/**
 * A new connection: the tuple it is named by, the scheduler's pick, the entry.
 * Mirrors the second half of ip_vs_schedule, net/netfilter/ipvs/ip_vs_core.c.
 */

import { DROP } from "../trace/verdict.ts";
import { type AddressHandle, NO_ADDRESS } from "../wire/address-table.ts";
import type { Frame } from "../wire/frame.ts";
import { destinationPort, sourcePort } from "../wire/transport.ts";
import { NONE, ONE_PACKET } from "./connection-rows.ts";
import { countConnection, type DataPath, viewCandidates, viewConnection } from "./data-path.ts";
import { type Destination, describeDestination } from "./destination.ts";
import { methodOf } from "./forwarding/methods.ts";
import { protocolOf } from "./protocols/protocols.ts";
import type { PacketKey } from "./schedulers/scheduler.ts";
import type { Service } from "./service.ts";

/** The addresses and ports a connection would have. Reused from packet to packet: borrowed. */
export class Tuple {
  protocol = 0;
  source: AddressHandle = NO_ADDRESS;
  sourcePort = 0;
  destination: AddressHandle = NO_ADDRESS;
  destinationPort = 0;
  mark = 0;
  /** Taken from an ICMP error about an answer: the header at hand has the addresses the other way round. */
  inverse = false;

  read(frame: Frame): void {
    this.protocol = frame.protocol;
    this.source = frame.source;
    this.destination = frame.destination;
    this.sourcePort = sourcePort(frame);
    this.destinationPort = destinationPort(frame);
    this.mark = frame.mark;
  }
}

/** Asks the service's scheduler; `undefined` when nobody may take the connection. */
export function pick(path: DataPath, packet: Tuple, service: Service): Destination | undefined {
  const { scheduler } = service;
  const key = packet.inverse ? inverseKey(packet) : packet;
  if (path.trace === undefined) return scheduler?.schedule(key);
  const state = scheduler?.describeState?.() ?? "";
  const candidates = viewCandidates(service, key);
  const destination = scheduler?.schedule(key);
  const picked = destination === undefined ? "" : describeDestination(destination);
  path.trace.add({ kind: "scheduled", scheduler: scheduler?.name ?? "none", state, candidates, picked });
  return destination;
}

/**
 * What a scheduler sees of a packet that an ICMP error quotes: sh and mh know to take the client for its source, but dh,
 * lblc and lblcr take the destination that they find in the header, the client's (ip_vs_dh.c, ip_vs_lblc.c: iph->daddr).
 */
const inverseKey = ({ source, sourcePort, destinationPort }: Tuple): PacketKey => ({
  source,
  destination: source,
  sourcePort,
  destinationPort,
});

/**
 * Makes the connection, counts it, and lets its forwarding method open it; NONE and `path.refusal` if that cannot, or if there
 * is no room for the connection.
 */
export function connect(
  path: DataPath,
  packet: Tuple,
  service: Service,
  destination: Destination,
  port: number,
): number {
  const { connections } = path.server;
  if (connections.table.rows.isFull) {
    path.refusal = DROP.connectionsFull;
    return NONE;
  }
  spec.flags = service.onePacket && protocolOf(packet.protocol)?.onePacket === true ? ONE_PACKET : 0;
  spec.protocol = packet.protocol;
  spec.clientAddress = packet.source;
  spec.clientPort = packet.sourcePort;
  spec.virtualAddress = packet.destination;
  spec.virtualPort = packet.destinationPort;
  spec.destinationAddress = destination.handle;
  spec.destinationPort = port;
  spec.fwmark = packet.mark;
  const row = connections.create(spec, destination);
  if (!methodOf(destination.forwarding).open(path, row, service)) {
    connections.delete(row);
    return NONE;
  }
  connections.insert(row);
  countConnection(path, service, destination);
  path.trace?.add({ kind: "created", connection: viewConnection(path, row) });
  return row;
}

/** Reused for every new connection, so that none allocates. */
const spec = {
  protocol: 0,
  clientAddress: 0,
  clientPort: 0,
  virtualAddress: 0,
  virtualPort: 0,
  destinationAddress: 0,
  destinationPort: 0,
  flags: 0,
  fwmark: 0,
};
