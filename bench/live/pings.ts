/** How long a packet and its reply take through a box, by ping. */
import type { Box } from "./boxes.ts";
import { SERVER } from "./cables.ts";
import { median } from "./contest.ts";

const ROUNDS = 5;
const PINGS = 400;
/** Seconds between two. */
const INTERVAL = 0.002;

/** Round trips in milliseconds: the median, and what one in a hundred exceeds. */
export interface Delay {
  readonly name: string;
  readonly middle: number;
  readonly late: number;
}

/** The server itself is pinged: boxes are routers here. They take turns; each figure is the median of the rounds'. */
export async function pingThrough(boxes: readonly Box[]): Promise<Delay[]> {
  const trips = boxes.map(() => [] as number[][]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, box] of boxes.entries()) trips[index]?.push(await ping(box));
  }
  return boxes.map(({ name }, index) => {
    const share = (part: number): number =>
      median((trips[index] ?? []).map((sorted) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN));
    return { name, middle: share(0.5), late: share(0.99) };
  });
}

/** The round trips of one round, the shortest first. */
async function ping({ network }: Box): Promise<number[]> {
  const { out, err } = await network.exec("c", "ping", "-c", String(PINGS), "-i", String(INTERVAL), SERVER);
  const times = [...out.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time));
  if (times.length < PINGS * 0.9) throw new Error(`ping: ${err}${out.split("\n").slice(-4).join("\n")}`);
  return times.toSorted((a, b) => a - b);
}
