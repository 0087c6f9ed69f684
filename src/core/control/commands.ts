/** What each command asks of the virtual server (ipvsadm.c: process_options; libipvs.c). Listings are in listing/. */
import { ControlError } from "../ipvs/control-error.ts";
import type { DestinationOptions } from "../ipvs/destination.ts";
import { fullnat } from "../ipvs/forwarding/fullnat.ts";
import type { ServiceKey, ServiceOptions } from "../ipvs/service.ts";
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import { AF_INET, ANY } from "../wire/address.ts";
import { PROTOCOL_TCP } from "../wire/ipv4.ts";
import { type Command, type Request, schedulerOf } from "./request.ts";

/** The service that a request names. */
export function serviceKeyOf({ service }: Request): ServiceKey {
  const family = service.family ?? AF_INET;
  if (service.fwmark !== 0) return { family, protocol: PROTOCOL_TCP, address: ANY, port: 0, fwmark: service.fwmark };
  return { family, protocol: service.protocol, address: service.address, port: service.port, fwmark: 0 };
}

/**
 * All of a service's options, also those that were not given: that is why `-E` resets them.
 * @ipvs #Y control "-E and -e set again whatever they do not name"
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

const DEFAULT_INTERFACE = "eth0";

/** @ipvs #Y sync "--start-daemon, --stop-daemon, -L --daemon" */
function startDaemon(server: VirtualServer, { daemon }: Request): void {
  server.startDaemon({ ...daemon, mcastInterface: daemon.mcastInterface || DEFAULT_INTERFACE });
}

function setTimeouts(server: VirtualServer, { timeouts }: Request): void {
  const [tcp = 0, tcpFin = 0, udp = 0] = timeouts;
  server.setTimeouts(tcp, tcpFin, udp);
}

/**
 * A connection leaves from an address of its real server's family.
 * @ipvs #Y fullnat "-P, -Q and -G keep a service's pool of local addresses"
 */
function addLocalAddress(server: VirtualServer, request: Request): void {
  const key = serviceKeyOf(request);
  if (!fullnat.takesServer(key.family, request.localAddress.family))
    throw new ControlError("EINVAL", "local address of another family");
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
    server.destinations.add(serviceKeyOf(request), address, port, destinationOptionsOf(request));
  },
  "edit-server": (server, request) => {
    const { address, port } = request.server;
    server.destinations.edit(serviceKeyOf(request), address, port, destinationOptionsOf(request));
  },
  "delete-server": (server, request) =>
    server.destinations.delete(serviceKeyOf(request), request.server.address, request.server.port),
  set: setTimeouts,
  "start-daemon": startDaemon,
  "stop-daemon": (server, request) => server.stopDaemon(request.daemon.state),
  "add-laddr": addLocalAddress,
  "del-laddr": (server, request) => server.deleteLocalAddress(serviceKeyOf(request), request.localAddress),
};

/** The change that a command makes; `undefined` for one that only prints. It throws ControlError if it is refused. */
export const changeOf = (command: Command): Change | undefined => CHANGES[command];
