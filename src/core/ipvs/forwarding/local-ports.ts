/**
 * A local address and port for a FULLNAT connection: addresses in turn, ports by a counter that only goes up.
 * As alibaba/LVS ip_vs_conn.c: ip_vs_get_laddr does; see docs/decisions.
 */
import { ACCEPT, DROP, type Verdict } from "../../trace/verdict.ts";
import { NONE, type Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import type { Service } from "../service.ts";

/**
 * ACCEPT; refused if the service has no local address, or the one in turn no free port towards this real server.
 * @ipvs #Y fullnat "Local addresses in turn; ports counted up from fullnat_lport_min, one that is in use towards the same server skipped"
 */
export function bindLocalAddress(path: DataPath, row: Row, service: Service): Verdict {
  const { connections, sysctl } = path.server;
  const { table } = connections;
  const { rows } = table;
  const local = service.localAddresses[service.nextLocalAddress % Math.max(1, service.localAddresses.length)];
  if (local === undefined) return DROP.noLocalPort;
  service.nextLocalAddress = (service.nextLocalAddress + 1) % service.localAddresses.length;
  const range = Math.max(1, sysctl.fullnat_lport_max - sysctl.fullnat_lport_min + 1);
  const server = rows.destinationAddress(row);
  const serverPort = rows.destinationPort(row);
  for (let attempt = 1; attempt <= Math.min(range, sysctl.fullnat_lport_tries); attempt++) {
    const port = sysctl.fullnat_lport_min + (local.portCounter++ % range);
    if (table.findAnswer(rows.protocol(row), server, serverPort, local.handle, port) === NONE) {
      connections.bindLocalAddress(row, local, port);
      path.trace?.add({ kind: "local-port", address: local.address, port, attempts: attempt });
      return ACCEPT;
    }
    local.conflicts++;
  }
  return DROP.noLocalPort;
}
