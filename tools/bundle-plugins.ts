/** What esbuild has to be told of our modules, to make dist/program of them. */
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import type { Plugin } from "esbuild";

/** Stands for the file that is started where another imports from it. */
export const START = "tapvs:start";

/** Writes `import.meta.url` as the place that a module would have in dist/program if it were a file of its own. */
export const places = (compiled: string): Plugin => ({
  name: "places",
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/, namespace: "file" }, ({ path }) => {
      if (!path.startsWith(compiled)) return undefined;
      const place = `import.meta.url.replace(/\\/dist\\/program\\/.*$/, ${JSON.stringify(`/dist/program/${relative(compiled, path)}`)})`;
      return { contents: readFileSync(path, "utf8").replaceAll("import.meta.url", place), loader: "js" };
    });
  },
});

/** Leaves out what a module loads when it needs it, and adds its path in `compiled` to `apart`. The first module may: it has to act before the rest. */
export const commandsApart = (compiled: string, apart: Set<string>): Plugin => ({
  name: "commands-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, kind, importer }) => {
      if (kind !== "dynamic-import" || importer.endsWith("/main.js")) return undefined;
      const found = relative(compiled, resolve(dirname(importer), path));
      apart.add(found);
      return { path: `../${found.replace(/js$/, "mjs")}`, external: true };
    });
  },
});

/** Has a module export all that those do, and commander. */
export const sharing = (from: string, shared: readonly string[]): Plugin => ({
  name: "sharing",
  setup({ onLoad }) {
    const lines = [...shared, "commander"].map((path) => `export * from ${JSON.stringify(path)};\n`);
    onLoad({ filter: /\/main\.js$/ }, ({ path }) =>
      path === from ? { contents: [readFileSync(path, "utf8"), ...lines].join("\n") } : undefined,
    );
  },
});

/**
 * Has those modules, and commander, taken from the file that is started, which exports `names`. By require: import would read
 * the whole file once more to learn what it exports.
 */
export const fromStart = (shared: ReadonlySet<string>, names: readonly string[]): Plugin => ({
  name: "from-start",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:\.|commander$)/ }, ({ path, importer }) =>
      path === "commander" || shared.has(resolve(dirname(importer), path))
        ? { path: START, namespace: "start", sideEffects: false }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: "start" }, () => ({
      contents: [
        'import { createRequire } from "node:module";',
        `export const { ${names.join(", ")} } = createRequire(import.meta.url)("${START}");`,
      ].join("\n"),
    }));
  },
});

/** Has child_process loaded when a process is started, which commander could do and never does here. */
export const processesLater: Plugin = {
  name: "processes-later",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) =>
      importer.includes("/commander/") ? { path, namespace: "later" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "later" }, () => ({
      contents: 'exports.spawn = (...words) => process.getBuiltinModule("child_process").spawn(...words);',
    }));
  },
};
