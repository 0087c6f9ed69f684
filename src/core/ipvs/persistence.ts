/**
 * Persistent services: a template binds a client (or a network of clients) to a real server.
 * Mirrors ip_vs_sched_persist of net/netfilter/ipvs/ip_vs_core.c and ip_vs_check_template of ip_vs_conn.c.
 */

import { DROP } from "../trace/verdict.ts";
import type { Frame } from "../wire/frame.ts";
import { NONE, type Row, refused, TEMPLATE } from "./connection-rows.ts";
import type { DataPath } from "./data-path.ts";
import type { Destination } from "./destination.ts";
import { hashOf } from "./engines/engine.ts";
import { connect, pick } from "./new-connection.ts";
import type { Service } from "./service.ts";
import { addControl, invalidateTemplate } from "./templates.ts";
import type { Tuple } from "./tuple.ts";
import { viewConnection } from "./views.ts";

const FTP_PORT = 21;
/** Templates of firewall-mark services name no protocol: TCP and UDP share them. */
const PROTOCOL_IP = 0;

/**
 * The row of a new connection under its template; refused if nobody takes it. `given` is the real
 * server that opens the connection itself: a template that binds the client to another one is not used any more.
 * @ipvs #Y persistence "A template decides without the scheduler, whatever its server's weight or overload"
 * @ipvs #Y persistence "A persistent mark service keeps the packet's port, whatever port its real servers have"
 */
export function schedulePersistent(
  path: DataPath,
  frame: Frame,
  packet: Tuple,
  service: Service,
  given?: Destination,
): Row {
  const { connections } = path.server;
  nameTemplate(path, packet, service);
  if (!readEngineData(path, frame, service)) return refused(DROP.noEngineData);
  let template = findValidTemplate(path, given);
  let destination = template === NONE ? undefined : connections.destinationOf(template);
  if (destination === undefined) {
    destination = given ?? pick(path, packet, service);
    if (destination === undefined) return refused(DROP.noDestination);
    if (connections.table.rows.isFull) return refused(DROP.connectionsFull);
    template = createTemplate(path, packet, service, destination);
  }
  const ownPort = packet.destinationPort === service.port && destination.port !== 0;
  const row = connect(path, packet, service, destination, ownPort ? destination.port : packet.destinationPort);
  if (row >= 0) addControl(connections.table.rows, row, template);
  connections.restartTimer(template);
  return row;
}

function nameTemplate(path: DataPath, packet: Tuple, service: Service): void {
  const { addresses } = path.server;
  const name = path.scratch.template;
  const onServicePort = packet.destinationPort === service.port;
  const byMark = !onServicePort && service.fwmark !== 0;
  name.client = addresses.masked(packet.source, service.netmask);
  name.protocol = byMark ? PROTOCOL_IP : packet.protocol;
  name.virtual = byMark ? addresses.ofMark(service.family, service.fwmark) : packet.destination;
  name.virtualPort = onServicePort && service.port !== FTP_PORT ? packet.destinationPort : 0;
}

/** False if the service's persistence engine finds nothing in the packet to name a template by. */
function readEngineData(path: DataPath, frame: Frame, service: Service): boolean {
  const name = path.scratch.template;
  name.engineData = undefined;
  if (service.persistenceEngine === "") return true;
  const engine = path.server.engines.find(service.persistenceEngine);
  const data = engine?.dataOf(frame);
  if (engine === undefined || data === undefined) {
    path.trace?.add({ kind: "engine", engine: service.persistenceEngine });
    return false;
  }
  path.trace?.add({ kind: "engine", engine: engine.name, data: engine.show(data) });
  name.engineData = { engine, data, hash: hashOf(data) };
  return true;
}

function findValidTemplate(path: DataPath, given: Destination | undefined): Row {
  const { connections } = path.server;
  const name = path.scratch.template;
  const row = connections.table.findTemplate(
    name.protocol,
    name.client,
    name.virtual,
    name.virtualPort,
    name.engineData,
  );
  if (row === NONE) {
    path.trace?.add({ kind: "template", what: "none" });
    return NONE;
  }
  const destination = connections.destinationOf(row);
  const valid = isUsable(path, destination) && (given === undefined || destination === given);
  path.trace?.add({ kind: "template", what: valid ? "found" : "invalid", connection: viewConnection(path, row) });
  if (valid) return row;
  invalidateTemplate(connections.table, row);
  return NONE;
}

const isUsable = (path: DataPath, destination: Destination | undefined): boolean =>
  destination?.available === true && (path.server.sysctl.expire_quiescent_template === 0 || destination.weight !== 0);

function createTemplate(path: DataPath, packet: Tuple, service: Service, destination: Destination): Row {
  const { connections } = path.server;
  const name = path.scratch.template;
  const ownPort = packet.destinationPort === service.port && service.port !== FTP_PORT;
  const row = connections.create(
    {
      protocol: name.protocol,
      clientAddress: name.client,
      clientPort: 0,
      virtualAddress: name.virtual,
      virtualPort: name.virtualPort,
      destinationAddress: destination.handle,
      destinationPort: ownPort ? destination.port : 0,
      flags: TEMPLATE,
      fwmark: packet.mark,
    },
    destination,
  );
  connections.table.rows.setTimeout(row, service.timeoutSeconds * connections.ticks.hz);
  if (name.engineData !== undefined) connections.table.rows.addExtras(row).engineData = name.engineData;
  connections.insert(row);
  path.trace?.add({ kind: "template", what: "created", connection: viewConnection(path, row) });
  return row;
}
