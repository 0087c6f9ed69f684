/** Directors and packets for tests of replays. */
import type { Packet } from "../../../src/core/capture/packet.ts";
import type { DirectorConfig } from "../../../src/core/host/config/config.ts";
import { parseConfig } from "../../../src/io/config.ts";

export const ETH0 = "02:00:00:0d:00:01";
export const ETH1 = "02:00:00:0d:00:02";
export const CLIENT = "02:00:00:0c:00:01";

/** Two ports, as in the lab nat; further keys of director.yaml may follow. */
export function twoPorts(more = ""): DirectorConfig {
  const text = `interfaces:
  - {name: eth0, tap: tapvs0, mac: "${ETH0}", addresses: [10.1.0.254/24, 10.1.0.100/32]}
  - {name: eth1, mac: "${ETH1}", addresses: [10.2.0.1/24]}
${more}`;
  const result = parseConfig(text, "director.yaml");
  if (result.kind === "errors") throw new Error(result.errors.map(({ message }) => message).join("\n"));
  return result.config;
}

/** A packet as the reader hands it over; `time` in microseconds. */
export const packet = (bytes: Uint8Array, time: number, name?: string, record = 1): Packet => ({
  interface: { index: 0, name, linkType: 1, snapLength: 0 },
  time: Math.floor(time),
  nanoseconds: Math.round((time % 1) * 1000),
  timestamped: true,
  bytes,
  originalLength: bytes.length,
  direction: undefined,
  offset: 0,
  record,
});
