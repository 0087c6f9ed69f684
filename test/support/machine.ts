/**
 * What a test needs of the machine: programs, root, namespaces, a TAP device. Where it is missing the test skips, and its
 * title says why. On a build server that runs as root on Debian, test/install.sh has installed all programs before: one that
 * is missing there is a failure.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import Mocha from "mocha";
import { probeTap } from "../../src/io/tap/tap-device.ts";

/** Debian's packages by program. */
const PACKAGES = new Map(
  readFileSync("test/packages.txt", "utf8")
    .split("\n")
    .filter((line) => /^[^#\s]/.test(line))
    .map((line) => line.split(/\s+/) as [string, string]),
);

/** Where a program is on the PATH; nowhere else is looked. */
export function pathOf(program: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

const isRoot = process.getuid?.() === 0;
const mustHaveAll = process.env.CI === "true" && isRoot && pathOf("apt-get") !== undefined;

/** Why what needs these programs cannot run here; `undefined` if it can. Throws where all are to be there. */
export function without(...programs: readonly string[]): string | undefined {
  const missing = programs.find((program) => pathOf(program) === undefined);
  if (missing === undefined) return undefined;
  const debianPackage = PACKAGES.get(missing);
  if (debianPackage === undefined) throw new Error(`test/packages.txt does not say which package has ${missing}`);
  if (mustHaveAll) throw new Error(`${missing} is missing, though test/install.sh installs ${debianPackage}`);
  return `needs ${missing}; Debian's package is ${debianPackage}`;
}

/** Skips the test or the hook that runs where one of these programs is missing. */
export function needs(context: Mocha.Context, ...programs: readonly string[]): void {
  const why = without(...programs);
  if (why !== undefined) skip(context, why);
}

/** Skips the test that runs, or all tests of the hook that runs, and says why where it can be read. */
export function skip(context: Mocha.Context, why: string): never {
  const { test } = context;
  // What runs in a hook is the hook.
  const skipped = test instanceof Mocha.Hook ? test.parent : test;
  if (skipped !== undefined) skipped.title += ` (${why})`;
  return context.skip() as never;
}

let namespaces: { readonly obstacle: string | undefined } | undefined;

/** Why no network of namespaces with a TAP device can be made here; tried out once, for a container may forbid it. */
export function whyNoNetwork(): string | undefined {
  namespaces ??= { obstacle: tryOut() };
  return namespaces.obstacle;
}

function tryOut(): string | undefined {
  if (!isRoot) return "needs root";
  if (!existsSync("/dev/net/tun")) return "needs /dev/net/tun";
  const why = without("ip");
  if (why !== undefined) return why;
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

/** How often a test is tried again in which other programs' timing has a say: twice wrong is wrong. */
const RETRIES = 1;

/** A describe of what runs on a real network of namespaces; it skips where there can be none, or a program is missing. */
export function describeLive(title: string, body: (this: Mocha.Suite) => void, ...programs: readonly string[]): void {
  const why = whyNoNetwork() ?? without(...programs);
  if (why !== undefined) {
    describe.skip(`${title} (${why})`, body);
    return;
  }
  describe(title, function () {
    this.retries(RETRIES);
    body.call(this);
  });
}
