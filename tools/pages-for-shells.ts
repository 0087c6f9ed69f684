/**
 * Makes the manual page and the completion of three shells from the help of the commands. `node dist/tools/pages-for-shells.js` writes
 * them, `--check` says which is not what the commands say.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { argv, exit } from "node:process";
import { commandTree } from "./command-tree.ts";
import { bashCompletion, fishCompletion, zshCompletion } from "./completion.ts";
import { manualPage } from "./manual.ts";

/** Their texts by their paths. */
export async function pagesForShells(): Promise<Readonly<Record<string, string>>> {
  const program = await commandTree();
  return {
    "man/tapvs.1": manualPage(program),
    "completions/tapvs.bash": bashCompletion(program),
    "completions/_tapvs": zshCompletion(program),
    "completions/tapvs.fish": fishCompletion(program),
  };
}

if (import.meta.filename === argv[1]) {
  const pages = Object.entries(await pagesForShells());
  const wrong = pages.filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);
  if (!argv.includes("--check")) {
    for (const [path, text] of wrong) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  } else if (wrong.length > 0) {
    console.error(`not what the commands say: ${wrong.map(([path]) => path).join(", ")}: run \`make docs\``);
    exit(1);
  }
}
