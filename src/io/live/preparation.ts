/** What a director holds before its first frame: the lock of its socket, its devices, and no privilege that it does not need. */
import type { HostConfig } from "../../core/host/config/config.ts";
import type { LiveConfig } from "../config/live.ts";
import type { Log } from "../log.ts";
import { DeviceError } from "../system/errors.ts";
import {
  CAP_NET_ADMIN,
  CAP_NET_RAW,
  CAP_SYS_ADMIN,
  hasMoreThan,
  hasNoNewPrivileges,
  restartWith,
  takeHandover,
} from "../system/privileges.ts";
import type { TapDevice } from "../tap/tap-device.ts";
import { openDevices } from "./devices.ts";
import { Predecessor } from "./handover.ts";
import { type InstanceLock, lockInstance, renameHolder, unlockInstance } from "./instance-lock.ts";

export interface Prepared {
  readonly lock: InstanceLock;
  readonly devices: readonly TapDevice[];
}

/** The same, and who had it before, if that is another process. */
export interface Preparation extends Prepared {
  readonly predecessor?: Predecessor;
}

export interface PrepareOptions {
  readonly config: HostConfig;
  readonly live: LiveConfig;
  readonly log: Log;
  readonly offloads: boolean;
  readonly socket: string;
  /** Throws if something is wrong that would be found out only later. */
  readonly check: () => void;
  /** Resolves once a SIGHUP that has come will not be forgotten by a start anew. */
  readonly hangupsHeld: () => Promise<void>;
}

/**
 * Takes the lock and opens the devices; then the program starts anew without other privileges, and finds here what it
 * left for itself. Rejects with DeviceError, AlreadyRunning or what `check` does.
 */
export async function prepare(options: PrepareOptions): Promise<Preparation> {
  const { config, live, log, offloads, socket, check, hangupsHeld } = options;
  const handover = takeHandover();
  if (handover?.fromPredecessor === true)
    return { ...inherit(handover.left as Prepared, config), predecessor: new Predecessor() };
  if (handover !== undefined) return handover.left as Prepared;
  check();
  const lock = lockInstance(socket);
  try {
    const devices = openDevices(config, offloads);
    for (const { name, created } of devices) log.info(`${created ? "created" : "attached to"} TAP device ${name}`);
    const prepared: Prepared = { lock, devices };
    // One that becomes a user needs its capabilities until then, and loses them by it.
    const kept = live.user === undefined ? capabilitiesFor(live) : undefined;
    if (!hasNoNewPrivileges() || (kept !== undefined && hasMoreThan(kept))) {
      await hangupsHeld();
      restartWith(kept, prepared, [lock.descriptor, ...devices.map(({ descriptor }) => descriptor)]);
    }
    return prepared;
  } catch (error) {
    unlockInstance(lock);
    throw error;
  }
}

/** What a predecessor has opened, if it is what the configuration wants. Throws DeviceError. */
function inherit({ lock, devices }: Prepared, { interfaces }: HostConfig): Prepared {
  const differs =
    interfaces.length !== devices.length || interfaces.some(({ tap }, index) => tap !== devices[index]?.name);
  if (differs) throw new DeviceError("ENODEV", "the configuration has other devices by now: that needs a restart");
  return { lock: renameHolder(lock), devices };
}

/** ICMP checks need raw sockets, checks from another namespace the right to enter it. */
function capabilitiesFor({ health }: LiveConfig): number[] {
  const kept = [CAP_NET_ADMIN];
  if (health.some(({ kind }) => kind === "icmp")) kept.push(CAP_NET_RAW);
  if (health.some(({ netns }) => netns !== undefined)) kept.push(CAP_SYS_ADMIN);
  return kept;
}
