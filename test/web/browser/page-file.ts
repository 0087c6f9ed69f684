/** The page as one file, and a browser that opens it, while the tests of a suite run. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { bundlePage } from "../../../tools/bundle-page.ts";
import { needs } from "../../support/machine.ts";
import { findBrowser, startBrowser } from "./chromium.ts";
import { Visit, type VisitOptions } from "./visit.ts";

export const SCREENSHOTS = fileURLToPath(new URL("../screenshots/", import.meta.url));

export class PageFile {
  readonly folder = mkdtempSync(join(tmpdir(), "tapvs-browser-"));
  readonly file = join(this.folder, "tapvs.html");
  readonly #url = pathToFileURL(this.file).href;
  #browser: Browser | undefined;

  /** To be called within `describe`. */
  constructor() {
    const page = this;
    before(async function () {
      const path = findBrowser();
      if (path === undefined) return needs(this, "chromium");
      mkdirSync(SCREENSHOTS, { recursive: true });
      writeFileSync(page.file, await bundlePage());
      page.#browser = await startBrowser(path);
    });
    after(async () => {
      await this.#browser?.close();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Opens the file; `rest` follows its name: `#mode=nat`. */
  visit(rest = "", options: VisitOptions = {}): Promise<Visit> {
    return this.open(`${this.#url}${rest}`, options);
  }

  /** Opens another address. */
  open(url: string, options: VisitOptions = {}): Promise<Visit> {
    if (this.#browser === undefined) throw new Error("the browser has not started");
    return Visit.open(this.#browser, url, options);
  }
}
