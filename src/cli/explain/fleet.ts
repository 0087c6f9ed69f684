/** `tapvs explain --directors`: how many connections break when directors behind a router go. */
import { amount } from "../../core/amount.ts";
import { type FleetOptions, type FleetOutcome, loseDirectors } from "../../core/simulator/fleet.ts";
import { Failure, WRONG_USAGE } from "../failure.ts";
import { print, printJson } from "../output.ts";
import type { ExplainOptions } from "./options.ts";

const CONNECTIONS = 2000;
const SERVERS = 8;

/** How directors know, or can guess, the real server of a connection that another one has scheduled. */
interface Way {
  readonly name: string;
  readonly scheduler: string;
  readonly sloppy: boolean;
  readonly synchronized: boolean;
}

const way = (scheduler: string, sloppy: boolean, synchronized: boolean): Way => ({
  name: [scheduler, ...(sloppy ? ["sloppy_tcp"] : []), ...(synchronized ? ["synchronised"] : [])].join(", "),
  scheduler,
  sloppy,
  synchronized,
});

const ALL: readonly Way[] = [
  way("rr", false, false),
  way("sh", true, false),
  way("mh", true, false),
  way("rr", false, true),
  way("mh", true, true),
];

/** Those of one scheduler. */
const waysOf = (scheduler: string): Way[] => [
  way(scheduler, false, false),
  way(scheduler, true, false),
  way(scheduler, true, true),
];

/** What happens, in the columns of the table. */
const EVENTS = [
  { name: "anew", resilient: false, lostServers: 0 },
  { name: "anew, and a server goes", resilient: false, lostServers: 1 },
  { name: "resilient", resilient: true, lostServers: 0 },
  { name: "resilient, and a server goes", resilient: true, lostServers: 1 },
] as const;

interface Row {
  readonly name: string;
  readonly outcomes: readonly FleetOutcome[];
}

export function explainDirectors(directors: number, options: ExplainOptions): void {
  const { lose = 1, connections = CONNECTIONS, servers = SERVERS, scheduler } = options;
  if (lose >= directors)
    throw new Failure(WRONG_USAGE, `--lose: ${lose} of ${amount(directors, "director")}: at least one must stay`);
  const ways = scheduler === undefined ? ALL : waysOf(scheduler);
  const common = { directors, servers, connections, lostDirectors: lose };
  const rows = ways.map((one) => ({
    name: one.name,
    outcomes: EVENTS.map((event) => outcomeOf({ ...common, ...one, ...event })),
  }));
  if (options.json === true) printJson({ v: 1, ...common, events: EVENTS, rows });
  else print(text(common, rows));
}

const outcomeOf = ({ lostServers, servers, ...rest }: FleetOptions): FleetOutcome =>
  loseDirectors({ ...rest, servers, lostServers: Math.min(lostServers, servers - 1) });

type Common = Pick<FleetOptions, "directors" | "servers" | "connections" | "lostDirectors">;

function text({ directors, servers, connections, lostDirectors }: Common, rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const columns = EVENTS.map(({ name }) => Math.max(name.length, 14));
  const line = (first: string, cells: readonly string[]): string =>
    `  ${first.padEnd(width)}  ${cells.map((cell, index) => cell.padStart(columns[index] ?? 0)).join("  ")}`;
  const share = ({ broken }: FleetOutcome): string => `${broken} (${((100 * broken) / connections).toFixed(1)} %)`;
  const [anew, , resilient] = rows[0]?.outcomes ?? [];
  return [
    `${amount(connections, "connection")} over ${amount(directors, "director")} to ${amount(servers, "real server")}. Then ${lostDirectors} of the directors go${lostDirectors === 1 ? "es" : ""}.`,
    "Of the connections to real servers that stay, so many break:",
    "",
    line(
      "",
      EVENTS.map(({ name }) => name),
    ),
    ...rows.map(({ name, outcomes }) => line(name, outcomes.map(share))),
    "",
    `anew: the router divides its hash anew, as Linux does by default: ${anew?.moved} connections come to another director.`,
    `resilient: only those of a director that goes do: ${resilient?.moved} (ip nexthop add ... type resilient).`,
    "A director that does not know a connection resets it; with sloppy_tcp it schedules it, as if it were new. Where the",
    "scheduler is a hash of the client, that is the same server as before, as long as the servers are the same: when one",
    "of them goes, sh deals most clients anew, mh few. A synchronised director knows the connection (docs/ha.md).",
    "",
  ].join("\n");
}
