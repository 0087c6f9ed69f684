/**
 * Makes dist/program: the command and what it starts, bundled into a few files. Node takes half a millisecond for each file of
 * a program, and a command of three hundred spends most of a short life on them.
 *
 *   node dist/tools/bundle-programs.js
 *   node dist/tools/bundle-programs.js bench/packets.js     that one alone, in the same way, into dist/bundled
 *
 * What every command needs is in the file that is started, cli/main.js; each command imports it from there.
 */
import { readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { commandsApart, fromStart, places, processesLater, START, sharing } from "./bundle-plugins.ts";
import { fillFolder, writeWholeFile } from "./whole-files.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIST = join(ROOT, "dist");
const COMPILED = join(DIST, "src");
const PROGRAM = join(DIST, "program");

const MAIN = "cli/main.js";
const IPVSADM = "cli/tapvs-ipvsadm.js";

/** What is started as a thread, or in a lab. */
const THREADS = /^(?:.*-worker|lab\/programs\/.*)\.js$/;

/** What has to be fast, and is one file that shares nothing: a constant of another file is no constant to V8. */
const FORWARDING = "io/live/dataplane-worker.js";

const modules = (): string[] =>
  readdirSync(COMPILED, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".js"));

/** Names of modules' variables: whoever is written with `let`. */
const variables = (paths: readonly string[]): Set<string> =>
  new Set(
    paths.flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(/^(?:export )?let (\w+)/gm)].map(([, name = ""]) => name),
    ),
  );

/**
 * esbuild writes `var` for every constant of a module, and a function's name is a variable, too. V8 computes with those that are `const` when it
 * compiles; the others it loads each time, and asks of each function that it has inlined whether the name still means it. Functions stand
 * first, as they are there before all else in any case. A field of a class that is only declared is undefined before it is what the constructor makes
 * it: V8 takes it for one that changes, and that may be anything. So such declarations go.
 */
function withConstants(code: string, changing: ReadonlySet<string>): string {
  const [head = ""] = /^(?:#!.*\n)?(?:"use strict";\n)?/.exec(code) ?? [];
  const functions: string[] = [];
  const rest = code
    .slice(head.length)
    .replaceAll(/^(?:async )?function\*? ([\w$]+)\([\s\S]*?\n\}$/gm, (text, name: string) => {
      functions.push(`const ${name} = ${text};\n`);
      return "";
    })
    .replaceAll(/^ {2}[\w$]+;\n/gm, "")
    // esbuild may have put a number behind the name.
    .replaceAll(/^var ([\w$]+) = /gm, (text, name: string) =>
      changing.has(name) || changing.has(name.replace(/\d+$/, "")) ? text : `const ${name} = `,
    );
  return `${head}${functions.join("")}${rest}`;
}

/** What is made, by the path that it will have. */
type Made = Map<string, string>;

/** Bundles entries of a folder for another. */
async function bundle(
  made: Made,
  paths: readonly string[],
  options: BuildOptions,
  outbase = COMPILED,
  outdir = PROGRAM,
): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    entryPoints: paths.map((path) => join(outbase, path)),
    absWorkingDir: ROOT,
    outbase,
    outdir,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    charset: "utf8",
    logLevel: "error",
    ...options,
    plugins: [...(options.plugins ?? []), places(COMPILED)],
    metafile: true,
    write: false,
  });
  const changing = variables([
    ...modules().map((path) => join(COMPILED, path)),
    ...paths.map((path) => join(outbase, path)),
  ]);
  for (const { path, text } of outputFiles) {
    const start = `./${relative(dirname(path), join(PROGRAM, MAIN))}`;
    made.set(path, withConstants(text, changing).replaceAll(START, start));
  }
  return metafile;
}

/** What people and scripts start: a CommonJS module, since Node reads one without its loader of ECMAScript modules, which takes 4 ms to load. */
const bundleStart = (made: Made, entry: string, plugins: readonly Plugin[]): Promise<Metafile> =>
  bundle(made, [entry], {
    packages: "bundle",
    format: "cjs",
    plugins: [...plugins, processesLater],
    define: { "import.meta.url": "HERE" },
    banner: { js: 'const HERE = require("node:url").pathToFileURL(__filename).href;' },
  });

/** What modules export, and commander. A name that two of them export makes nonsense of the import, which esbuild refuses. */
async function namesOf(paths: readonly string[]): Promise<string[]> {
  const commander = join(ROOT, "node_modules/commander/esm.mjs");
  const { metafile } = await build({
    entryPoints: [...paths, commander],
    outdir: PROGRAM,
    metafile: true,
    write: false,
  });
  return Object.values(metafile.outputs).flatMap(({ exports }) => exports);
}

/** The two commands, and the modules that `tapvs` loads later, which take from it what they share. The other has all inside. */
async function bundleCommands(made: Made): Promise<void> {
  const apart = new Set<string>();
  const later = commandsApart(COMPILED, apart);
  // Once to learn what is in it, and once more with all of that exported.
  const { inputs } = await bundleStart(made, MAIN, [later]);
  const main = join(COMPILED, MAIN);
  const shared = Object.keys(inputs)
    .map((path) => join(ROOT, path))
    .filter((path) => path.startsWith(COMPILED) && path !== main);
  await bundleStart(made, MAIN, [later, sharing(main, shared)]);
  const licence = readFileSync(join(ROOT, "node_modules/commander/LICENSE"), "utf8");
  made.set(join(PROGRAM, "cli/commander.LICENSE"), licence);
  await bundleStart(made, IPVSADM, []);
  made.set(join(PROGRAM, "cli/package.json"), '{ "type": "commonjs" }\n');
  const modules = { splitting: true, outExtension: { ".js": ".mjs" } };
  await bundle(made, [...apart], { ...modules, plugins: [fromStart(new Set(shared), await namesOf(shared))] });
}

/** Bundles anew; programs that run from there go on. */
export async function bundlePrograms(): Promise<void> {
  const made: Made = new Map();
  await bundleCommands(made);
  const threads = modules().filter((path) => THREADS.test(path) && path !== FORWARDING);
  await bundle(made, threads, { splitting: true });
  await bundle(made, [FORWARDING], {});
  fillFolder(PROGRAM, new Map([...made].map(([path, text]) => [relative(PROGRAM, path), text])));
  // It may be as it was: it is not older than what it was made of.
  const now = new Date();
  utimesSync(join(PROGRAM, MAIN), now, now);
}

async function bundleAlone(paths: readonly string[]): Promise<void> {
  const made: Made = new Map();
  await bundle(made, paths, {}, DIST, join(DIST, "bundled"));
  for (const [path, text] of made) writeWholeFile(path, text);
}

/** Whether something was compiled since. */
export function programsAreStale(): boolean {
  const made = statSync(join(PROGRAM, MAIN), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return modules().some((path) => statSync(join(COMPILED, path)).mtimeMs > made);
}

if (import.meta.filename === argv[1]) {
  const [, , ...alone] = argv;
  void (alone.length === 0 ? bundlePrograms() : bundleAlone(alone));
}
