/** Everything that a director knows and that a packet may change, as text that can be compared. */
import type { Director } from "../../src/core/host/director.ts";
import type { Neighbor } from "../../src/core/host/neighbors/neighbor.ts";
import { HOT } from "../../src/core/ipvs/connection-rows.ts";
import type { Statistics } from "../../src/core/ipvs/statistics.ts";

/** A line for each thing. Asking takes an identification from the host, which shows how many were used. */
export function stateOf(director: Director): string[] {
  const { server } = director;
  const services = server.services.list();
  return [
    `now ${director.now} tick ${server.agenda.next} identification ${director.ip.identification()}`,
    `counts ${director.counts.join(" ")} drop ${director.path.dropCounter} addresses ${director.addresses.size}`,
    `totals ${statistics(server.totals)}`,
    ...services.flatMap(({ destinations, statistics: counted }, index) => [
      `service ${index} ${statistics(counted)}`,
      ...destinations.map(
        ({ service: _, address: __, statistics: own, ...rest }) => `${JSON.stringify(rest)} ${statistics(own)}`,
      ),
    ]),
    ...rowsOf(director),
    ...[...director.neighbors.list(), ...director.neighborsIpv6.list()].map(neighbor),
  ];
}

const statistics = (counted: Statistics): string =>
  [...counted.live, ...[0, 1, 2, 3, 4].flatMap((counter) => [counted.shown(counter), counted.rate(counter)])].join(" ");

function rowsOf({ server: { connections } }: Director): string[] {
  const { rows } = connections.table;
  const lines: string[] = [];
  for (let row = 0; row < rows.end; row++) {
    if (!rows.inUse(row)) continue;
    const hot = Buffer.from(rows.hot.slice(row * HOT, (row + 1) * HOT).buffer).toString("hex");
    const cold = [
      rows.nextLocal(row),
      rows.timerNext(row),
      rows.timerPrevious(row),
      rows.control(row),
      rows.controlled(row),
      rows.fwmark(row),
      rows.localIndex(row),
    ];
    lines.push(`row ${row} ${hot} ${cold.join(" ")}`);
  }
  return lines;
}

const neighbor = ({ address, ifindex, mac, state, parked, probes, confirmed, updated, used }: Neighbor): string =>
  `neighbor ${address} at ${ifindex}: ${mac} ${state} ${parked.length} ${probes} ${confirmed} ${updated} ${used}`;
