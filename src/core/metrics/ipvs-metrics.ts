/**
 * The virtual server under the names that node_exporter's `ipvs` collector uses (collector/ipvs_linux.go), so that
 * dashboards and alerts made for a kernel's IPVS work unchanged.
 */
import type { Destination } from "../ipvs/destination.ts";
import { protocolName } from "../ipvs/protocols/protocols.ts";
import type { Service } from "../ipvs/service.ts";
import { CONNECTIONS, IN_BYTES, IN_PACKETS, OUT_BYTES, OUT_PACKETS } from "../ipvs/statistics.ts";
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import { formatAddress } from "../wire/address.ts";
import type { Labels, Metric } from "./exposition.ts";

const TOTALS: readonly (readonly [string, number, string])[] = [
  ["connections", CONNECTIONS, "The total number of connections made."],
  ["incoming_packets", IN_PACKETS, "The total number of incoming packets."],
  ["outgoing_packets", OUT_PACKETS, "The total number of outgoing packets."],
  ["incoming_bytes", IN_BYTES, "The total amount of incoming data."],
  ["outgoing_bytes", OUT_BYTES, "The total amount of outgoing data."],
];

const BACKENDS: readonly (readonly [string, string, (destination: Destination) => number])[] = [
  [
    "connections_active",
    "The current active connections by local and remote address.",
    ({ activeConnections }) => activeConnections,
  ],
  [
    "connections_inactive",
    "The current inactive connections by local and remote address.",
    ({ inactiveConnections }) => inactiveConnections,
  ],
  ["weight", "The current backend weight by local and remote address.", ({ weight }) => weight],
];

/** All of them; totals as listings show them, sampled every two seconds. */
export function ipvsMetrics(server: VirtualServer): Metric[] {
  const totals = TOTALS.map(([name, counter, help]): Metric => {
    const value = server.totals.shown(counter);
    return { name: `node_ipvs_${name}_total`, type: "counter", help, samples: [{ value }] };
  });
  const services = server.services.list();
  const backends = BACKENDS.map(([name, help, figureOf]): Metric => {
    const samples = services.flatMap((service) =>
      service.destinations.map((destination) => ({
        labels: labelsOf(service, destination),
        value: figureOf(destination),
      })),
    );
    return { name: `node_ipvs_backend_${name}`, type: "gauge", help, samples };
  });
  return [...totals, ...backends];
}

/** A mark's service has no address, and the mark as the file in /proc has it: eight hexadecimal digits. */
function labelsOf(service: Service, { address, port }: Destination): Labels {
  const marked = service.fwmark !== 0;
  return {
    local_address: marked ? "" : formatAddress(service.address),
    local_mark: marked ? service.fwmark.toString(16).toUpperCase().padStart(8, "0") : "",
    local_port: marked ? "0" : String(service.port),
    proto: marked ? "FWM" : protocolName(service.protocol),
    remote_address: formatAddress(address),
    remote_port: String(port),
  };
}
