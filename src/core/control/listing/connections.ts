/** `-L -c`: the connection table (ipvsadm.c: list_conn, print_conn). */
import type { Connections } from "../../ipvs/connections.ts";
import { type ConnectionEntry, connectionEntries, type EntryEnd, secondsListed } from "../connection-entry.ts";
import type { Names } from "../names.ts";
import { endpointText } from "./endpoint-text.ts";

const COLUMNS = ["state".padEnd(11), "source".padEnd(18), "virtual".padEnd(18)].join(" ");
const TITLE = `pro expire ${COLUMNS} destination`;
const ENGINE_TITLE = `pro expire ${COLUMNS} ${"destination".padEnd(18)} ${"pe name".padEnd(16)} pe_data`;

/**
 * Every entry on a line, and two of titles before; `withEngines` is `--persistent-conn`: what an engine named a template by.
 * @ipvs #Y listings "-Lc: connections and templates with state and time left; FULLNAT in the same six columns"
 * differs: ipvsadm reads 255 bytes of a line of /proc/net/ip_vs_conn, which an IPv6 template with more than 90 bytes of an engine's data
 * has more of; what is left overruns a buffer of its, and makes a row of remains.
 * @ipvs #Y listings "-Lc --persistent-conn: data of persistence engines"
 */
export function connectionsText(connections: Connections, names: Names | undefined, withEngines: boolean): string {
  const lines = connectionEntries(connections).map((entry) => connectionLine(entry, names, withEngines));
  return ["IPVS connection entries", withEngines ? ENGINE_TITLE : TITLE, ...lines].map((line) => `${line}\n`).join("");
}

function connectionLine(entry: ConnectionEntry, names: Names | undefined, withEngines: boolean): string {
  const end = ({ address, port }: EntryEnd): string => endpointText(address, port, entry.protocol, names);
  return [
    entry.protocolName.padEnd(3),
    clock(secondsListed(entry)).padEnd(6),
    entry.state.padEnd(11),
    end(entry.client).padEnd(18),
    end(entry.virtual).padEnd(18),
    ...destinationColumns(end(entry.destination), withEngines ? entry.engine : undefined),
  ].join(" ");
}

/** The destination is padded where an engine's columns follow, and to 16, not to the 18 of its title. */
const destinationColumns = (destination: string, engine: ConnectionEntry["engine"]): string[] =>
  engine === undefined ? [destination] : [destination.padEnd(16), engine.name.padEnd(18), engine.data];

/** Minutes and seconds; there is no limit to the minutes. */
function clock(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}
