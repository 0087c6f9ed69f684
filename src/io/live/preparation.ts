/** What a director holds before its first frame: the lock of its socket, its devices, and no privilege that it does not need. */
import type { HostConfig } from "../../core/host/config.ts";
import type { LiveConfig } from "../config/live.ts";
import type { Log } from "../log.ts";
import {
  CAP_NET_ADMIN,
  CAP_NET_RAW,
  CAP_SYS_ADMIN,
  hasMoreThan,
  restartWithout,
  takeHandover,
} from "../system/privileges.ts";
import type { TapDevice } from "../tap/tap-device.ts";
import { openDevices } from "./devices.ts";
import { type InstanceLock, lockInstance, unlockInstance } from "./instance-lock.ts";

export interface Prepared {
  readonly lock: InstanceLock;
  readonly devices: readonly TapDevice[];
}

export interface PrepareOptions {
  readonly config: HostConfig;
  readonly live: LiveConfig;
  readonly log: Log;
  readonly offloads: boolean;
  readonly socket: string;
}

/**
 * Takes the lock and opens the devices; then, unless the configuration names a user, the program starts anew without
 * other privileges and finds here what it left for itself. Throws DeviceError or AlreadyRunning.
 */
export function prepare({ config, live, log, offloads, socket }: PrepareOptions): Prepared {
  const handed = takeHandover() as Prepared | undefined;
  if (handed !== undefined) return handed;
  const lock = lockInstance(socket);
  try {
    const devices = openDevices(config, offloads);
    for (const { name, created } of devices) log.info(`${created ? "created" : "attached to"} TAP device ${name}`);
    const prepared: Prepared = { lock, devices };
    const kept = capabilitiesFor(live);
    if (live.user === undefined && hasMoreThan(kept)) {
      restartWithout(kept, prepared, [lock.descriptor, ...devices.map(({ descriptor }) => descriptor)]);
    }
    return prepared;
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
