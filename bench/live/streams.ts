/** One TCP stream through a box, by iperf3. */
import type { Network } from "../../test/live/network.ts";
import type { Box } from "./boxes.ts";
import { VIP } from "./cables.ts";
import type { Contestant } from "./contest.ts";

export const PORT = 5201;
const SECONDS = 3;

export async function streamThrough({ name, network }: Box): Promise<Contestant> {
  network.start("s", ["iperf3", "-s", "-p", String(PORT), "--forceflush"]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { name, measure: async () => ({ rate: await bits(network) }) };
}

/** In a second, as the receiver counts them. */
async function bits(network: Network): Promise<number> {
  const words = ["iperf3", "-c", VIP, "-p", String(PORT), "-t", String(SECONDS), "-O", "1", "--json"];
  const { out } = await network.exec("c", ...words);
  const { end, error } = JSON.parse(out) as { end?: { sum_received?: { bits_per_second: number } }; error?: string };
  const rate = end?.sum_received?.bits_per_second;
  if (rate === undefined) throw new Error(`iperf3: ${error ?? out}`);
  return rate;
}
