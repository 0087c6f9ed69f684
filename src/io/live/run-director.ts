/** A live director from its configuration to its end: devices, dataplane, control socket, signals. */
import { randomInt } from "node:crypto";
import { chownSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import { basename, dirname } from "node:path";
import type { DirectorConfig } from "../../core/director/config.ts";
import { expositionText } from "../../core/metrics/exposition.ts";
import type { LiveConfig } from "../config/live.ts";
import { describeConfigError, readConfig } from "../config.ts";
import { serveControl } from "../control/server.ts";
import { socketOf } from "../control/socket-path.ts";
import { Health } from "../health/health.ts";
import type { Log } from "../log.ts";
import { DeviceError } from "../system/errors.ts";
import { systemError } from "../system-error.ts";
import { monotonicMicroseconds, notify, watchdogInterval } from "../system/notify.ts";
import {
  becomeUser,
  CAP_NET_ADMIN,
  CAP_NET_RAW,
  CAP_SYS_ADMIN,
  hasMoreThan,
  restartWithout,
  takeHandover,
  userEntry,
} from "../system/privileges.ts";
import type { TapDevice } from "../tap/tap-device.ts";
import { closeDevices, openDevices } from "./devices.ts";
import { AlreadyRunning, type InstanceLock, lockInstance, removeFile, unlockInstance } from "./instance-lock.ts";
import { LiveDirector } from "./live-director.ts";
import { ProcFiles } from "./proc-files.ts";
import { controlRoutes, type ProcessFacts } from "./routes.ts";
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

/** How a run ended. */
export type RunEnd = "stopped" | "failed" | "no-device";

/** The name of a director: that of its configuration file. */
export const directorName = (configFile: string): string => basename(configFile).replace(/\.ya?ml$/, "");

/** What a director holds before its first frame, and what survives its giving up privileges. */
interface Held {
  readonly lock: InstanceLock;
  readonly devices: readonly TapDevice[];
}

/** Runs a director until a signal ends it. */
export async function runDirector(options: RunOptions): Promise<RunEnd> {
  try {
    return await new Run(options, prepare(options)).untilItEnds();
  } catch (error) {
    if (error instanceof DeviceError) {
      options.log.error(error.message);
      return "no-device";
    }
    if (error instanceof AlreadyRunning) {
      options.log.error(error.message);
      return "failed";
    }
    throw error;
  }
}

function socketPath({ socket, live, configFile }: RunOptions): string {
  return socket ?? live.socket ?? socketOf(directorName(configFile));
}

/** Lock and devices; and, unless the configuration names a user, no privileges beyond what they need. */
function prepare(options: RunOptions): Held {
  const handed = takeHandover() as Held | undefined;
  if (handed !== undefined) return handed;
  const { config, live, log, offloads } = options;
  const lock = lockInstance(socketPath(options));
  try {
    const devices = openDevices(config, offloads);
    for (const { name, created } of devices) log.info(`${created ? "created" : "attached to"} TAP device ${name}`);
    const held: Held = { lock, devices };
    const kept = capabilitiesFor(live);
    if (live.user === undefined && hasMoreThan(kept)) {
      restartWithout(kept, held, [lock.descriptor, ...devices.map(({ descriptor }) => descriptor)]);
    }
    return held;
  } catch (error) {
    unlockInstance(lock);
    throw error;
  }
}

/** ICMP checks need raw sockets, checks from another namespace the right to enter it. */
function capabilitiesFor({ health }: LiveConfig): number[] {
  const kept = [CAP_NET_ADMIN];
  if (health.some(({ kind }) => kind === "icmp")) kept.push(CAP_NET_RAW);
  if (health.some(({ netns }) => netns !== undefined)) kept.push(CAP_SYS_ADMIN);
  return kept;
}

class Run {
  readonly #options: RunOptions;
  readonly #held: Held;
  readonly #socket: string;
  readonly #director: LiveDirector;
  readonly #state: StateFile;
  readonly #procFiles: ProcFiles | undefined;
  readonly #facts: ProcessFacts;
  readonly #health: Health;
  #server: Server | undefined;
  #reloading: Promise<readonly string[]> = Promise.resolve([]);

  constructor(options: RunOptions, held: Held) {
    this.#options = options;
    this.#held = held;
    const { config, configFile, log, offloads, capture, proc } = options;
    const warn = (message: string): void => log.warning(message);
    this.#socket = socketPath(options);
    this.#director = new LiveDirector(
      {
        host: config,
        descriptors: held.devices.map(({ descriptor }) => descriptor),
        offloads,
        rules: [],
        seed: randomInt(0x7fffffff),
        capture,
      },
      warn,
    );
    const stateFile = options.stateFile ?? `${this.#socket.replace(/\.sock$/, "")}.rules`;
    this.#state = new StateFile(stateFile, () => this.#director.ask({ kind: "state" }), warn);
    this.#procFiles = proc === undefined ? undefined : new ProcFiles(proc, this.#director, warn);
    this.#health = new Health(this.#director, log);
    const name = directorName(configFile);
    this.#facts = { name, config: configFile, version: packageVersion(), pid: process.pid, since: Date.now() };
  }

  async untilItEnds(): Promise<RunEnd> {
    const { log } = this.#options;
    const signal = endSignal();
    try {
      await this.#start();
    } catch (error) {
      await this.#stop();
      throw error;
    }
    log.notice("ready");
    notify("READY=1", `STATUS=${this.#statusLine()}`);
    const watchdog = this.#startWatchdog();
    process.on("SIGHUP", () => void this.#reload());
    try {
      await Promise.race([signal, this.#director.ended]);
    } finally {
      clearInterval(watchdog);
      notify("STOPPING=1");
      log.notice("stopping");
      await this.#stop();
    }
    // Where a device is gone, the race has thrown.
    return "stopped";
  }

  async #start(): Promise<void> {
    const { live, log, trace } = this.#options;
    await this.#director.ready;
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
  }

  async #serve(): Promise<Server> {
    const routes = controlRoutes({
      facts: this.#facts,
      director: this.#director,
      health: () => this.#health.report(),
      moreMetrics: () => this.#metrics(),
      changed: () => this.#state.save(),
      reload: () => this.#reload(),
    });
    try {
      return await serveControl(this.#socket, routes);
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
      log.info(`rules restored from ${this.#state.file}`);
      const { refused } = await this.#director.ask({ kind: "reload", host: config, rules: restored });
      for (const { line, message } of refused) log.warning(`${this.#state.file}:${line}: ${message}`);
      if (refused.length === 0) return;
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
    return problems;
  }

  /** The socket and what lies beside it go to the user, who is to remove them in the end. */
  #becomeUser(user: string | number): void {
    const entry = userEntry(user);
    if (entry !== undefined) {
      const folder = this.#held.lock.ownFolder ? [dirname(this.#socket)] : [];
      for (const file of [this.#socket, this.#held.lock.file, ...folder]) chownSync(file, entry.uid, entry.gid);
    }
    becomeUser(user);
    this.#options.log.info(`running as user ${user}`);
  }

  /** One reload after the other. */
  #reload(): Promise<readonly string[]> {
    this.#reloading = this.#reloading.then(() => this.#reloadOnce());
    return this.#reloading;
  }

  async #reloadOnce(): Promise<readonly string[]> {
    const { configFile, log } = this.#options;
    notify("RELOADING=1", `MONOTONIC_USEC=${monotonicMicroseconds()}`);
    const result = readConfig(configFile);
    const problems =
      result.kind === "errors" ? result.errors.map(describeConfigError) : await this.#takeOver(result.config);
    if (result.kind === "config") await this.#health.watch(result.live.health);
    for (const problem of problems) log.warning(problem);
    log.notice(problems.length === 0 ? "reloaded" : "reloaded, with problems");
    await this.#state.save();
    notify("READY=1", `STATUS=${this.#statusLine()}`);
    return problems;
  }

  /** Tells the watchdog that all is well, but only as long as the dataplane answers. */
  #startWatchdog(): NodeJS.Timeout | undefined {
    const interval = watchdogInterval();
    if (interval === undefined) return undefined;
    return setInterval(() => {
      this.#director.ask({ kind: "status" }).then(
        () => notify("WATCHDOG=1"),
        () => {},
      );
    }, interval);
  }

  #statusLine(): string {
    const { interfaces } = this.#options.config;
    return `directing on ${interfaces.map(({ name, tap }) => `${name} (${tap})`).join(", ")}`;
  }

  #metrics(): string {
    const { version, since } = this.#facts;
    const own = expositionText([
      {
        name: "tapvs_build_info",
        type: "gauge",
        help: "The version of tapvs.",
        samples: [{ labels: { version }, value: 1 }],
      },
      {
        name: "tapvs_start_time_seconds",
        type: "gauge",
        help: "When the director started, in seconds since 1970.",
        samples: [{ value: since / 1000 }],
      },
    ]);
    return `${own}${this.#health.metrics()}`;
  }

  /** In the reverse order of the start; what was created is removed. */
  async #stop(): Promise<void> {
    await this.#health.stop();
    this.#procFiles?.stop();
    this.#server?.close();
    this.#server?.closeAllConnections();
    await this.#director.ask({ kind: "stop" }).catch(() => {});
    const orderly = await this.#director.ended.then(
      () => true,
      () => false,
    );
    // After a crash of the dataplane the rules are still there to be restored.
    if (orderly) this.#state.remove();
    closeDevices(this.#held.devices);
    unlockInstance(this.#held.lock);
  }
}

/** Resolves when a signal asks for the end. */
function endSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}

function packageVersion(): string {
  const file = new URL("../../../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}
