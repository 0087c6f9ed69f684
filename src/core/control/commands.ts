/** What each command asks of the virtual server (ipvsadm.c: process_options; libipvs.c). Listings are in listing/. */
import { ControlError } from "../ipvs/control-error.ts";
import type { DestinationOptions } from "../ipvs/destination.ts";
import type { ServiceKey, ServiceOptions } from "../ipvs/service.ts";
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import { AF_INET, AF_INET6, ANY, ipv4 } from "../wire/address.ts";
import { IPV4_HEADER, PROTOCOL_TCP } from "../wire/ipv4.ts";
import { IPV6_HEADER } from "../wire/ipv6.ts";
import { type Command, type Request, schedulerOf } from "./request.ts";

/** The service that a request names. */
export function serviceKeyOf({ service }: Request): ServiceKey {
  const family = service.family ?? AF_INET;
  if (service.fwmark !== 0) return { family, protocol: PROTOCOL_TCP, address: ANY, port: 0, fwmark: service.fwmark };
  return { family, protocol: service.protocol, address: service.address, port: service.port, fwmark: 0 };
}

/**
 * All of a service's options, also those that were not given: that is why `-E` resets them.
 * @ipvs #Y control "-E and -e set anew whatever they do not name"
 */
function serviceOptionsOf(request: Request): ServiceOptions {
  const { flags, timeoutSeconds, netmask, engine, toa } = request.service;
  return { scheduler: schedulerOf(request), flags, timeoutSeconds, netmask, persistenceEngine: engine, toa };
}

function destinationOptionsOf({ server }: Request): DestinationOptions {
  const { forwarding, weight, upperThreshold, lowerThreshold, tunnelType, tunnelPort, tunnelFlags } = server;
  return { forwarding, weight, upperThreshold, lowerThreshold, tunnelType, tunnelPort, tunnelFlags };
}

/** `-Z` of 0.0.0.0:0 is taken as `-Z` of everything (libipvs.c: ipvs_zero_service). */
function zero(server: VirtualServer, request: Request): void {
  const { address, port, fwmark } = request.service;
  const namesNone = fwmark === 0 && port === 0 && address.words.every((word) => word === 0);
  server.zero(namesNone ? undefined : serviceKeyOf(request));
}

/** 224.0.0.81, port 8848 (ip_vs_sync.c: start_sync_thread). */
const DEFAULT_GROUP = ipv4(0xe0000051);
const DEFAULT_PORT = 8848;
const DEFAULT_INTERFACE = "eth0";
const LONGEST_PACKET = 65535;
const SHORTEST_BACKUP_MESSAGE = 1024;
const MTU = 1500;
const UDP_HEADER = 8;

/**
 * differs: a backup without `--sync-maxlen` takes its interface's MTU in the kernel, here 1500.
 * @ipvs #P[daemons are kept and listed; nothing is sent or received] sync "--start-daemon, --stop-daemon, -L --daemon"
 */
function startDaemon(server: VirtualServer, { daemon }: Request): void {
  const group = daemon.group ?? DEFAULT_GROUP;
  const headers = UDP_HEADER + (group.family === AF_INET6 ? IPV6_HEADER : IPV4_HEADER);
  const shortest = daemon.state === "backup" ? SHORTEST_BACKUP_MESSAGE : 1;
  const wanted = daemon.maxLength === 0 ? MTU - headers : daemon.maxLength;
  server.startDaemon({
    state: daemon.state,
    mcastInterface: daemon.mcastInterface || DEFAULT_INTERFACE,
    syncId: daemon.syncId,
    maxLength: Math.min(Math.max(wanted, shortest), LONGEST_PACKET - headers),
    group,
    port: daemon.port || DEFAULT_PORT,
    ttl: daemon.ttl || 1,
  });
}

function setTimeouts(server: VirtualServer, { timeouts }: Request): void {
  const [tcp = 0, tcpFin = 0, udp = 0] = timeouts;
  server.setTimeouts(tcp, tcpFin, udp);
}

/**
 * A connection leaves from an address of its own family.
 * @ipvs #Y fullnat "-P, -Q and -G keep a service's pool of local addresses"
 */
function addLocalAddress(server: VirtualServer, request: Request): void {
  const key = serviceKeyOf(request);
  if (request.localAddress.family !== key.family) throw new ControlError("EINVAL", "local address of another family");
  server.addLocalAddress(key, request.localAddress);
}

/** Commands that change something and print nothing. */
type Change = (server: VirtualServer, request: Request) => void;

const CHANGES: Partial<Readonly<Record<Command, Change>>> = {
  "add-service": (server, request) => {
    server.addService(serviceKeyOf(request), serviceOptionsOf(request));
  },
  "edit-service": (server, request) => server.editService(serviceKeyOf(request), serviceOptionsOf(request)),
  "delete-service": (server, request) => server.deleteService(serviceKeyOf(request)),
  flush: (server) => server.flush(),
  zero,
  "add-server": (server, request) => {
    const { address, port } = request.server;
    server.addDestination(serviceKeyOf(request), address, port, destinationOptionsOf(request));
  },
  "edit-server": (server, request) => {
    const { address, port } = request.server;
    server.editDestination(serviceKeyOf(request), address, port, destinationOptionsOf(request));
  },
  "delete-server": (server, request) =>
    server.deleteDestination(serviceKeyOf(request), request.server.address, request.server.port),
  set: setTimeouts,
  "start-daemon": startDaemon,
  "stop-daemon": (server, request) => server.stopDaemon(request.daemon.state),
  "add-laddr": addLocalAddress,
  "del-laddr": (server, request) => server.deleteLocalAddress(serviceKeyOf(request), request.localAddress),
};

/** The change that a command makes; `undefined` for one that only prints. It throws ControlError if it is refused. */
export const changeOf = (command: Command): Change | undefined => CHANGES[command];
