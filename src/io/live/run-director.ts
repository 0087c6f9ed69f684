/** A live director from its configuration to its end: devices, dataplane, control socket, signals. */
import { randomInt } from "node:crypto";
import { chownSync } from "node:fs";
import type { Server } from "node:http";
import { dirname } from "node:path";
import type { DirectorConfig } from "../../core/host/config/config.ts";
import type { LiveConfig } from "../config/live.ts";
import { describeConfigError, readConfig } from "../config.ts";
import { serveControl } from "../control/server.ts";
import { givenSocket, socketOf } from "../control/socket-path.ts";
import type { Log } from "../log.ts";
import { DeviceError } from "../system/errors.ts";
import { keepWatchdogQuiet, monotonicMicroseconds, notify } from "../system/notify.ts";
import { becomeUser, userEntry } from "../system/privileges.ts";
import { systemError } from "../system-error.ts";
import { Besides } from "./besides.ts";
import { ConfigurationInForce } from "./configuration-in-force.ts";
import { closeDevices } from "./devices.ts";
import { checkFiles, WrongFile } from "./file-checks.ts";
import { handOverTo, type Predecessor, type Successor } from "./handover.ts";
import { AlreadyRunning, removeFile, unlockInstance } from "./instance-lock.ts";
import { LiveDirector } from "./live-director.ts";
import { type Preparation, prepare } from "./preparation.ts";
import { directorName, type ProcessFacts, processFacts, processMetrics } from "./process-facts.ts";
import { controlRoutes } from "./routes.ts";
import { StateFile } from "./state-file.ts";

export interface RunOptions {
  readonly configFile: string;
  readonly config: DirectorConfig;
  readonly live: LiveConfig;
  readonly log: Log;
  /** Resolves once a SIGHUP that has come is held, also through a start anew. */
  readonly hangupsHeld: () => Promise<void>;
  /** Hands each SIGHUP to `obey` from now on, those that came before as well. */
  readonly obeyHangups: (obey: () => void) => void;
  /** Overrides $TAPVS_SOCKET, which overrides the configuration's. */
  readonly socket?: string;
  readonly offloads: boolean;
  /** Uses io_uring where there is one. */
  readonly uring: boolean;
  /** Keeps connections that are gone in mind. */
  readonly remembers?: boolean;
  /** A capture to write, `-` for standard output. */
  readonly capture?: string;
  /** Explains the packets that pass this filter, one line of JSON each. */
  readonly trace?: { readonly filter: string; readonly take: (line: string) => void };
  /** A folder for the files of /proc/net and /proc/sys. */
  readonly proc?: string;
  /** Begins with the rules of the state file, if there is one. */
  readonly restore: boolean;
  readonly stateFile?: string;
}

/** How a run ended: in order, because another director is in the way, or without a device, a privilege or a file that it needs. */
export type RunEnd = "stopped" | "already-running" | "no-device" | "wrong-file";

/** Runs a director until a signal ends it. What is wrong with the machine is logged. */
export async function runDirector(options: RunOptions): Promise<RunEnd> {
  const socket = givenSocket(options.socket) ?? options.live.socket ?? socketOf(directorName(options.configFile));
  const stateFile = options.stateFile ?? `${socket.replace(/\.sock$/, "")}.rules`;
  const check = (): void => checkFiles({ socket, stateFile, restore: options.restore });
  try {
    const prepared = await prepare({ ...options, socket, check });
    await new Run(options, socket, stateFile, prepared).untilItEnds();
    return "stopped";
  } catch (error) {
    const end = endOf(error);
    if (end === undefined || !(error instanceof Error)) throw error;
    options.log.error(error.message);
    return end;
  }
}

/** `undefined` for a bug. */
function endOf(error: unknown): RunEnd | undefined {
  if (error instanceof DeviceError) return "no-device";
  if (error instanceof AlreadyRunning) return "already-running";
  return error instanceof WrongFile ? "wrong-file" : undefined;
}

