/** The TAP devices of a director's interfaces. */
import type { HostConfig } from "../../core/host/config/config.ts";
import { close } from "../system/libc.ts";
import { openTap, type TapDevice } from "../tap/tap-device.ts";

/** Opens the device of every interface, in their order. Throws DeviceError, and then none stays open. */
export function openDevices({ interfaces }: HostConfig, offloads: boolean): TapDevice[] {
  const open: TapDevice[] = [];
  try {
    for (const { name, tap, bridge, gro = false, mtu } of interfaces) {
      if (tap === undefined) throw new Error(`a configuration to run has a device for ${name}`);
      open.push(openTap(tap, { mtu, offloads, gro, ...(bridge !== undefined && { bridge }) }));
    }
  } catch (error) {
    closeDevices(open);
    throw error;
  }
  return open;
}

/** Closes the devices; those that were created are gone then. */
export function closeDevices(devices: readonly TapDevice[]): void {
  for (const { descriptor } of devices) close(descriptor);
}
