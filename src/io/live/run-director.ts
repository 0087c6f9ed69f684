/** A live director from its configuration to its end: devices, dataplane, control socket, signals. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { DirectorConfig } from "../../core/director/config.ts";
import { serveControl } from "../control/server.ts";
import { socketOf } from "../control/socket-path.ts";
import type { Log } from "../log.ts";
import { DeviceError } from "../system/errors.ts";
import { openTap, type TapDevice } from "../tap/tap-device.ts";
import { AlreadyRunning, lockInstance, removeFile, unlockInstance } from "./instance-lock.ts";
import { LiveDirector } from "./live-director.ts";
import { directorRoutes, type ProcessFacts } from "./routes.ts";

export interface RunOptions {
  readonly configFile: string;
  readonly config: DirectorConfig;
  readonly socket: string | undefined;
  readonly offloads: boolean;
  readonly log: Log;
}

/** Exit codes of design: done, failed, no privilege or device. */
const DONE = 0;
const FAILED = 1;
const NO_DEVICE = 4;

/** The name of a director: that of its configuration file. */
export const directorName = (configFile: string): string => basename(configFile).replace(/\.ya?ml$/, "");

/** Runs a director until a signal ends it; resolves to the exit code. */
export async function runDirector(options: RunOptions): Promise<number> {
  try {
    return await run(options);
  } catch (error) {
    if (error instanceof DeviceError) {
      options.log.error(error.message);
      return NO_DEVICE;
    }
    if (error instanceof AlreadyRunning) {
      options.log.error(error.message);
      return FAILED;
    }
    throw error;
  }
}

async function run({ configFile, config, socket, offloads, log }: RunOptions): Promise<number> {
  const path = socket ?? (typeof config.socket === "string" ? config.socket : socketOf(directorName(configFile)));
  const lock = lockInstance(path);
  const devices = openDevices(config, offloads);
  for (const { name, created } of devices) log.info(created ? `created TAP device ${name}` : `attached to TAP device ${name}`);
  const director = new LiveDirector({
    host: config,
    descriptors: devices.map(({ descriptor }) => descriptor),
    offloads,
    rules: config.rules.lines,
  });
  for (const { line, message } of await director.ready) {
    log.warning(`${config.rules.file}:${config.rules.firstLine + line - 1}: ${message}`);
  }
  const facts: ProcessFacts = {
    name: directorName(configFile),
    config: configFile,
    version: packageVersion(),
    pid: process.pid,
    since: Date.now(),
  };
  removeFile(path);
  const server = await serveControl(path, directorRoutes(director, facts));
  log.info(`control socket ${path}`);
  log.notice("ready");
  const code = await Promise.race([director.ended.then(() => FAILED), endSignal()]);
  log.notice("stopping");
  server.close();
  server.closeAllConnections();
  await director.ask({ kind: "stop" });
  await director.ended;
  unlockInstance(lock);
  return code;
}

function openDevices(config: DirectorConfig, offloads: boolean): TapDevice[] {
  return config.interfaces.map(({ name, tap, bridge, mtu }) => {
    if (tap === undefined) throw new DeviceError("ENODEV", `the interface ${name} has no tap: device to run on`);
    return openTap(tap, { mtu, offloads, ...(bridge !== undefined && { bridge }) });
  });
}

/** Resolves to the exit code that a signal asks for. */
function endSignal(): Promise<number> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve(DONE));
    process.once("SIGINT", () => resolve(DONE));
  });
}

function packageVersion(): string {
  const file = new URL("../../../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}
