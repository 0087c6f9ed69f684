/** Runs a request through a built-in network, and says what was seen of it. */
import { factsOf } from "../../../src/core/explain/decode/facts.ts";
import { flowLine } from "../../../src/core/explain/summary.ts";
import { type FaultName, faultOf } from "../../../src/core/simulator/faults.ts";
import type { Mode } from "../../../src/core/simulator/layout.ts";
import type { Hop } from "../../../src/core/simulator/network.ts";
import { buildTopology, request, type Topology } from "../../../src/core/simulator/topologies.ts";
import type { WebEnd } from "../../../src/core/simulator/web.ts";
import { AF_INET, type Family } from "../../../src/core/wire/address.ts";

export interface Seen {
  readonly topology: Topology;
  readonly end: WebEnd;
  /** `client > director 12.11.0.10:40000 > 12.11.0.101:80 TCP S`, ARP left out. */
  readonly packets: readonly string[];
}

export interface RunOptions {
  readonly family?: Family;
  readonly faults?: readonly FaultName[];
}

export function run(mode: Mode, { family = AF_INET, faults = [] }: RunOptions = {}): Seen {
  const topology = buildTopology(mode, { family, faults });
  const padding = Math.max(0, ...faults.map((name) => faultOf(name, mode, family)?.padding ?? 0));
  const client = request(topology, padding);
  topology.network.run();
  return { topology, end: client.end, packets: packetsOf(topology.network.hops) };
}

export const packetsOf = (hops: readonly Hop[]): string[] =>
  hops.flatMap(({ from, to, bytes }) => {
    const packet = factsOf(bytes)?.ip;
    return packet === undefined ? [] : [`${from} > ${to.join(",")} ${flowLine(packet)}`];
  });

/** What the director counted: its listing of services with exact numbers, when its estimator has summed them up. */
export function statistics({ director, network }: Topology): string {
  network.runUntil(network.now + 4_000_000);
  return director.ipvsadm("-Ln --stats --exact");
}

/** Verdicts of a host on what it got, in order, without those of ARP. */
export const verdictsOf = ({ network }: Topology, host: string): string[] =>
  network.hops.flatMap(({ bytes, receptions }) =>
    factsOf(bytes)?.ip === undefined
      ? []
      : receptions.filter((entry) => entry.host === host).map(({ verdict }) => verdict),
  );
