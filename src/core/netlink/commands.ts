/** The commands of the family that change something (ip_vs_ctl.c: ip_vs_genl_set_cmd), over the virtual server. */
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import type { Attributes } from "./attributes.ts";
import { readDaemonState, readNewDaemon } from "./daemon.ts";
import { readDestination } from "./destination.ts";
import { EINVAL, type Errno, ESRCH, errnoOf, SUCCESS } from "./errno.ts";
import { type NamedService, readService, readServiceOptions, SERVICE } from "./service.ts";

/** IPVS_CMD_*, include/uapi/linux/ip_vs.h. */
export const NEW_SERVICE = 1;
export const SET_SERVICE = 2;
export const DEL_SERVICE = 3;
export const GET_SERVICE = 4;
export const NEW_DEST = 5;
export const SET_DEST = 6;
export const DEL_DEST = 7;
export const GET_DEST = 8;
export const NEW_DAEMON = 9;
export const DEL_DAEMON = 10;
export const GET_DAEMON = 11;
export const SET_CONFIG = 12;
export const GET_CONFIG = 13;
/** The answer to GET_INFO. */
export const SET_INFO = 14;
export const GET_INFO = 15;
export const ZERO = 16;
export const FLUSH = 17;

/** IPVS_CMD_ATTR_TIMEOUT_*: u32, in seconds. */
export const TIMEOUT_TCP = 4;
export const TIMEOUT_TCP_FIN = 5;
export const TIMEOUT_UDP = 6;

const LARGEST_INT = 0x7fffffff;

/** A command whose attributes have passed their rules; the number of its refusal, 0 if it is done. */
type Change = (server: VirtualServer, attributes: Attributes) => Errno;

export const CHANGES: ReadonlyMap<number, Change> = new Map<number, Change>([
  [FLUSH, (server) => errnoOf(() => server.flush())],
  [SET_CONFIG, setConfig],
  [ZERO, zero],
  [NEW_DAEMON, newDaemon],
  [DEL_DAEMON, delDaemon],
  [NEW_SERVICE, (server, attributes) => putService(server, attributes, NEW_SERVICE)],
  [SET_SERVICE, (server, attributes) => putService(server, attributes, SET_SERVICE)],
  [DEL_SERVICE, delService],
  [NEW_DEST, (server, attributes) => changeDestination(server, attributes, NEW_DEST)],
  [SET_DEST, (server, attributes) => changeDestination(server, attributes, SET_DEST)],
  [DEL_DEST, (server, attributes) => changeDestination(server, attributes, DEL_DEST)],
]);

/** Left out or 0, a timeout stays as it is (ip_vs_ctl.c: ip_vs_set_timeout). */
function setConfig(server: VirtualServer, attributes: Attributes): Errno {
  const seconds = [TIMEOUT_TCP, TIMEOUT_TCP_FIN, TIMEOUT_UDP].map((type) => attributes.u32(type) ?? 0);
  const [tcp = 0, tcpFin = 0, udp = 0] = seconds;
  if (seconds.some((value) => value > LARGEST_INT / server.ticks.hz)) return EINVAL;
  return errnoOf(() => server.setTimeouts(tcp, tcpFin, udp));
}

function zero(server: VirtualServer, attributes: Attributes): Errno {
  if (!attributes.has(SERVICE)) return errnoOf(() => server.zero());
  const service = readService(attributes);
  return typeof service === "number" ? service : errnoOf(() => server.zero(service.key));
}

function putService(server: VirtualServer, attributes: Attributes, command: number): Errno {
  const service = readService(attributes);
  if (typeof service === "number") return service;
  const present = server.services.find(service.key);
  const options = readServiceOptions(service, present?.flags ?? 0, server.ticks.hz);
  if (typeof options === "number") return options;
  return errnoOf(() => {
    if (command === NEW_SERVICE) server.addService(service.key, options);
    else server.editService(service.key, options);
  });
}

function delService(server: VirtualServer, attributes: Attributes): Errno {
  const service = readService(attributes);
  return typeof service === "number" ? service : errnoOf(() => server.deleteService(service.key));
}

/** The service is looked for first, whatever is wrong with the server. */
function changeDestination(server: VirtualServer, attributes: Attributes, command: number): Errno {
  const service = knownService(server, attributes);
  if (typeof service === "number") return service;
  const { key } = service;
  const destination = readDestination(attributes, key.family, command !== DEL_DEST);
  if (typeof destination === "number") return destination;
  const { address, port, options } = destination;
  return errnoOf(() => {
    if (command === NEW_DEST) server.destinations.add(key, address, port, options);
    else if (command === SET_DEST) server.destinations.edit(key, address, port, options);
    else server.destinations.delete(key, address, port);
  });
}

function knownService(server: VirtualServer, attributes: Attributes): NamedService | Errno {
  const service = readService(attributes);
  if (typeof service === "number") return service;
  return server.services.find(service.key) === undefined ? ESRCH : service;
}

/** @ipvs #Y netlink "NEW_DAEMON, DEL_DAEMON, GET_DAEMON" */
function newDaemon(server: VirtualServer, attributes: Attributes): Errno {
  const daemon = readNewDaemon(attributes);
  if (typeof daemon === "number") return daemon;
  const { state, wanted } = daemon;
  // What else is wrong is found before a state that is neither.
  const refusal = errnoOf(() => server.checkDaemon(wanted.mcastInterface));
  if (refusal !== SUCCESS) return refusal;
  return state === undefined ? EINVAL : errnoOf(() => server.startDaemon({ ...wanted, state }));
}

function delDaemon(server: VirtualServer, attributes: Attributes): Errno {
  const daemon = readDaemonState(attributes);
  if (typeof daemon === "number") return daemon;
  const { state } = daemon;
  return state === undefined ? EINVAL : errnoOf(() => server.stopDaemon(state));
}
