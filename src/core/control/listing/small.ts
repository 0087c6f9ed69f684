/** The short listings: timeouts, daemons, and pools of local addresses. */
import type { Timeouts } from "../../ipvs/protocols/timeouts.ts";
import type { Service } from "../../ipvs/service.ts";
import type { SyncDaemon } from "../../ipvs/sync/daemon.ts";
import { formatAddress } from "../../wire/address.ts";
import { endpointText } from "./endpoint-text.ts";

/** `-L --timeout`. */
export function timeoutsText(timeouts: Timeouts): string {
  const { tcp, tcpFin, udp } = timeouts.shown();
  return `Timeout (tcp tcpfin udp): ${tcp} ${tcpFin} ${udp}\n`;
}

/** `-L --daemon`: nothing if none runs. */
export const daemonsText = (daemons: readonly SyncDaemon[]): string =>
  daemons
    .map(({ state, mcastInterface, syncId, maxLength, group, port, ttl }) => {
      const traits = [`mcast=${mcastInterface}`, `syncid=${syncId}`, `maxlen=${maxLength}`];
      traits.push(`group=${formatAddress(group)}`, `port=${port}`, `ttl=${ttl}`);
      return `${state} sync daemon (${traits.join(", ")})\n`;
    })
    .join("");

const WIDTHS: readonly number[] = [20, 8, 20, 10, 10];
const row = (...cells: readonly (string | number)[]): string =>
  `${cells.map((cell, index) => String(cell).padEnd(WIDTHS[index] ?? 0)).join(" ")}\n`;

/**
 * `-G`: each service with the number of its local addresses, and a line for each of those. The layout is that of DPVS
 * and alibaba/LVS, numbers throughout; no titles where there is no service.
 */
export function localAddressesText(services: readonly Service[]): string {
  if (services.length === 0) return "";
  const titles = row("VIP:VPORT", "TOTAL", "SNAT_IP", "CONFLICTS", "CONNS");
  return titles + services.map(poolText).join("");
}

function poolText(service: Service): string {
  const name =
    service.fwmark !== 0
      ? `FWM ${service.fwmark}`
      : endpointText(service.address, service.port, service.protocol, undefined);
  const title = `${name.padEnd(20)} ${String(service.localAddresses.length).padEnd(8)} \n`;
  const lines = service.localAddresses.map((local) =>
    row("", "", formatAddress(local.address), local.conflicts, local.connections),
  );
  return title + lines.join("");
}