class Run {
  readonly #options: RunOptions;
  readonly #prepared: Preparation;
  readonly #socket: string;
  readonly #director: LiveDirector;
  readonly #state: StateFile;
  readonly #connectionsFile: string;
  readonly #configuration: ConfigurationInForce;
  readonly #besides: Besides;
  readonly #facts: ProcessFacts;
  #server: Server | undefined;
  /** The process that has taken over; `succeeded` resolves when there is one. */
  #successor: Successor | undefined;
  #isSucceeded: () => void = () => {};
  readonly #succeeded = new Promise<void>((resolve) => {
    this.#isSucceeded = resolve;
  });
  /** The last reload, or the start: one thing after the other. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(options: RunOptions, socket: string, stateFile: string, prepared: Preparation) {
    this.#options = options;
    this.#socket = socket;
    this.#prepared = prepared;
    const { config: host, configFile, log, offloads, uring, remembers = false, capture, proc } = options;
    const descriptors = prepared.devices.map(({ descriptor }) => descriptor);
    const succeeds = prepared.predecessor !== undefined;
    const setup = { host, descriptors, offloads, uring, remembers, capture, succeeds };
    this.#director = new LiveDirector({ ...setup, seed: randomInt(0x7fffffff) }, log);
    this.#state = new StateFile(stateFile, () => this.#director.ask({ kind: "state" }), log);
    this.#connectionsFile = `${stateFile}.connections`;
    this.#configuration = new ConfigurationInForce(this.#director, configFile, log);
    const { live } = options;
    this.#besides = new Besides(this.#director, { host, live, connectionsFile: this.#connectionsFile, proc, log });
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
      this.#options.obeyHangups(() => {
        this.#reload().catch((error: Error) => log.error(`reload: ${error.message}`));
      });
      await started;
      log.notice("ready");
      notify("READY=1", `STATUS=${this.#statusLine()}`);
      await Promise.race([signal, this.#director.ended, this.#succeeded]);
      orderly = true;
    } finally {
      if (this.#successor === undefined) {
        notify("STOPPING=1");
        log.notice("stopping");
        await this.#stop(orderly);
      } else await this.#leave(this.#successor);
    }
  }

  async #start(): Promise<void> {
    const { live, log, trace } = this.#options;
    const { predecessor } = this.#prepared;
    await Promise.race([this.#director.ready, this.#director.ended]);
    if (predecessor === undefined) await this.#begin();
    else await this.#succeed(predecessor);
    removeFile(this.#socket);
    this.#server = await this.#serve();
    log.info(`control socket ${this.#socket}`);
    await this.#besides.prepare();
    if (live.user !== undefined && predecessor === undefined) this.#becomeUser(live.user);
    await this.#state.save();
    if (trace !== undefined) await this.#director.follow(trace.filter, trace.take);
    await this.#director.ask({ kind: "begin" });
    predecessor?.dismiss();
    await this.#besides.start();
    keepWatchdogQuiet(() => this.#director.ask({ kind: "status" }));
  }

  #begin(): Promise<void> {
    const { config, restore } = this.#options;
    const left = { stateFile: this.#state.file, connectionsFile: this.#connectionsFile, restore };
    return this.#configuration.begin(config, left);
  }

  /** Goes on where another process stopped. */
  async #succeed(predecessor: Predecessor): Promise<void> {
    const handed = await predecessor.tells();
    const problems = await this.#director.ask({ kind: "take-over", handed });
    for (const problem of problems) this.#options.log.warning(`not taken over: ${problem}`);
  }

  /** Lets a successor take over, which is there when this resolves; its process number. Rejects with Refusal. */
  #handOver(): Promise<number> {
    const handedOver = this.#busy.then(async () => {
      this.#successor = await handOverTo(this.#prepared, this.#director, {
        pause: async () => {
          await this.#besides.stop(false);
          this.#server?.close();
        },
        resume: async () => {
          this.#server = await this.#serve();
          await this.#besides.resume();
        },
      });
      this.#isSucceeded();
      return this.#successor.pid;
    });
    this.#busy = handedOver.catch(() => {});
    return handedOver;
  }

  async #serve(): Promise<Server> {
    const routes = controlRoutes({
      facts: this.#facts,
      director: this.#director,
      health: () => this.#besides.health(),
      moreMetrics: () => `${processMetrics(this.#facts)}${this.#besides.metrics()}`,
      changed: () => this.#state.save(),
      changedSoon: () => this.#state.saveSoon(),
      reload: () => this.#reload(),
      handOver: () => this.#handOver(),
      switched: () => this.#besides.refreshSwitches(),
    });
    try {
      return await serveControl(this.#socket, routes, (message) => this.#options.log.error(message));
    } catch (error) {
      const failure = systemError(error);
      if (failure === undefined) throw error;
      throw new DeviceError(failure.code, `${this.#socket}: ${failure.text}`);
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
    this.#state.useAs(user);
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
    const result = readConfig(configFile, "run");
    const wrong = result.kind === "errors";
    const problems = wrong ? result.errors.map(describeConfigError) : await this.#configuration.takeOver(result.config);
    if (!wrong) await this.#besides.follow(result.live);
    for (const problem of problems) log.warning(problem);
    if (wrong) log.warning("not reloaded: what is in force stays");
    else log.notice(problems.length === 0 ? "reloaded" : "reloaded, with problems");
    await this.#besides.refreshSwitches();
    const unsaved = await this.#state.save();
    notify("READY=1", `STATUS=${this.#statusLine()}`);
    return unsaved === undefined ? problems : [...problems, unsaved];
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
    await this.#besides.stop(orderly);
    this.#server?.close();
    this.#server?.closeAllConnections();
    await this.#director.ask({ kind: "stop" }).catch(() => {});
    await this.#director.ended.catch(() => {});
    if (orderly) this.#state.remove();
    closeDevices(this.#prepared.devices);
    unlockInstance(this.#prepared.lock);
  }

  /** The successor has the files, the devices and the lock by now; whoever asked for it is still to be answered. */
  async #leave({ pid }: Successor): Promise<void> {
    notify(`MAINPID=${pid}`);
    this.#options.log.notice(`handed over to process ${pid}`);
    await this.#director.ask({ kind: "stop" }).catch(() => {});
    await this.#director.ended.catch(() => {});
  }
}

/** Resolves when a signal asks for the end. */
function endSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}
