/** Downloads and datagrams through a director under test, while something happens to it. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Counted } from "./counted.ts";
import { until } from "./director.ts";
import type { Downloads, Requests } from "./download.ts";
import type { Network } from "./network.ts";

const DOWNLOAD = fileURLToPath(new URL("./download.js", import.meta.url));
const COUNTED = fileURLToPath(new URL("./counted.js", import.meta.url));

async function serve(network: Network, host: string, program: string, port: number): Promise<void> {
  const child = network.start(host, [process.execPath, program, "serve", String(port)]);
  if (child.stdout !== null) await once(child.stdout, "data");
}

/** Serves downloads on a host; resolves when it does. */
export const serveDownloads = (network: Network, host: string, port: number): Promise<void> =>
  serve(network, host, DOWNLOAD, port);

/** Answers datagrams on a host; resolves when it does. */
export const answerDatagrams = (network: Network, host: string, port: number): Promise<void> =>
  serve(network, host, COUNTED, port);

/** What was begun, and resolves to what became of it. */
interface Begun<Result> {
  readonly ended: Promise<Result>;
}

async function begin<Result>(
  network: Network,
  host: string,
  words: readonly (string | number)[],
): Promise<Begun<Result>> {
  const child = network.start(host, [process.execPath, ...words.map(String)]);
  let out = "";
  child.stdout?.on("data", (piece) => {
    out += piece;
  });
  await until(
    () => out.includes("open\n"),
    () => `${words.join(" ")} to begin`,
  );
  return { ended: once(child, "close").then(() => JSON.parse(out.trim().split("\n").at(-1) ?? "") as Result) };
}

/** Resolves when all downloads have begun. */
export const beginDownloads = (
  network: Network,
  host: string,
  { address, port, count, seconds }: { address: string; port: number; count: number; seconds: number },
): Promise<Begun<Downloads>> => begin(network, host, [DOWNLOAD, "get", address, port, count, seconds]);

/** Resolves when the first datagram is answered. */
export const beginDatagrams = (
  network: Network,
  host: string,
  { address, port, rate, seconds }: { address: string; port: number; rate: number; seconds: number },
): Promise<Begun<Counted>> => begin(network, host, [COUNTED, "send", address, port, rate, seconds]);

/** Resolves when the first request is answered. */
export const beginRequests = (
  network: Network,
  host: string,
  { address, port, rate, seconds }: { address: string; port: number; rate: number; seconds: number },
): Promise<Begun<Requests>> => begin(network, host, [DOWNLOAD, "ask", address, port, rate, seconds]);
