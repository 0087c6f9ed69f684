/** Which listing a request asks for (ipvsadm.c: process_options). */
import { ControlError } from "../ipvs/control-error.ts";
import type { Service } from "../ipvs/service.ts";
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import { serviceKeyOf } from "./commands.ts";
import { type ControlEnvironment, DEFAULT_TABLE_SIZE, namesOf, programNameOf } from "./environment.ts";
import { Exit } from "./exit.ts";
import { helpText, VERSION_LINE } from "./help.ts";
import { type ListingKind, listingJson } from "./json.ts";
import { connectionsText } from "./listing/connections.ts";
import { formatFor } from "./listing/formats.ts";
import { rulesText } from "./listing/rules.ts";
import { daemonsText, localAddressesText, timeoutsText } from "./listing/small.ts";
import { serviceText, type TableOptions, tableText } from "./listing/table.ts";
import type { OptionName, Request } from "./request.ts";

/** What a command that changes nothing prints. Throws Exit for help or a missing service; ControlError for `-G`. */
export function listingText(request: Request, environment: ControlEnvironment): string {
  const { server } = environment;
  const names = request.given.has("numeric") ? undefined : namesOf(environment);
  switch (request.command) {
    case "help":
      throw new Exit(0, helpText(programNameOf(environment)), "");
    case "version":
      throw new Exit(0, VERSION_LINE, "");
    case "save":
      return rulesText(server.services.list(), names);
    case "get-laddr":
      return environment.json === true ? jsonText(request, server) : localAddressesText(pools(request, server));
    default:
      return environment.json === true ? jsonText(request, server) : chosenList(request, environment, names);
  }
}

function chosenList(request: Request, environment: ControlEnvironment, names: TableOptions["names"]): string {
  const { server } = environment;
  const { given } = request;
  if (given.has("connection")) return connectionsText(server.connections, names, given.has("persistent-conn"));
  const options: TableOptions = {
    format: formatFor(given),
    names,
    nosort: given.has("nosort"),
    exact: given.has("exact"),
  };
  if (given.has("service-address")) return serviceText(listedService(request, server), options);
  if (given.has("timeout")) return timeoutsText(server.connections.timeouts);
  if (given.has("daemon")) return daemonsText(server.daemons);
  return tableText(server.services.list(), environment.connectionTableSize ?? DEFAULT_TABLE_SIZE, options);
}

/** The one service of `-L -t`: if there is none, the program ends with status 1. */
function listedService(request: Request, server: VirtualServer): Service {
  const service = server.services.find(serviceKeyOf(request));
  if (service === undefined) throw new Exit(1, "", "No such service\n");
  return service;
}

/** Unlike `-L`, a service that does not exist is a refusal here. */
function pools(request: Request, { services }: VirtualServer): readonly Service[] {
  if (!request.given.has("service-address")) return services.list();
  const service = services.find(serviceKeyOf(request));
  if (service === undefined) throw new ControlError("ESRCH", "no such service");
  return [service];
}

/** By the options that choose a listing. */
const KINDS: readonly (readonly [OptionName, ListingKind])[] = [
  ["connection", "connections"],
  ["timeout", "timeouts"],
  ["daemon", "daemons"],
];

function jsonText(request: Request, server: VirtualServer): string {
  const { given, command } = request;
  const kind = KINDS.find(([option]) => given.has(option))?.[1] ?? "services";
  const services =
    command === "get-laddr"
      ? pools(request, server)
      : given.has("service-address")
        ? [listedService(request, server)]
        : server.services.list();
  return `${JSON.stringify(listingJson(kind, server, { nosort: given.has("nosort"), services }))}\n`;
}
