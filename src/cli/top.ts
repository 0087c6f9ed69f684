/** `tapvs top`: rates per service and real server, refreshed. */
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import type { DirectorStatus } from "../io/live/messages.ts";
import { coloured, print } from "./output.ts";
import { getOrFail, socketOrFail } from "./running-director.ts";
import { routerText } from "./status.ts";

interface TopFlags {
  readonly socket?: string;
  readonly json?: true;
  readonly once?: true;
  readonly interval: number;
}

interface Counters {
  readonly connections: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** A service of the `services` listing, as far as this shows it. */
interface ServiceRow {
  readonly protocol?: string;
  readonly address?: string;
  readonly port?: number;
  readonly fwmark?: number;
  readonly scheduler: string;
  readonly rates: Counters;
  readonly destinations: readonly DestinationRow[];
}

interface DestinationRow {
  readonly address: string;
  readonly port: number;
  readonly forwarding: string;
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly rates: Counters;
}

export interface ServicesListing {
  readonly services: readonly ServiceRow[];
}

/** Clears the screen and goes to its upper left corner. */
const HOME = "\x1b[H\x1b[2J";

export function topCommand(): Command {
  return new Command("top")
    .description("Shows rates per second of each service and real server again and again, until Ctrl-C.")
    .option("--socket <path>", "control socket (default: TAPVS_SOCKET, or the only one there is)")
    .addOption(new Option("--interval <seconds>", "time between two looks").argParser(seconds).default(2))
    .option("--once", "look once")
    .option("--json", "a line of JSON for each look")
    .action(top);
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 3600)) throw new InvalidArgumentError("expected seconds, more than 0 and up to 3600");
  return value;
}

async function top({ socket, json, once, interval }: TopFlags): Promise<void> {
  const path = await socketOrFail(socket);
  for (;;) {
    const listing = await getOrFail<ServicesListing>(path, "/v1/services");
    const { ha } = await getOrFail<Pick<DirectorStatus, "ha">>(path, "/v1/status");
    const routers = ha.map((router) => `${routerText(router)}\n`).join("");
    if (json) print(`${JSON.stringify({ ...listing, ha })}\n`);
    else print(`${process.stdout.isTTY && !once ? HOME : ""}${ratesText(listing)}${routers}`);
    if (once) return;
    await sleep(interval * 1000);
  }
}

const HEADS = [
  "service / real server",
  "weight",
  "active",
  "inact",
  "conn/s",
  "in pkt/s",
  "out pkt/s",
  "in bit/s",
  "out bit/s",
];

/** The table as text. */
export function ratesText({ services }: ServicesListing): string {
  const rows = services.flatMap((service) => [
    [serviceName(service), "", "", "", ...rateCells(service.rates)],
    ...service.destinations.map((destination) => [
      `  -> ${endText(destination.address, destination.port)} ${destination.forwarding}`,
      String(destination.weight),
      String(destination.activeConnections),
      String(destination.inactiveConnections),
      ...rateCells(destination.rates),
    ]),
  ]);
  const widths = HEADS.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return [coloured("bold", line(HEADS)), ...rows.map(line), ""].join("\n");
}

function serviceName({ protocol, address, port, fwmark, scheduler }: ServiceRow): string {
  return fwmark !== undefined
    ? `FWM ${fwmark} ${scheduler}`
    : `${protocol} ${endText(address ?? "", port ?? 0)} ${scheduler}`;
}

const endText = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

const rateCells = ({ connections, inPackets, outPackets, inBytes, outBytes }: Counters): string[] => [
  short(connections),
  short(inPackets),
  short(outPackets),
  short(inBytes * 8),
  short(outBytes * 8),
];

/** At most three digits before the point, with k, M, G or T. */
function short(value: number): string {
  const units = ["", "k", "M", "G", "T"];
  let unit = 0;
  let rest = value;
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return unit === 0 ? String(Math.round(rest)) : `${rest.toFixed(rest < 99.95 ? 1 : 0)}${units[unit]}`;
}
