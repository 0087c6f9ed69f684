/** What a test of a live director needs of the machine, and why it cannot run where that is missing. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { probeTap } from "../../src/io/tap/tap-device.ts";

let found: { readonly obstacle: string | undefined } | undefined;

/** Why no live director can run here; `undefined` if one can. Tried out once: a container may have it all and still forbid it. */
export function obstacle(): string | undefined {
  found ??= { obstacle: tryOut() };
  return found.obstacle;
}

function tryOut(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/dev/net/tun")) return "needs /dev/net/tun";
  if (spawnSync("ip", ["-V"]).status !== 0) return "needs ip (Debian: iproute2)";
  const name = `tvsprobe${process.pid}`;
  const made = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
  if (made.status !== 0) return `needs network namespaces: ${made.stderr.trim()}`;
  spawnSync("ip", ["netns", "del", name]);
  try {
    probeTap();
    return undefined;
  } catch (error) {
    return `needs a TAP device: ${error instanceof Error ? error.message : error}`;
  }
}

/** A describe that says why, if it cannot run. */
export function describeLive(title: string, body: (this: Mocha.Suite) => void): void {
  const why = obstacle();
  if (why === undefined) describe(title, body);
  else describe.skip(`${title} (${why})`, body);
}

const onCi = (): boolean => (process.env.CI ?? "") !== "" && process.getuid?.() === 0;

/**
 * Whether a program is there, a path or a name. On CI, as root, the Debian package that has it is installed if need be;
 * services that it would start stay off. Without a package nothing is installed.
 */
export function hasProgram(program: string, debianPackage?: string): boolean {
  if (isThere(program)) return true;
  if (debianPackage === undefined || !onCi()) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  for (const words of [["update"], ["install", "-y", "--no-install-recommends", debianPackage]]) {
    spawnSync("apt-get", words, { env, stdio: "ignore" });
  }
  return isThere(program);
}

const isThere = (program: string): boolean =>
  program.startsWith("/") ? existsSync(program) : spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** Skips the test that runs, and says why where it can be read. */
export function skip(context: Mocha.Context, why: string): never {
  if (context.test !== undefined) context.test.title += ` (${why})`;
  return context.skip() as never;
}
