/** A real browser for tests: one that is installed. */
import { type Browser, chromium } from "playwright-core";
import { pathOf } from "../../support/machine.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Nothing of the browser's own business, and no graphics card. */
const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The path of a browser; `undefined` where there is none. */
export const findBrowser = (): string | undefined => NAMES.map(pathOf).find((path) => path !== undefined);

export const startBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: ARGUMENTS });
