/** A real browser for tests: the one that is installed; on a build server it is installed first. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];

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

const installed = (): string | undefined => PLACES.find((path) => existsSync(path));

/** The path of a browser; `undefined` where there is none and none may be installed. */
export function findBrowser(): string | undefined {
  const found = installed();
  if (found !== undefined || process.env.CI !== "true" || process.getuid?.() !== 0) return found;
  const apt = (...words: string[]): void => {
    spawnSync("apt-get", words, { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  };
  apt("update");
  apt("install", "-y", "--no-install-recommends", "chromium");
  return installed();
}

export const startBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: ARGUMENTS });
