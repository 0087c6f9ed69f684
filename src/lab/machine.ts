/** What this machine can do. */
import { existsSync, readFileSync } from "node:fs";
import type { LabOptions } from "./plan.ts";

/**
 * Who can take IPIP packets apart here: the kernel if its module is there already, for then every new namespace has a
 * tunl0. It is never loaded: that would leave a tunl0 behind in the machine's own namespace.
 */
export const ipipHere = (): LabOptions["ipip"] =>
  existsSync("/sys/module/ipip") && fallbackTunnels() === "0" ? "kernel" : "own";

/** Whether new namespaces get the tunnel devices of loaded modules: 0 says yes. */
function fallbackTunnels(): string {
  try {
    return readFileSync("/proc/sys/net/core/fb_tunnels_only_for_init_net", "utf8").trim();
  } catch {
    return "0";
  }
}
