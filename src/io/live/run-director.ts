/** A live director from its configuration to its end: devices, dataplane, control socket, signals. */
import { randomInt } from "node:crypto";
import { chownSync } from "node:fs";
import type { Server } from "node:http";
import { dirname } from "node:path";
import type { DirectorConfig } from "../../core/host/config.ts";
import { readSysctl } from "../../core/host/sysctls.ts";
import type { LiveConfig } from "../config/live.ts";
import { describeConfigError, readConfig } from "../config.ts";
import { serveControl } from "../control/server.ts";
import { socketOf } from "../control/socket-path.ts";
import { Health } from "../health/health.ts";
import type { Log } from "../log.ts";
import { DeviceError } from "../system/errors.ts";
import { monotonicMicroseconds, notify, watchdogInterval } from "../system/notify.ts";
import { becomeUser, userEntry } from "../system/privileges.ts";
import { systemError } from "../system-error.ts";
import { closeDevices } from "./devices.ts";
import { AlreadyRunning, removeFile, unlockInstance } from "./instance-lock.ts";
import { LiveDirector } from "./live-director.ts";
import { type Prepared, prepare } from "./preparation.ts";
import { ProcFiles } from "./proc-files.ts";
import { directorName, type ProcessFacts, processFacts, processMetrics } from "./process-facts.ts";
import { controlRoutes } from "./routes.ts";
import { readState, StateFile } from "./state-file.ts";

export interface RunOptions {
  readonly configFile: string;
  readonly config: DirectorConfig;
  readonly live: LiveConfig;
  readonly log: Log;
  /** Overrides the configuration's. */
  readonly socket?: string;
  readonly offloads: boolean;
  /** A capture to write, `-` for standard output. */
  readonly capture?: string;
  /** Explains the packets that pass this filter, one line of JSON each. */
  readonly trace?: { readonly filter: string; readonly take: (line: string) => void };
  /** A folder for the files of /proc/net. */
  readonly proc?: string;
  /** Begins with the rules of the state file, if there is one. */
  readonly restore: boolean;
  readonly stateFile?: string;
}

/** How a run ended: in order, because another director is in the way, or without a device or privilege that it needs. */
export type RunEnd = "stopped" | "already-running" | "no-device";

/** Runs a director until a signal ends it. What is wrong with the machine is logged. */
export async function runDirector(options: RunOptions): Promise<RunEnd> {
  const socket = options.socket ?? options.live.socket ?? socketOf(directorName(options.configFile));
  try {
    await new Run(options, socket, prepare({ ...options, socket })).untilItEnds();
    return "stopped";
  } catch (error) {
    if (!(error instanceof DeviceError || error instanceof AlreadyRunning)) throw error;
    options.log.error(error.message);
    return error instanceof DeviceError ? "no-device" : "already-running";
  }
}

