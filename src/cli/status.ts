/** `tapvs status`: what the running director is, and how it is doing. */

import { Command } from "commander";
import { amount } from "../core/amount.ts";
import { VRRP_CAUSES } from "../core/explain/decode/vrrp.ts";
import type { RouterFigures } from "../core/metrics/vrrp-metrics.ts";
import type { HealthReport } from "../io/health/report.ts";
import type { DirectorStatus } from "../io/live/messages.ts";
import type { ProcessFacts } from "../io/live/process-facts.ts";
import { print, printJson } from "./output.ts";
import { getOrFail, socketOrFail } from "./running-director.ts";

type Status = ProcessFacts & DirectorStatus;

interface StatusFlags {
  readonly socket?: string;
  readonly json?: true;
}

export function statusCommand(): Command {
  return new Command("status")
    .description("Shows the running director: its ports, what became of packets, and the state of checked servers.")
    .option("--socket <path>", "control socket (default: TAPVS_SOCKET, or the only one there is)")
    .option("--json", "one JSON document")
    .action(status);
}

async function status({ socket, json }: StatusFlags): Promise<void> {
  const path = await socketOrFail(socket);
  const found = await getOrFail<Status>(path, "/v1/status");
  const health = await getOrFail<HealthReport>(path, "/v1/health");
  if (json) printJson({ ...found, health: health.servers });
  else print(`${statusText(found, Date.now())}${healthText(health)}`);
}

const CALLS: Readonly<Record<Status["calls"], string>> = {
  io_uring: "frames come in and leave by io_uring, many with a call",
  "read and write": "frames come in and leave by read and write, each with a call of its own",
};

/** Several lines; `now` in milliseconds since 1970. */
export function statusText(status: Status, now: number): string {
  const { name, pid, version, config, since, services, destinations, connections, ports, calls, verdicts } = status;
  const { addresses, routes, changedByHand, ha } = status;
  const packets = Object.entries(verdicts).toSorted(([, a], [, b]) => b - a);
  const width = Math.max(...ports.map((port) => port.name.length), 4);
  return [
    `director ${name}, process ${pid}, up ${duration(now - since)}, tapvs ${version}, ${config}`,
    `${amount(services, "service")}, ${amount(destinations, "real server")}, ${amount(connections, "connection entry", "connection entries")}`,
    ...ports.map(
      (port) =>
        `${port.name.padEnd(width)}  received ${traffic(port.received, port.receivedBytes)}; sent ${traffic(port.sent, port.sentBytes)}${port.sendErrors > 0 ? `; ${port.sendErrors} not taken` : ""}`,
    ),
    ...ports.map((port) => `${port.name.padEnd(width)}  ${addresses[port.name]?.join(", ") || "no address"}`),
    CALLS[calls],
    ...routes.map((route) => `route ${route}`),
    ...ha.map(routerText),
    ...(changedByHand ? [`addresses or routes were changed by hand: they stay until ${config} is read again`] : []),
    `packets: ${packets.length === 0 ? "none yet" : packets.map(([verdict, count]) => `${verdict} ${count}`).join(", ")}`,
    "",
  ].join("\n");
}

/** `VRRP eth0 51: master for 00:01:02, priority 150: why; 10.1.0.100`. */
export const routerText = (router: RouterFigures): string =>
  `VRRP ${router.interface} ${router.id}: ${router.state} for ${duration(router.seconds * 1000)}, priority ${router.priority}: ${VRRP_CAUSES[router.cause]}; ${router.addresses.join(", ")}`;

function healthText({ servers }: HealthReport): string {
  return servers
    .map(
      ({ service, server, state, failures, last }) =>
        `${service}  ${server}  ${state}${failures > 0 ? `, ${amount(failures, "check")} failed` : ""}${last === "" ? "" : `: ${last}`}\n`,
    )
    .join("");
}

const traffic = (frames: number, bytes: number): string => `${amount(frames, "frame")}, ${amount(bytes, "byte")}`;

/** `3 d 04:05:06`, without the days on the first. */
function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const days = Math.floor(seconds / 86_400);
  return days === 0 ? clock : `${days} d ${clock}`;
}
