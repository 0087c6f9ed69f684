/**
 * Makes dist/web/tapvs.html: the page with its script and styles in one file that opens from disk.
 *
 *   node dist/tools/bundle-page.js [OUT.html]
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { build } from "esbuild";
import { writeWholeFile } from "./whole-files.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const PAGE = join(ROOT, "src/web/page");

/** What browsers can read that people have: not older than three years. */
const TARGET = ["chrome115", "firefox115", "safari17"];

async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(PAGE, entry)],
    bundle: true,
    minify: true,
    charset: "utf8",
    format: "iife",
    target: TARGET,
    write: false,
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

/** Unpacks the script and runs it. Packed, the page is less than half as large. */
const LOADER = `(async () => {
  const letters = atob(document.querySelector("#packed").textContent);
  const packed = new Uint8Array(letters.length);
  for (let at = 0; at < packed.length; at++) packed[at] = letters.charCodeAt(at);
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const script = document.createElement("script");
  script.textContent = await new Response(unpacked).text();
  document.body.append(script);
})();`;

/** A script that begins with its styles: they are packed with it, and nothing is to be seen before it runs. */
const styled = (style: string, script: string): string =>
  `document.head.append(Object.assign(document.createElement("style"),{textContent:${JSON.stringify(style)}}));${script}`;

const hashOf = (script: string): string => `'sha256-${createHash("sha256").update(script).digest("base64")}'`;

/** The page as one file. Nothing but its own script may run in it, and it may talk to nobody but where it came from. */
export async function bundlePage(): Promise<string> {
  const [main, style] = await Promise.all([bundled("main.ts"), bundled("style/page.css")]);
  const script = styled(style, main);
  const packed = deflateRawSync(script, { level: 9 }).toString("base64");
  const policy = `default-src 'none'; script-src ${hashOf(LOADER)} ${hashOf(script)}; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'`;
  const page = readFileSync(join(PAGE, "index.html"), "utf8");
  const licence = readFileSync(join(ROOT, "node_modules/yaml/LICENSE"), "utf8").trim();
  return page
    .replace("</title>", () => `</title>\n<meta http-equiv="Content-Security-Policy" content="${policy}">`)
    .replace(
      "</body>",
      () =>
        `<!-- The package yaml is inside. ${licence} -->\n<script type="application/octet-stream" id="packed">${packed}</script>\n<script>${LOADER}</script>\n</body>`,
    );
}

async function writePage(out: string): Promise<void> {
  writeWholeFile(out, await bundlePage());
}

// Nobody can wait at the top here: where tests run in one process, mocha loads files by require, and this one with them.
if (import.meta.filename === argv[1]) void writePage(argv[2] ?? join(ROOT, "dist/web/tapvs.html"));
