/** Which listing a request asks for (ipvsadm.c: process_options). */
import { serviceKeyOf } from "./commands.ts";
import { type ControlEnvironment, DEFAULT_TABLE_SIZE, namesOf, programNameOf } from "./environment.ts";
import { Exit } from "./exit.ts";
import { helpText, VERSION_LINE } from "./help.ts";
import { connectionsText } from "./listing/connections.ts";
import { formatFor } from "./listing/formats.ts";
import { rulesText } from "./listing/rules.ts";
import { daemonsText, localAddressesText, timeoutsText } from "./listing/small.ts";
import { serviceText, type TableOptions, tableText } from "./listing/table.ts";
import type { Request } from "./request.ts";

/** What a command that changes nothing prints. Throws Exit for a service that does not exist, and for help. */
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
      return poolsText(request, environment);
    default:
      return chosenList(request, environment, names);
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
  if (given.has("service-address")) {
    const service = server.services.find(serviceKeyOf(request));
    if (service === undefined) throw new Exit(1, "", "No such service\n");
    return serviceText(service, options);
  }
  if (given.has("timeout")) return timeoutsText(server.connections.timeouts);
  if (given.has("daemon")) return daemonsText(server.daemons);
  return tableText(server.services.list(), environment.connectionTableSize ?? DEFAULT_TABLE_SIZE, options);
}

function poolsText(request: Request, { server }: ControlEnvironment): string {
  if (!request.given.has("service-address")) return localAddressesText(server.services.list());
  const service = server.services.find(serviceKeyOf(request));
  if (service === undefined) throw new Exit(1, "", "No such service\n");
  return localAddressesText([service]);
}
