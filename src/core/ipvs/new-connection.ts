/**
 * A new connection: the tuple it is named by, the scheduler's pick, the entry.
 * Mirrors the second half of ip_vs_schedule, net/netfilter/ipvs/ip_vs_core.c.
 */

import { ACCEPT, DROP } from "../trace/verdict.ts";
import { AF_INET } from "../wire/address.ts";
import { familyOf } from "../wire/address-table.ts";
import { ONE_PACKET, type Row, refused } from "./connection-rows.ts";
import { countConnection } from "./counting.ts";
import type { DataPath } from "./data-path.ts";
import { type Destination, describeDestination } from "./destination.ts";
import { methodOf } from "./forwarding/methods.ts";
import { protocolOf } from "./protocols/protocols.ts";
import type { PacketKey } from "./schedulers/scheduler.ts";
import type { Service } from "./service.ts";
import type { Tuple } from "./tuple.ts";
import { viewCandidates, viewConnection } from "./views.ts";

/** Asks the service's scheduler; `undefined` when nobody may take the connection. */
export function pick(path: DataPath, packet: Tuple, service: Service): Destination | undefined {
  const { scheduler } = service;
  const key = keyOf(path, packet);
  if (path.trace === undefined) return scheduler?.schedule(key);
  const state = scheduler?.describeState?.() ?? "";
  const candidates = viewCandidates(service, key);
  const owner = scheduler?.ownerOf?.(key);
  const destination = scheduler?.schedule(key);
  const picked = destination === undefined ? "" : describeDestination(destination);
  const slot = owner && { slot: describeDestination(owner) };
  path.trace.add({ kind: "scheduled", scheduler: scheduler?.name ?? "none", state, candidates, picked, ...slot });
  return destination;
}

/**
 * What a scheduler sees of a packet that an ICMP error quotes: sh and mh know to take the client for its source, but dh,
 * lblc and lblcr take the destination that they find in the header, the client's (ip_vs_dh.c, ip_vs_lblc.c: iph->daddr).
 */
function keyOf(path: DataPath, packet: Tuple): PacketKey {
  if (!packet.inverse && familyOf(packet.destination) === AF_INET) return packet;
  const { source, sourcePort, destination, destinationPort } = packet;
  return path.scratch.key.set(source, sourcePort, packet.inverse ? source : destination, destinationPort);
}

/**
 * Makes the connection, counts it, and lets its forwarding method open it; refused if that cannot, or if there is no room
 * for the connection.
 */
export function connect(path: DataPath, packet: Tuple, service: Service, destination: Destination, port: number): Row {
  const { connections } = path.server;
  const spec = path.scratch.connection;
  if (connections.table.rows.isFull) return refused(DROP.connectionsFull);
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
  const opened = methodOf(destination.forwarding).open(path, row, service);
  if (opened !== ACCEPT) {
    connections.delete(row);
    return refused(opened);
  }
  connections.insert(row);
  countConnection(path, service, destination);
  path.trace?.add({ kind: "created", connection: viewConnection(path, row) });
  return row;
}
