/** What doctor looks at: the machine, or in tests one that is made up. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { networkInterfaces, release } from "node:os";
import { isListening, socketFolder } from "../control/socket-path.ts";
import type { TapAbilities } from "../tap/tap-device.ts";

/** What opening a TAP device for a moment told. */
export type TapTrial =
  | ({ readonly kind: "works" } & TapAbilities)
  /** `why` is for people. */
  | { readonly kind: "fails"; readonly code: string; readonly why: string };

export interface Machine {
  readonly nodeVersion: string;
  readonly kernelRelease: string;
  /** The text of a file without blanks around it; `undefined` if it cannot be read. */
  read(path: string): string | undefined;
  exists(path: string): boolean;
  /** Names in a folder; none if there is no such folder. */
  list(path: string): readonly string[];
  /** Addresses of the machine's own interfaces, by interface. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /** Why an optional package cannot be loaded; `undefined` if it can. */
  packageProblem(name: string): string | undefined;
  tryTap(): Promise<TapTrial>;
  /** Why the calls of a program cannot be answered in the kernel's place; `undefined` if they can. */
  tryFilter(): Promise<string | undefined>;
  /** The policy of iptables' FORWARD chain, `ACCEPT` or `DROP`; `undefined` where it cannot be asked, as without root. */
  forwardPolicy(): string | undefined;
  /** Where control sockets are. */
  readonly socketFolder: string;
  /** Whether somebody listens at a control socket. */
  isListening(socket: string): Promise<boolean>;
}

/** Another program may be at the rules, and hold their lock: milliseconds. */
const PATIENCE = 2000;

export const thisMachine: Machine = {
  nodeVersion: process.versions.node,
  kernelRelease: release(),
  read: (path) => quietly(() => readFileSync(path, "utf8").trim()),
  exists: existsSync,
  list: (path) => quietly(() => readdirSync(path)) ?? [],
  get addresses() {
    const entries = Object.entries(networkInterfaces());
    return Object.fromEntries(entries.map(([name, list = []]) => [name, list.map(({ address }) => address)]));
  },
  packageProblem(name) {
    try {
      createRequire(import.meta.url)(name);
      return undefined;
    } catch (error) {
      return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    }
  },
  tryTap,
  tryFilter,
  forwardPolicy,
  socketFolder: socketFolder(),
  isListening,
};

function quietly<Value>(look: () => Value): Value | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** Opens a device of a name of its own, with offloads, and closes it again. */
async function tryTap(): Promise<TapTrial> {
  try {
    // Only now: the library for foreign functions may be what is missing.
    const { probeTap } = await import("../tap/tap-device.ts");
    return { kind: "works", ...probeTap() };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return { kind: "fails", code, why: error instanceof Error ? error.message : String(error) };
  }
}

function forwardPolicy(): string | undefined {
  const { stdout } = spawnSync("iptables", ["-S", "FORWARD"], { encoding: "utf8", timeout: PATIENCE });
  return /^-P FORWARD (\S+)$/m.exec(stdout ?? "")?.[1];
}

/** Puts a filter on a thread of its own, which ends. */
async function tryFilter(): Promise<string | undefined> {
  try {
    const { tryFilter: probe } = await import("../with/run-with.ts");
    return await probe();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