class Run {
  readonly #options: RunOptions;
  readonly #prepared: Prepared;
  readonly #socket: string;
  readonly #director: LiveDirector;
  readonly #state: StateFile;
  readonly #procFiles: ProcFiles | undefined;
  readonly #facts: ProcessFacts;
  readonly #health: Health;
  #server: Server | undefined;
  /** Switches that were said to have none. */
  readonly #withoutEffect = new Set<string>();
  /** The last reload, or the start: one thing after the other. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(options: RunOptions, socket: string, prepared: Prepared) {
    this.#options = options;
    this.#socket = socket;
    this.#prepared = prepared;
    const { config: host, configFile, log, offloads, capture, proc } = options;
    const warn = (message: string): void => log.warning(message);
    const descriptors = prepared.devices.map(({ descriptor }) => descriptor);
    this.#director = new LiveDirector({ host, descriptors, offloads, seed: randomInt(0x7fffffff), capture }, warn);
    const stateFile = options.stateFile ?? `${socket.replace(/\.sock$/, "")}.rules`;
    this.#state = new StateFile(stateFile, () => this.#director.ask({ kind: "state" }), warn);
    this.#procFiles = proc === undefined ? undefined : new ProcFiles(proc, this.#director, warn);
    this.#health = new Health(this.#director, log);
    this.#facts = processFacts(configFile);
  }

  /** Rejects with DeviceError if the start fails, or a device goes away. */
  async untilItEnds(): Promise<void> {
    const { log } = this.#options;
    const signal = endSignal();
    let orderly = false;
    try {
      const started = this.#start();
      this.#busy = started;
      process.on("SIGHUP", () => this.#reload().catch((error: Error) => log.error(`reload: ${error.message}`)));
      await started;
      log.notice("ready");
      notify("READY=1", `STATUS=${this.#statusLine()}`);
      await Promise.race([signal, this.#director.ended]);
      orderly = true;
    } finally {
      notify("STOPPING=1");
      log.notice("stopping");
      await this.#stop(orderly);
    }
  }

  async #start(): Promise<void> {
    const { live, log, trace } = this.#options;
    await Promise.race([this.#director.ready, this.#director.ended]);
    await this.#loadRules();
    removeFile(this.#socket);
    this.#server = await this.#serve();
    log.info(`control socket ${this.#socket}`);
    await this.#health.prepare(live.health);
    if (live.user !== undefined) this.#becomeUser(live.user);
    await this.#state.save();
    await this.#procFiles?.start();
    await this.#health.watch(live.health);
    if (trace !== undefined) await this.#director.follow(trace.filter, trace.take);
    this.#startWatchdog();
  }

  async #serve(): Promise<Server> {
    const routes = controlRoutes({
      facts: this.#facts,
      director: this.#director,
      health: () => this.#health.report(),
      moreMetrics: () => `${processMetrics(this.#facts)}${this.#health.metrics()}`,
      changed: () => this.#state.save(),
      reload: () => this.#reload(),
    });
    try {
      return await serveControl(this.#socket, routes, (message) => this.#options.log.error(message));
    } catch (error) {
      const failure = systemError(error);
      if (failure === undefined) throw error;
      throw new DeviceError(failure.code, `${this.#socket}: ${failure.text}`);
    }
  }

  /** Those of the state file, if they are wanted and there, else the configuration's. */
  async #loadRules(): Promise<void> {
    const { config, log, restore } = this.#options;
    const restored = restore ? readState(this.#state.file) : undefined;
    if (restored !== undefined) {
      const { refused } = await this.#director.ask({ kind: "reload", host: config, rules: restored });
      for (const { line, message } of refused) log.warning(`${this.#state.file}:${line}: ${message}`);
      if (refused.length === 0) {
        log.info(`rules restored from ${this.#state.file}`);
        return;
      }
    }
    for (const problem of await this.#takeOver(config)) log.warning(problem);
  }

  /** Makes a configuration the one in force; resolves to what is wrong with it. */
  async #takeOver(config: DirectorConfig): Promise<string[]> {
    const { file, firstLine, lines } = config.rules;
    const { refused, obstacle } = await this.#director.ask({ kind: "reload", host: config, rules: lines });
    const problems = refused.map(({ line, message }) => `${file}:${firstLine + line - 1}: ${message}`);
    if (refused.length > 0) problems.push(`${file}: none of the rules are in force because of that`);
    if (obstacle !== undefined) problems.push(`${this.#options.configFile}: ${obstacle}: that needs a restart`);
    this.#sayWhatHasNoEffect(config);
    return problems;
  }

  /** Switches that are taken and mean nothing here; each is said once. */
  #sayWhatHasNoEffect({ interfaces, sysctl }: DirectorConfig): void {
    const devices = interfaces.map(({ name }) => name);
    for (const [name, value] of Object.entries(sysctl)) {
      if (this.#withoutEffect.has(name) || readSysctl(name, value, devices).outcome !== "without effect") continue;
      this.#withoutEffect.add(name);
      this.#options.log.notice(`${this.#options.configFile}: ${name} has no effect here`);
    }
  }

  /** The socket and what lies beside it go to the user, and the folder, too, if it was made for them. */
  #becomeUser(user: string | number): void {
    const entry = userEntry(user);
    const { file, ownFolder } = this.#prepared.lock;
    if (entry !== undefined) {
      const folder = ownFolder ? [dirname(this.#socket)] : [];
      for (const path of [this.#socket, file, ...folder]) chownSync(path, entry.uid, entry.gid);
    }
    becomeUser(user);
    this.#options.log.info(`running as user ${user}`);
  }

  #reload(): Promise<readonly string[]> {
    const reloaded = this.#busy.then(() => this.#reloadOnce());
    this.#busy = reloaded.catch(() => {});
    return reloaded;
  }

  async #reloadOnce(): Promise<readonly string[]> {
    const { configFile, log } = this.#options;
    notify("RELOADING=1", `MONOTONIC_USEC=${monotonicMicroseconds()}`);
    const result = readConfig(configFile);
    const wrong = result.kind === "errors";
    const problems = wrong ? result.errors.map(describeConfigError) : await this.#takeOver(result.config);
    if (!wrong) await this.#health.watch(result.live.health);
    for (const problem of problems) log.warning(problem);
    log.notice(problems.length === 0 ? "reloaded" : "reloaded, with problems");
    await this.#state.save();
    notify("READY=1", `STATUS=${this.#statusLine()}`);
    return problems;
  }

  /** Tells the watchdog that all is well, but only as long as the dataplane answers. */
  #startWatchdog(): void {
    const interval = watchdogInterval();
    if (interval === undefined) return;
    const alive = (): void => void notify("WATCHDOG=1");
    const timer = setInterval(() => this.#director.ask({ kind: "status" }).then(alive, () => {}), interval);
    timer.unref();
  }

  #statusLine(): string {
    const { interfaces } = this.#options.config;
    return `directing on ${interfaces.map(({ name, tap }) => `${name} (${tap})`).join(", ")}`;
  }

  /**
   * In the reverse order of the start; what was created is removed. Rules are kept for a restart unless this end is
   * what somebody wanted.
   */
  async #stop(orderly: boolean): Promise<void> {
    await this.#health.stop();
    this.#procFiles?.stop();
    this.#server?.close();
    this.#server?.closeAllConnections();
    await this.#director.ask({ kind: "stop" }).catch(() => {});
    await this.#director.ended.catch(() => {});
    if (orderly) this.#state.remove();
    closeDevices(this.#prepared.devices);
    unlockInstance(this.#prepared.lock);
  }
}

/** Resolves when a signal asks for the end. */
function endSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}
