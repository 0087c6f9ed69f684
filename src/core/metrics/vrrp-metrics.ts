/** What virtual routers tell: where each stands, since when and why, and what it heard. */
import type { VrrpCause, VrrpFault, VrrpState } from "../trace/events.ts";
import type { Metric } from "./exposition.ts";

export interface RouterFigures {
  readonly interface: string;
  readonly id: number;
  readonly version: number;
  readonly priority: number;
  readonly addresses: readonly string[];
  readonly state: VrrpState;
  readonly cause: VrrpCause;
  /** Seconds in this state. */
  readonly seconds: number;
  readonly takeovers: number;
  readonly sent: number;
  readonly received: number;
  readonly refused: Readonly<Partial<Record<VrrpFault, number>>>;
}

const STATES: readonly VrrpState[] = ["initialize", "backup", "master", "fault"];

export function vrrpMetrics(routers: readonly RouterFigures[]): Metric[] {
  if (routers.length === 0) return [];
  const labels = (router: RouterFigures) => ({ interface: router.interface, id: String(router.id) });
  const counter = (name: string, help: string, figureOf: (router: RouterFigures) => number): Metric => ({
    name: `tapvs_vrrp_${name}_total`,
    type: "counter",
    help,
    samples: routers.map((router) => ({ labels: labels(router), value: figureOf(router) })),
  });
  return [
    {
      name: "tapvs_vrrp_state",
      type: "gauge",
      help: "1 for the state that a virtual router is in, 0 for the others.",
      samples: routers.flatMap((router) =>
        STATES.map((state) => ({ labels: { ...labels(router), state }, value: state === router.state ? 1 : 0 })),
      ),
    },
    counter("takeovers", "How often a virtual router became master.", ({ takeovers }) => takeovers),
    counter("advertisements_sent", "Advertisements of a virtual router.", ({ sent }) => sent),
    counter("advertisements_received", "Advertisements that a virtual router believed.", ({ received }) => received),
    {
      name: "tapvs_vrrp_advertisements_refused_total",
      type: "counter",
      help: "Advertisements that a virtual router did not believe, by why.",
      samples: routers.flatMap((router) =>
        Object.entries(router.refused).map(([why, value]) => ({ labels: { ...labels(router), why }, value })),
      ),
    },
  ];
}
