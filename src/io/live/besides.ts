/** What runs beside the dataplane: checks of servers, files that show the director, the file of its connections, the watch over its devices. */
import type { HostConfig } from "../../core/host/config/config.ts";
import type { LiveConfig } from "../config/live.ts";
import { Health } from "../health/health.ts";
import type { HealthReport } from "../health/report.ts";
import type { Log } from "../log.ts";
import { ConnectionsFile } from "./connections-file.ts";
import { LinkWatch } from "./link-watch.ts";
import type { LiveDirector } from "./live-director.ts";
import { ProcFiles } from "./proc-files.ts";
import { SwitchFiles } from "./switch-files.ts";

export interface BesidesSetup {
  readonly host: HostConfig;
  readonly live: LiveConfig;
  /** The file of its connections. */
  readonly connectionsFile: string;
  /** A folder for the files of /proc/net and /proc/sys. */
  readonly proc: string | undefined;
  readonly log: Log;
}

export class Besides {
  readonly #director: LiveDirector;
  readonly #log: Log;
  readonly #connections: ConnectionsFile;
  readonly #procFiles: ProcFiles | undefined;
  readonly #switchFiles: SwitchFiles | undefined;
  readonly #links: LinkWatch;
  #health: Health;
  #live: LiveConfig;

  constructor(director: LiveDirector, { host, live, connectionsFile, proc, log }: BesidesSetup) {
    this.#director = director;
    this.#log = log;
    this.#live = live;
    const warn = (message: string): void => log.warning(message);
    this.#connections = new ConnectionsFile(connectionsFile, director, log);
    this.#procFiles = proc === undefined ? undefined : new ProcFiles(proc, director, warn);
    this.#switchFiles = proc === undefined ? undefined : new SwitchFiles(proc, director, warn);
    this.#health = new Health(director, log);
    const links = host.interfaces.map(({ name, tap = "" }) => ({ name, tap }));
    this.#links = new LinkWatch(links, log, (name, isUp) => {
      director.ask({ kind: "link", name, isUp }).catch(() => {});
    });
  }

  /** Opens what only a privileged process may open. */
  prepare(): Promise<void> {
    return this.#health.prepare(this.#live.health);
  }

  /** Starts all of it; frames flow by then. */
  async start(): Promise<void> {
    this.#connections.every(this.#live.connectionsEvery);
    await this.#procFiles?.start();
    await this.#switchFiles?.start();
    await this.#health.watch(this.#live.health);
    this.#links.start();
  }

  /** `orderly` if the director is meant to end: nothing is left for another start. */
  async stop(orderly: boolean): Promise<void> {
    this.#links.stop();
    await this.#health.stop();
    this.#procFiles?.stop();
    this.#switchFiles?.stop();
    await this.#connections.stop(orderly);
  }

  /** Goes on after a stop. */
  async resume(): Promise<void> {
    this.#health = new Health(this.#director, this.#log);
    await this.prepare();
    await this.start();
  }

  /** Does as another configuration says. */
  async follow(live: LiveConfig): Promise<void> {
    this.#live = live;
    await this.#health.watch(live.health);
    this.#connections.every(live.connectionsEvery);
  }

  /** Brings the files of switches up to date. */
  async refreshSwitches(): Promise<void> {
    await this.#switchFiles?.refresh();
  }

  health(): HealthReport {
    return this.#health.report();
  }

  /** Exposition text. */
  metrics(): string {
    return this.#health.metrics();
  }
}
