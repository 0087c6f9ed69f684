/** Where frames are between two hosts at a moment. */
import { directorTalkIn } from "../../../core/explain/decode/between-directors.ts";
import { factsOf } from "../../../core/explain/decode/facts.ts";
import { SERVICE_PORT } from "../../../core/simulator/layout.ts";
import type { Hop } from "../../../core/simulator/network.ts";
import type { Topology } from "../../../core/simulator/topologies.ts";

/** What kind of frame it is, as colours tell: towards the service, back from it, about an error, looking for a neighbor, between directors. */
export type FrameTone = "request" | "reply" | "icmp" | "arp" | "peer";

export interface MovingFrame {
  readonly hop: Hop;
  readonly to: string;
  /** 0 at the sender, 1 at the receiver. */
  readonly progress: number;
}

/** No frame takes longer, in microseconds. */
const LONGEST_FLIGHT = 1000;

/** When the frame comes to a host. */
export function arrivalOf({ network }: Topology, hop: Hop, host: string): number {
  const segment = network.segments.find(({ name }) => name === hop.segment);
  const plug = segment?.plugs.find((candidate) => candidate.host === host);
  return hop.time + (segment?.latency ?? 0) + (plug?.delay ?? 0);
}

/** The hops that were sent at `since` or later, newest first. They are in the order of their times. */
function* hopsSince(hops: readonly Hop[], since: number): Generator<Hop> {
  for (let index = hops.length - 1; index >= 0; index--) {
    const hop = hops[index];
    if (hop === undefined || hop.time < since) return;
    yield hop;
  }
}

/** The frames in flight at `time`, oldest first; `most` of the newest. */
export function movingFrames(topology: Topology, time: number, most = Number.POSITIVE_INFINITY): MovingFrame[] {
  const frames: MovingFrame[] = [];
  for (const hop of hopsSince(topology.network.hops, time - LONGEST_FLIGHT)) {
    if (hop.time > time) continue;
    for (const to of hop.to) {
      const arrival = arrivalOf(topology, hop, to);
      if (arrival > time) frames.push({ hop, to, progress: (time - hop.time) / (arrival - hop.time) });
    }
    if (frames.length >= most) break;
  }
  return frames.reverse();
}

/** The hops that came to their last receiver at `time`, and those that had none. */
export const completedAt = ({ network }: Topology, time: number): Hop[] =>
  [...hopsSince(network.hops, time - LONGEST_FLIGHT)].filter((hop) => completionOf(hop) === time).reverse();

/** When the last receiver got it; `undefined` while one has not. */
export function completionOf({ time, to, receptions }: Hop): number | undefined {
  return receptions.length < to.length ? undefined : Math.max(time, ...receptions.map((reception) => reception.time));
}

export function toneOf(bytes: Uint8Array): FrameTone {
  const facts = factsOf(bytes);
  const transport = facts?.ip?.transport;
  if (facts?.arp !== undefined) return "arp";
  if (transport?.kind === "icmp") return "icmp";
  if (facts !== undefined && directorTalkIn(facts, bytes) !== undefined) return "peer";
  return transport !== undefined && transport.sourcePort === SERVICE_PORT ? "reply" : "request";
}
