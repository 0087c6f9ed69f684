/**
 * The MAC addresses of two directors. The packets were recorded, or made up, in front of the old one: another MAC address of an
 * interface moves no connection, because its neighbors learn it, and would make every packet one for another host.
 */
import { macOfInterface } from "../../capture/packet-place.ts";
import type { DirectorConfig } from "../../host/config/config.ts";
import { macText, writeMac } from "../../wire/ethernet.ts";

/** An interface that has another MAC address, `02:00:00:00:01:64`. */
export interface OtherMac {
  readonly interface: string;
  readonly before: string;
  readonly after: string;
}

export function otherMacs(before: DirectorConfig, after: DirectorConfig): OtherMac[] {
  return before.interfaces.flatMap(({ name }) => {
    if (!after.interfaces.some((device) => device.name === name)) return [];
    const [old, other] = [macOfInterface(before, name), macOfInterface(after, name)];
    return old === other ? [] : [{ interface: name, before: macText(old), after: macText(other) }];
  });
}

/** `after` with the MAC addresses of `before`, by the names of interfaces. A new interface that has one of these gets one that they leave. */
export function withMacsOf(before: DirectorConfig, after: DirectorConfig): DirectorConfig {
  if (otherMacs(before, after).length === 0) return after;
  const macs = after.interfaces.map(({ name }) => {
    const isKept = before.interfaces.some((old) => old.name === name);
    const own = macOfInterface(after, name);
    return { isKept, own, mac: isKept ? macOfInterface(before, name) : own };
  });
  const taken = new Set(macs.filter(({ isKept }) => isKept).map(({ mac }) => mac));
  const left = macs.filter(({ isKept, own }) => isKept && !taken.has(own)).map(({ own }) => own);
  const chosen = macs.map(({ isKept, mac }) => (isKept || !taken.has(mac) ? mac : (left.shift() ?? mac)));
  return {
    ...after,
    interfaces: after.interfaces.map((device, index) => ({ ...device, mac: macBytes(chosen[index] ?? 0) })),
  };
}

function macBytes(mac: number): Uint8Array {
  const bytes = new Uint8Array(6);
  writeMac(new DataView(bytes.buffer), 0, mac);
  return bytes;
}
