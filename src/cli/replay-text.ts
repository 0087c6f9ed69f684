/** The results of a replay for people. */
import { amount } from "../core/amount.ts";
import type { PortSummary, ReplaySummary, ServiceSummary, Tally, VerdictSummary } from "../core/replay/summary.ts";
import { STANDARD } from "../io/standard.ts";
import { coloured } from "./output.ts";

/** What happened to the packets, port by port, end by end and service by service. */
export function summaryText(capture: string, summary: ReplaySummary): string {
  const name = capture === STANDARD ? "standard input" : capture;
  const parts = [
    [`${name}: ${amount(summary.packets, "packet")} in ${summary.seconds.toFixed(6)} s${passedOver(summary)}`],
    portLines(summary.ports),
    verdictLines(summary.verdicts),
    ...summary.services.map(serviceLines),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function passedOver({ sentByDirector, ofNoPort }: ReplaySummary): string {
  const parts = [];
  if (sentByDirector > 0) parts.push(`${sentByDirector} that a director had sent`);
  if (ofNoPort > 0) parts.push(`${ofNoPort} for none of the interfaces`);
  return parts.length === 0 ? "" : `; passed over: ${parts.join(", ")}`;
}

/** Rows with their columns one below the other; all but the first column are numbers. */
function table(title: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const texts = [title, ...rows.map((row) => row.map(String))];
  const widths = title.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const lines = texts.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  return lines.map((line, index) => (index === 0 ? coloured("bold", line) : line));
}

const tallyColumns = ({ frames, bytes }: Tally): number[] => [frames, bytes];

const portLines = (ports: readonly PortSummary[]): string[] =>
  table(
    ["port", "arrived", "bytes", "sent", "bytes"],
    ports.map(({ name, arrived, sent }) => [name, ...tallyColumns(arrived), ...tallyColumns(sent)]),
  );

/** What the ends are that no reason goes with. */
const ENDS: Readonly<Record<string, string>> = {
  sent: "Sent on.",
  delivered: "Taken by the director itself.",
  parked: "Kept until the next hop's MAC address is known.",
  held: "A fragment, kept until its datagram is whole.",
};

function verdictLines(verdicts: readonly VerdictSummary[]): string[] {
  const names = verdicts.map(({ verdict, dropped }) => (dropped ? `dropped: ${verdict}` : verdict));
  const longest = Math.max(...names.map((name) => name.length));
  const most = Math.max(...verdicts.map(({ packets }) => String(packets).length));
  return verdicts.map(({ verdict, packets, sentence }, index) => {
    const why = coloured("dim", sentence || (ENDS[verdict] ?? ""));
    return `${String(packets).padStart(most)}  ${(names[index] ?? "").padEnd(longest)}  ${why}`;
  });
}

function serviceLines(service: ServiceSummary): string[] {
  const columns = (of: ServiceSummary | ServiceSummary["destinations"][number]): number[] => [
    of.connections,
    of.inPackets,
    of.outPackets,
    of.inBytes,
    of.outBytes,
  ];
  return table(
    [service.service, "connections", "packets in", "out", "bytes in", "out"],
    [
      ...service.destinations.map((of) => [`  ${of.destination} ${of.forwarding}`, ...columns(of)]),
      ["  in all", ...columns(service)],
    ],
  );
}

/** Addresses that a warning names; more are counted. */
const NAMED = 3;

function unansweredOn(port: string, unanswered: ReplaySummary["unanswered"]): string[] {
  const addresses = unanswered.filter((neighbor) => neighbor.port === port).map(({ address }) => address);
  if (addresses.length === 0) return [];
  const more = addresses.length - NAMED;
  const names = `${addresses.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const what = addresses.length === 1 ? "its MAC address" : "their MAC addresses";
  return [
    `warning: nobody answers ARP for ${names} on ${port}: what goes there is not sent; give ${what} under neighbors:`,
  ];
}

/** What the person who started the replay may have overlooked. */
export function warnings({ unanswered, cut, ports }: ReplaySummary): string[] {
  const lines = ports.flatMap(({ name }) => unansweredOn(name, unanswered));
  if (cut > 0)
    lines.push(`warning: of ${amount(cut, "packet")} the capture holds only the beginning: taken as they are`);
  for (const { name, mac, unicast, forOthers } of ports) {
    if (unicast === 0 || forOthers < unicast) continue;
    lines.push(`warning: no frame on ${name} is addressed to it: is its mac: ${mac} right?`);
  }
  return lines;
}
