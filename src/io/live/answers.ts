/** The main thread's requests, done by the director. */
import { runIpvsadm } from "../../core/control/interpreter.ts";
import { listingJson } from "../../core/control/json.ts";
import { procFile } from "../../core/control/proc.ts";
import { verdictName } from "../../core/trace/verdict.ts";
import type { Dataplane } from "./dataplane.ts";
import type { Answers, DirectorRequest, DirectorStatus } from "./messages.ts";

/** The answer of the kind that Answers names. */
export function answerRequest(dataplane: Dataplane, request: DirectorRequest): Answers[keyof Answers] {
  const { server } = dataplane.director;
  switch (request.kind) {
    case "ipvsadm": {
      const { words, kind: _, ...environment } = request;
      return runIpvsadm(words, { server, ...environment });
    }
    case "listing":
      return listingJson(request.listing, server);
    case "proc":
      return procFile(request.name, server);
    case "status":
      return statusOf(dataplane);
    case "stop":
      dataplane.stopping = true;
      return undefined;
  }
}

function statusOf({ director, ports, rounds }: Dataplane): DirectorStatus {
  const services = director.server.services.list();
  const verdicts = Array.from(director.counts, (count, verdict) => [verdictName(verdict), count] as const);
  return {
    ports: ports.list.map(({ name, received, sent, receivedBytes, sentBytes, sendErrors }) => ({
      name,
      received,
      sent,
      receivedBytes,
      sentBytes,
      sendErrors,
    })),
    services: services.length,
    destinations: services.reduce((sum, { destinations }) => sum + destinations.length, 0),
    connections: director.server.connections.table.rows.count,
    verdicts: Object.fromEntries(verdicts.filter(([, count]) => count > 0)),
    rounds,
  };
}
