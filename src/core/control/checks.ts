/**
 * Which options go with which command, and what else is checked before the kernel is asked.
 * Mirrors generic_opt_check, tunnel_opt_check and process_options of ipvsadm.c.
 */

import { TUNNEL_GRE, TUNNEL_GUE } from "../ipvs/destination.ts";
import { methodOf } from "../ipvs/forwarding/methods.ts";
import { protocolOf } from "../ipvs/protocols/protocols.ts";
import { SERVICE_ONE_PACKET, SERVICE_PERSISTENT } from "../ipvs/service.ts";
import { AF_INET } from "../wire/address.ts";
import { usageError } from "./exit.ts";
import { type Command, OPTIONS, type OptionName, type Request } from "./request.ts";

interface Rule {
  readonly required: ReadonlySet<OptionName>;
  readonly optional: ReadonlySet<OptionName>;
  /** One of these at most. */
  readonly exclusive: ReadonlySet<OptionName>;
}

const rule = (
  required: readonly OptionName[],
  optional: readonly OptionName[] = [],
  exclusive: readonly OptionName[] = [],
): Rule => ({ required: new Set(required), optional: new Set(optional), exclusive: new Set(exclusive) });

const NOTHING = rule([]);
const SERVICE = rule(["service-address"], ["scheduler", "persistent", "netmask", "ops", "pe", "sched-flags", "toa"]);
const SERVER = rule(
  ["service-address", "real-server"],
  [
    "forwarding-method",
    "weight",
    "u-threshold",
    "l-threshold",
    "tun-type",
    "tun-port",
    "tun-nocsum",
    "tun-csum",
    "tun-remcsum",
  ],
);
const POOL = rule(["service-address", "local-address"]);

const RULES: Readonly<Record<Command, Rule>> = {
  "add-service": SERVICE,
  "edit-service": SERVICE,
  "delete-service": rule(["service-address"]),
  flush: NOTHING,
  list: rule(
    [],
    ["numeric", "stats", "rate", "thresholds", "persistent-conn", "nosort", "syncid", "exact", "tun-info"],
    ["connection", "service-address", "timeout", "daemon"],
  ),
  "add-server": SERVER,
  "edit-server": SERVER,
  "delete-server": rule(["service-address", "real-server"]),
  set: NOTHING,
  "start-daemon": rule([], ["mcast-interface", "syncid", "mcast-group", "mcast-port", "mcast-ttl", "sync-maxlen"]),
  "stop-daemon": rule([], ["syncid"]),
  restore: NOTHING,
  save: rule([], ["numeric"]),
  zero: rule([], ["service-address"]),
  "add-laddr": POOL,
  "del-laddr": POOL,
  "get-laddr": rule([], ["service-address"]),
  help: NOTHING,
  version: NOTHING,
};

/** The options of tunnels, in the order in which they are checked. */
const TUNNEL_OPTIONS: readonly OptionName[] = ["tun-port", "tun-nocsum", "tun-csum", "tun-remcsum"];
const GUE = rule(["tun-port"], [], ["tun-nocsum", "tun-csum", "tun-remcsum"]);
const GRE = rule([], [], ["tun-nocsum", "tun-csum"]);

/**
 * Throws for the first option, in the order of `names`, that is missing, illegal or in conflict.
 * @ipvs #Y control "Which options a command needs and takes, checked in ipvsadm's order with its messages"
 */
function checkOptions(given: ReadonlySet<OptionName>, names: readonly OptionName[], allowed: Rule, of: string): void {
  let chosen: OptionName | undefined;
  for (const name of names) {
    if (!given.has(name)) {
      if (allowed.required.has(name)) throw usageError(`You need to supply the '${name}' option for the ${of}`);
    } else if (allowed.exclusive.has(name)) {
      if (chosen !== undefined) {
        throw usageError(`The option '${name}' conflicts with the '${chosen}' option in the ${of}`);
      }
      chosen = name;
    } else if (!allowed.required.has(name) && !allowed.optional.has(name)) {
      throw usageError(`Illegal '${name}' option with the ${of}`);
    }
  }
}

/** The checks of a command line that was read to its end, in ipvsadm's order. Throws Exit. */
export function checkRequest(request: Request): void {
  checkOptions(request.given, OPTIONS, RULES[request.command], `'${request.command}' command`);
  if (request.command === "add-service" || request.command === "edit-service") checkService(request);
  if (request.command === "add-server" || request.command === "edit-server") checkServer(request);
  if (request.command === "list") checkListing(request.given);
}

function checkService({ service }: Request): void {
  if (service.fwmark !== 0) return;
  if (service.port === 0 && (service.flags & SERVICE_PERSISTENT) === 0) {
    throw usageError("Zero port specified for non-persistent service");
  }
  if ((service.flags & SERVICE_ONE_PACKET) !== 0 && protocolOf(service.protocol)?.onePacket !== true) {
    throw usageError("One-Packet Scheduling is only for UDP virtual services");
  }
}

/** Routing and tunnelling keep the packet's port, so the server's is the service's, whatever was given. */
function checkServer({ service, server, given }: Request): void {
  const { keepsPort, tunnels, takesServer } = methodOf(server.forwarding);
  if (service.fwmark === 0 && keepsPort) server.port = service.port;
  if (!takesServer(service.family ?? AF_INET, server.address.family)) {
    throw usageError("Different address family is allowed only for tunneling servers");
  }
  if (tunnels) checkTunnel(server.tunnelType, given);
  else if (given.has("tun-type") || TUNNEL_OPTIONS.some((name) => given.has(name))) {
    throw usageError("Tunnel options conflict with forward method");
  }
}

function checkTunnel(type: number, given: ReadonlySet<OptionName>): void {
  if (type === TUNNEL_GUE) checkOptions(given, TUNNEL_OPTIONS, GUE, "'gue' tunnel type");
  else if (type === TUNNEL_GRE) checkOptions(given, TUNNEL_OPTIONS, GRE, "'gre' tunnel type");
  else checkOptions(given, TUNNEL_OPTIONS, NOTHING, "'ipip' tunnel type");
}

function checkListing(given: ReadonlySet<OptionName>): void {
  const has = (...names: OptionName[]): boolean => names.some((name) => given.has(name));
  const figures = has("stats", "rate", "thresholds");
  if ((has("connection", "timeout", "daemon") && figures) || (has("timeout", "daemon") && has("persistent-conn"))) {
    throw usageError("options conflicts in the list command");
  }
}
