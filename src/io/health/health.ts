/** All health checks of a director. */
import { expositionText } from "../../core/metrics/exposition.ts";
import type { HealthCheck } from "../config/live.ts";
import type { LiveDirector } from "../live/live-director.ts";
import type { Log } from "../log.ts";
import { Prober } from "./prober.ts";
import type { HealthReport } from "./report.ts";
import { Watcher } from "./watcher.ts";

export class Health {
  readonly #director: LiveDirector;
  readonly #log: Log;
  readonly #prober = new Prober();
  #watchers: { readonly check: string; readonly watcher: Watcher }[] = [];

  constructor(director: LiveDirector, log: Log) {
    this.#director = director;
    this.#log = log;
  }

  /** Opens what the checks need and only a privileged process may open; what fails is told when a check is made. */
  async prepare(checks: readonly HealthCheck[]): Promise<void> {
    await Promise.all(checks.map(({ kind, netns }) => this.#prober.prepare(kind, netns).catch(() => {})));
  }

  /** Makes these the checks: those that were so before go on, others end, and their servers are put back. */
  async watch(checks: readonly HealthCheck[]): Promise<void> {
    const wanted = new Map(checks.map((check) => [JSON.stringify(check), check]));
    for (const { check, watcher } of this.#watchers) if (!wanted.has(check)) await watcher.stop(true);
    const kept = this.#watchers.filter(({ check }) => wanted.has(check));
    for (const { check } of kept) wanted.delete(check);
    const added = [...wanted].map(([check, what]) => ({
      check,
      watcher: new Watcher(what, this.#director, this.#prober, this.#log),
    }));
    this.#watchers = [...kept, ...added];
    for (const { watcher } of added) watcher.start();
  }

  /** The director ends: servers are left as they are. */
  async stop(): Promise<void> {
    await Promise.all(this.#watchers.map(({ watcher }) => watcher.stop(false)));
    this.#prober.close();
  }

  report(): HealthReport {
    const watchers = this.#watchers.map(({ watcher }) => watcher);
    return {
      v: 1,
      servers: watchers.flatMap((watcher) => watcher.reports()),
      sorry: watchers.filter(({ sorry }) => sorry).map(({ service }) => service),
    };
  }

  /** Exposition text. */
  metrics(): string {
    const { servers, sorry } = this.report();
    const samples = (figureOf: (report: (typeof servers)[number]) => number) =>
      servers.map((report) => ({
        labels: { service: report.service, destination: report.server },
        value: figureOf(report),
      }));
    return expositionText([
      {
        name: "tapvs_health_up",
        type: "gauge",
        help: "Whether a checked server is taken for up; one of which too little is known counts as up.",
        samples: samples(({ state }) => (state === "down" ? 0 : 1)),
      },
      {
        name: "tapvs_health_checks_total",
        type: "counter",
        help: "Checks of a server.",
        samples: samples(({ checks }) => checks),
      },
      {
        name: "tapvs_health_failures_total",
        type: "counter",
        help: "Checks of a server that failed.",
        samples: samples(({ failures }) => failures),
      },
      {
        name: "tapvs_health_sorry",
        type: "gauge",
        help: "Services whose sorry server stands in.",
        samples: sorry.map((service) => ({ labels: { service }, value: 1 })),
      },
    ]);
  }
}
