/** What this machine can do. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { missingProgram } from "./execute.ts";
import { LabError } from "./lab-error.ts";
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

/** Throws LabError (4) for anyone who may not enter namespaces. */
export function requireRoot(): void {
  if (process.getuid?.() !== 0) throw new LabError(4, "labs need root: their hosts are network namespaces");
}

/** Throws LabError (4) if one of these is not installed. */
export function requirePrograms(programs: readonly string[]): void {
  const missing = programs.find((program) => !isInstalled(program));
  if (missing !== undefined) throw missingProgram(missing);
}

/** Whether a program is on the PATH, or where Debian keeps those of root. */
export function isInstalled(program: string): boolean {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"].filter(Boolean);
  return folders.some((folder) => {
    try {
      accessSync(`${folder}/${program}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
