/** What a director can tell beyond a kernel: ports, verdicts of packets, counters of each service. Names begin with `tapvs_`. */
import { describeDestination } from "../ipvs/destination.ts";
import { methodOf } from "../ipvs/forwarding/methods.ts";
import { describeService } from "../ipvs/service.ts";
import { CONNECTIONS, IN_BYTES, IN_PACKETS, OUT_BYTES, OUT_PACKETS, type Statistics } from "../ipvs/statistics.ts";
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import { expositionText, type Labels, type Metric, type Sample } from "./exposition.ts";
import { ipvsMetrics } from "./ipvs-metrics.ts";
import { type RouterFigures, vrrpMetrics } from "./vrrp-metrics.ts";

/** Counters of a port since the start. */
export interface PortFigures {
  readonly name: string;
  readonly received: number;
  readonly sent: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly sendErrors: number;
}

/** What the live director counts itself. */
export interface DirectorFigures {
  readonly ports: readonly PortFigures[];
  readonly connections: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly ha: readonly RouterFigures[];
}

const PORT_METRICS: readonly (readonly [string, string, (port: PortFigures) => number])[] = [
  ["received_frames", "Frames that arrived on a port.", ({ received }) => received],
  ["sent_frames", "Frames that left by a port.", ({ sent }) => sent],
  ["received_bytes", "Bytes of the frames that arrived on a port.", ({ receivedBytes }) => receivedBytes],
  ["sent_bytes", "Bytes of the frames that left by a port.", ({ sentBytes }) => sentBytes],
  ["send_errors", "Frames that the kernel did not take from a port.", ({ sendErrors }) => sendErrors],
];

const COUNTERS: readonly (readonly [string, string, number])[] = [
  ["connections", "connections", CONNECTIONS],
  ["incoming_packets", "packets towards real servers", IN_PACKETS],
  ["outgoing_packets", "packets towards clients", OUT_PACKETS],
  ["incoming_bytes", "bytes towards real servers", IN_BYTES],
  ["outgoing_bytes", "bytes towards clients", OUT_BYTES],
];

/** The whole text of a scrape: node_exporter's names, then our own. */
export const directorMetrics = (server: VirtualServer, figures: DirectorFigures): string =>
  expositionText([
    ...ipvsMetrics(server),
    ...portMetrics(figures),
    ...tableMetrics(server, figures),
    ...vrrpMetrics(figures.ha),
  ]);

const portMetrics = ({ ports }: DirectorFigures): Metric[] =>
  PORT_METRICS.map(([name, help, figureOf]) => ({
    name: `tapvs_port_${name}_total`,
    type: "counter",
    help,
    samples: ports.map((port) => ({ labels: { port: port.name }, value: figureOf(port) })),
  }));

function tableMetrics(server: VirtualServer, { connections, verdicts }: DirectorFigures): Metric[] {
  const packets = Object.entries(verdicts).map(([verdict, value]) => ({ labels: { verdict }, value }));
  const services = server.services.list();
  const ofServices = COUNTERS.map(
    ([name, what, counter]): Metric => ({
      name: `tapvs_service_${name}_total`,
      type: "counter",
      help: `The ${what} of a service.`,
      samples: services.map((service) => sample(service.statistics, counter, { service: describeService(service) })),
    }),
  );
  const ofDestinations = COUNTERS.map(
    ([name, what, counter]): Metric => ({
      name: `tapvs_destination_${name}_total`,
      type: "counter",
      help: `The ${what} of a real server in a service.`,
      samples: services.flatMap((service) =>
        service.destinations.map((destination) =>
          sample(destination.statistics, counter, {
            service: describeService(service),
            destination: describeDestination(destination),
            forwarding: methodOf(destination.forwarding).name,
          }),
        ),
      ),
    }),
  );
  return [
    { name: "tapvs_packets_total", type: "counter", help: "Packets by how their walk ended.", samples: packets },
    {
      name: "tapvs_connection_entries",
      type: "gauge",
      help: "Entries of the connection table, templates among them.",
      samples: [{ value: connections }],
    },
    {
      name: "tapvs_connection_entries_max",
      type: "gauge",
      help: "Entries that the connection table may have (connections.max).",
      samples: [{ value: server.connections.table.rows.most }],
    },
    ...ofServices,
    ...ofDestinations,
  ];
}

const sample = (statistics: Statistics, counter: number, labels: Labels): Sample => ({
  labels,
  value: statistics.shown(counter),
});
