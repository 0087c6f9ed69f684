/** The files under /proc/net, as text (ip_vs_ctl.c: ip_vs_info_seq_show; ip_vs_conn.c: ip_vs_conn_seq_show). */
import type { Destination } from "../ipvs/destination.ts";
import { methodOf } from "../ipvs/forwarding/methods.ts";
import { isProcFile, type ProcFile } from "../ipvs/proc-files.ts";
import { protocolName } from "../ipvs/protocols/protocols.ts";
import type { Service } from "../ipvs/service.ts";
import { CONNECTIONS, IN_BYTES, IN_PACKETS, OUT_BYTES, OUT_PACKETS } from "../ipvs/statistics.ts";
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import { type Address, AF_INET } from "../wire/address.ts";
import { type ConnectionEntry, connectionEntries, secondsListed } from "./connection-entry.ts";
import { DEFAULT_TABLE_SIZE } from "./environment.ts";
import { schedulerName } from "./listing/service-text.ts";
import { versionLine } from "./listing/table.ts";

/** An unsigned 32-bit number. */
const hex = (value: number, digits: number): string => (value >>> 0).toString(16).toUpperCase().padStart(digits, "0");

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

/** Eight hexadecimal digits, or eight groups of four. */
function fullAddress(address: Address): string {
  if (address.family === AF_INET) return hex(address.words[0], 8);
  const groups = address.words.flatMap((word) => [word >>> 16, word & 0xffff]);
  return groups.map((group) => group.toString(16).padStart(4, "0")).join(":");
}

// --- ip_vs

const TABLE_TITLES = [
  "Prot LocalAddress:Port Scheduler Flags",
  "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn",
];

const bracketed = (address: Address): string =>
  address.family === AF_INET ? fullAddress(address) : `[${fullAddress(address)}]`;

