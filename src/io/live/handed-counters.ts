/** What a director has counted, and how its successor goes on from there. */
import { verdictName } from "../../core/trace/verdict.ts";
import type { Dataplane } from "./dataplane.ts";
import { findServer } from "./held-servers.ts";
import type { HandedCounters } from "./messages.ts";

export function countersOf({ director, ports }: Dataplane): HandedCounters {
  const { server, counts } = director;
  return {
    totals: server.totals.image,
    services: server.services.list().map(({ family, protocol, address, port, fwmark, statistics, destinations }) => ({
      service: { family, protocol, address, port, fwmark },
      statistics: statistics.image,
      servers: destinations.map((one) => ({ address: one.address, port: one.port, statistics: one.statistics.image })),
    })),
    verdicts: Array.from(counts, (count, verdict) => [verdictName(verdict), count] as const),
    ports: ports.list.map(({ descriptor: _, ...counters }) => counters),
  };
}

/** Services and servers that could not be taken over are passed over. */
export function resumeCounters({ director, ports }: Dataplane, handed: HandedCounters): void {
  const { server, counts } = director;
  server.totals.resume(handed.totals);
  for (const { service: key, statistics, servers } of handed.services) {
    const service = server.services.find(key);
    service?.statistics.resume(statistics);
    for (const one of servers) findServer(service, one)?.statistics.resume(one.statistics);
  }
  const verdicts = new Map(handed.verdicts);
  for (const verdict of counts.keys()) counts[verdict] = verdicts.get(verdictName(verdict)) ?? 0;
  for (const { name, ...counters } of handed.ports) {
    const port = ports.list.find((one) => one.name === name);
    if (port !== undefined) Object.assign(port, counters);
  }
}
