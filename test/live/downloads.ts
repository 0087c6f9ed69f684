/** Downloads through a director under test, while something happens to it. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { until } from "./director.ts";
import type { Downloads } from "./download.ts";
import type { Network } from "./network.ts";

const PROGRAM = fileURLToPath(new URL("./download.js", import.meta.url));

/** Serves downloads on a host; resolves when it does. */
export async function serveDownloads(network: Network, host: string, port: number): Promise<void> {
  const child = network.start(host, [process.execPath, PROGRAM, "serve", String(port)]);
  if (child.stdout !== null) await once(child.stdout, "data");
}

/** Resolves when all downloads have begun; `ended` resolves to what became of them. */
export async function beginDownloads(
  network: Network,
  host: string,
  { address, port, count, seconds }: { address: string; port: number; count: number; seconds: number },
): Promise<{ readonly ended: Promise<Downloads> }> {
  const words = [process.execPath, PROGRAM, "get", address, port, count, seconds].map(String);
  const child = network.start(host, words);
  let out = "";
  child.stdout?.on("data", (piece) => {
    out += piece;
  });
  await until(
    () => out.includes("open\n"),
    () => `${count} downloads to begin`,
  );
  const ended = once(child, "close").then(() => JSON.parse(out.trim().split("\n").at(-1) ?? "") as Downloads);
  return { ended };
}