/** The kernel prints an IPv6 prefix length as if it were a number from the wire. */
const swapped = (value: number): number =>
  ((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);

/** Persistence times are shown in ticks. */
function serviceLine(service: Service, hz: number): string {
  const start = `${serviceStart(service)} ${schedulerName(service)} ${onePacketMark(service)}`;
  if (!service.persistent) return start;
  const mask = service.family === AF_INET ? service.netmask : swapped(service.netmask);
  return `${start}persistent ${service.timeoutSeconds * hz} ${hex(mask, 8)}`;
}

const serviceStart = ({ fwmark, protocol, address, port }: Service): string =>
  fwmark !== 0 ? `FWM  ${hex(fwmark, 8)}` : `${protocolName(protocol)}  ${bracketed(address)}:${hex(port, 4)}`;

/** The kernel's three formats differ in blanks, and the one for IPv6 services leaves the mark out. */
function onePacketMark({ fwmark, family, onePacket }: Service): string {
  const mark = onePacket ? "ops " : "";
  if (fwmark !== 0) return mark;
  return family === AF_INET ? `${mark} ` : "";
}

function destinationLine(destination: Destination): string {
  return [
    `  -> ${bracketed(destination.address)}:${hex(destination.port, 4)}     `,
    methodOf(destination.forwarding).name.padEnd(7),
    String(destination.weight).padEnd(6),
    String(destination.activeConnections).padEnd(10),
    String(destination.inactiveConnections).padEnd(10),
  ].join(" ");
}

function tableFile(server: VirtualServer, size: number): string {
  const entries = server.services
    .list()
    .flatMap((service) => [serviceLine(service, server.ticks.hz), ...service.destinations.map(destinationLine)]);
  return text([versionLine(size), ...TABLE_TITLES, ...entries]);
}

// --- ip_vs_conn, ip_vs_conn_sync

const CONNECTION_TITLE = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       ";

function connectionStart(entry: ConnectionEntry): string {
  const ends = [entry.client, entry.virtual, entry.destination];
  const endTexts = ends.map(({ address, port }) => `${fullAddress(address)} ${hex(port, 4)}`);
  return [entry.protocolName.padEnd(3), ...endTexts, entry.state.padEnd(11)].join(" ");
}

const seconds = (entry: ConnectionEntry): string => String(secondsListed(entry)).padStart(7);

const engineColumns = ({ engine }: ConnectionEntry): string =>
  engine === undefined ? "" : ` ${engine.name} ${engine.data}`;

const connectionFile = (entries: readonly ConnectionEntry[]): string =>
  text([
    `${CONNECTION_TITLE}Expires PEName PEData`,
    ...entries.map((entry) => `${connectionStart(entry)} ${seconds(entry)}${engineColumns(entry)}`),
  ]);

/** Whether a master told of the entry (ip_vs_conn.c: ip_vs_origin_name). */
const originOf = ({ isSynchronized }: ConnectionEntry): string => (isSynchronized ? "SYNC" : "LOCAL").padEnd(6);

const syncFile = (entries: readonly ConnectionEntry[]): string =>
  text([
    `${CONNECTION_TITLE}Origin Expires`,
    ...entries.map((entry) => `${connectionStart(entry)} ${originOf(entry)} ${seconds(entry)}`),
  ]);

// --- ip_vs_stats, ip_vs_stats_percpu

const COUNTERS: readonly number[] = [CONNECTIONS, IN_PACKETS, OUT_PACKETS, IN_BYTES, OUT_BYTES];

/** Five hexadecimal columns. */
const figures = (of: (counter: number) => number): string =>
  COUNTERS.map((counter) =>
    of(counter)
      .toString(16)
      .toUpperCase()
      .padStart(counter < IN_BYTES ? 8 : 16),
  ).join(" ");

const statisticsFile = ({ totals }: VirtualServer): string =>
  text([
    "   Total Incoming Outgoing         Incoming         Outgoing",
    "   Conns  Packets  Packets            Bytes            Bytes",
    figures((counter) => totals.shown(counter)),
    "",
    " Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s",
    figures((counter) => totals.rate(counter)),
  ]);

/** One CPU: its live counters, which `-Z` leaves alone, and the totals. */
const perCpuFile = ({ totals }: VirtualServer): string =>
  text([
    "       Total Incoming Outgoing         Incoming         Outgoing",
    "CPU    Conns  Packets  Packets            Bytes            Bytes",
    `  0 ${figures((counter) => totals.live[counter] ?? 0)}`,
    `  ~ ${figures((counter) => totals.shown(counter))}`,
    "",
    "     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s",
    `    ${figures((counter) => totals.rate(counter))}`,
  ]);

// --- ip_vs_app

/** The helpers that are loaded, on each of their ports (ip_vs_app.c: ip_vs_app_seq_show). */
const appFile = ({ connections }: VirtualServer): string =>
  text([
    "prot port    usecnt name",
    ...connections.apps.list.map(({ app, port, connections: bound }) =>
      [
        protocolName(app.protocol).padEnd(3),
        ` ${String(port).padEnd(7)}`,
        String(bound).padEnd(6),
        app.name.padEnd(17),
      ].join(" "),
    ),
  ]);

type FileText = (server: VirtualServer, size: number) => string;

const FILES: Readonly<Record<ProcFile, FileText>> = {
  ip_vs: tableFile,
  ip_vs_app: appFile,
  ip_vs_conn: ({ connections }) => connectionFile(connectionEntries(connections)),
  ip_vs_conn_sync: ({ connections }) => syncFile(connectionEntries(connections)),
  ip_vs_stats: statisticsFile,
  ip_vs_stats_percpu: perCpuFile,
};

/**
 * /proc/net/NAME as text; `undefined` if there is no such file. `size` is the number of chains that
 * the first line of ip_vs names.
 * @ipvs #Y proc "ip_vs, ip_vs_conn, ip_vs_conn_sync, ip_vs_stats, ip_vs_stats_percpu"
 * @ipvs #Y proc "ip_vs_app: the helpers that are loaded, by port, with how many connections each reads"
 */
export const procFile = (name: string, server: VirtualServer, size: number = DEFAULT_TABLE_SIZE): string | undefined =>
  isProcFile(name) ? FILES[name](server, size) : undefined;
