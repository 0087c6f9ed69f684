/**
 * Makes dist/program: the command and what it starts, bundled into a few files. Node takes half a millisecond for each file of
 * a program, and a command of three hundred spends most of a short life on them.
 *
 *   node dist/tools/bundle-programs.js
 *   node dist/tools/bundle-programs.js bench/packets.js     that one alone, in the same way, into dist/bundled
 *
 * A module there finds its neighbors (`import.meta.url`) as if it still lay where it lies in dist/src.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIST = join(ROOT, "dist");
const COMPILED = join(DIST, "src");
const PROGRAM = join(ROOT, "dist/program");

/** What is started as a process or as a thread. */
const ENTRIES = /^(?:cli\/(?:main|tapvs-ipvsadm)|.*-worker|lab\/programs\/.*)\.js$/;

/** What has to be fast, and is one file that shares nothing: a constant of another file is no constant to V8. */
const ALONE = /^io\/live\/dataplane-worker\.js$/;

const modules = (): string[] =>
  readdirSync(COMPILED, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".js"));

/** Writes `import.meta.url` as the place that a module would have in dist/program if it were a file of its own. */
const places: Plugin = {
  name: "places",
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/, namespace: "file" }, ({ path }) => {
      if (!path.startsWith(COMPILED)) return undefined;
      const place = `import.meta.url.replace(/\\/dist\\/program\\/.*$/, ${JSON.stringify(`/dist/program/${relative(COMPILED, path)}`)})`;
      return { contents: readFileSync(path, "utf8").replaceAll("import.meta.url", place), loader: "js" };
    });
  },
};

/** esbuild writes `var` for every constant of a module. V8 computes with those that are `const` when it compiles, and loads the others each time. */
const withConstants = (code: string): string => code.replaceAll(/^var (?=[A-Z][A-Z0-9_]* = )/gm, "const ");

async function bundle(paths: readonly string[], outbase: string, splitting: boolean, outdir = PROGRAM): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: paths.map((path) => join(outbase, path)),
    outbase,
    outdir,
    bundle: true,
    splitting,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    charset: "utf8",
    plugins: [places],
    write: false,
    logLevel: "error",
  });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, withConstants(text));
  }
}

/** Bundles anew; what was there before goes. */
export async function bundlePrograms(): Promise<void> {
  rmSync(PROGRAM, { recursive: true, force: true });
  const entries = modules().filter((path) => ENTRIES.test(path));
  await bundle(
    entries.filter((path) => !ALONE.test(path)),
    COMPILED,
    true,
  );
  await bundle(
    entries.filter((path) => ALONE.test(path)),
    COMPILED,
    false,
  );
}

/** Whether something was compiled since. */
export function programsAreStale(): boolean {
  const made = statSync(join(PROGRAM, "cli/main.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return modules().some((path) => statSync(join(COMPILED, path)).mtimeMs > made);
}

if (import.meta.filename === argv[1]) {
  const [, , ...alone] = argv;
  void (alone.length === 0 ? bundlePrograms() : bundle(alone, DIST, false, join(DIST, "bundled")));
}
