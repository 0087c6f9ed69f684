/**
 * Makes dist/program: the command and what it starts, bundled into a few files. Node takes half a millisecond for each file of
 * a program, and a command of three hundred spends most of a short life on them.
 *
 *   node dist/tools/bundle-programs.js
 *
 * A module there finds its neighbors (`import.meta.url`) as if it still lay where it lies in dist/src.
 */
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMPILED = join(ROOT, "dist/src");
const PROGRAM = join(ROOT, "dist/program");

/** What is started as a process or as a thread. */
const ENTRIES = /^(?:cli\/(?:main|tapvs-ipvsadm)|.*-worker|lab\/programs\/.*)\.js$/;

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

/** Bundles anew; what was there before goes. */
export async function bundlePrograms(): Promise<void> {
  rmSync(PROGRAM, { recursive: true, force: true });
  await build({
    entryPoints: modules()
      .filter((path) => ENTRIES.test(path))
      .map((path) => join(COMPILED, path)),
    outbase: COMPILED,
    outdir: PROGRAM,
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    charset: "utf8",
    keepNames: true,
    plugins: [places],
    logLevel: "error",
  });
}

/** Whether something was compiled since. */
export function programsAreStale(): boolean {
  const made = statSync(join(PROGRAM, "cli/main.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return modules().some((path) => statSync(join(COMPILED, path)).mtimeMs > made);
}

if (import.meta.filename === argv[1]) void bundlePrograms();
