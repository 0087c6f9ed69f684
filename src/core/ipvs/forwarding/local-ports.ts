/**
 * A local address and port for a FULLNAT connection: addresses in turn, ports by a counter that only goes up.
 * As alibaba/LVS ip_vs_conn.c: ip_vs_get_laddr does; see docs/decisions.
 */
import { ACCEPT, DROP, type Verdict } from "../../trace/verdict.ts";
import type { Family } from "../../wire/address.ts";
import { familyOf } from "../../wire/address-table.ts";
import { NONE, type Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import type { LocalAddress } from "../local-address.ts";
import type { Service } from "../service.ts";

/**
 * ACCEPT; refused if the service has no local address, or the one in turn no free port towards this real server.
 * @ipvs #Y fullnat "Local addresses in turn; ports counted up from fullnat_lport_min, one that is in use towards the same server skipped"
 */
export function bindLocalAddress(path: DataPath, row: Row, service: Service): Verdict {
  const { connections, sysctl } = path.server;
  const { table } = connections;
  const { rows } = table;
  const local = takeTurn(service, familyOf(rows.destinationAddress(row)));
  if (local === undefined) return DROP.noLocalPort;
  const range = Math.max(1, sysctl.fullnat_lport_max - sysctl.fullnat_lport_min + 1);
  const server = rows.destinationAddress(row);
  const serverPort = rows.destinationPort(row);
  for (let attempt = 1; attempt <= Math.min(range, sysctl.fullnat_lport_tries); attempt++) {
    const port = sysctl.fullnat_lport_min + (local.portCounter++ % range);
    if (table.findAnswer(rows.protocol(row), server, serverPort, local.handle, port) === NONE) {
      connections.localAddresses.bind(row, local, port);
      path.trace?.add({ kind: "local-port", address: local.address, port, attempts: attempt });
      return ACCEPT;
    }
    local.conflicts++;
  }
  return DROP.noLocalPort;
}

/** The next local address of the real server's family; undefined if there is none. */
function takeTurn(service: Service, family: Family): LocalAddress | undefined {
  const pool = service.localAddresses;
  for (let left = pool.length; left > 0; left--) {
    const local = pool[service.nextLocalAddress % pool.length];
    service.nextLocalAddress = (service.nextLocalAddress + 1) % pool.length;
    if (local?.address.family === family) return local;
  }
  return undefined;
}
