/** Small UDP packets one way: how many a director forwards in a second, beside a loop in C that does the least a NAT can do. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { DirectorStatus } from "../../src/io/live/messages.ts";
import { end, type Network } from "../../test/live/network.ts";
import * as boxes from "./boxes.ts";
import { CLIENT, INSIDE, makeHosts, OUTSIDE, plug, SERVER, VIP } from "./cables.ts";
import type { Contestant, Measurement } from "./contest.ts";

const PORT = 9;
const SERVER_MAC = "02:00:00:00:92:02";
const BYTES = 18;
const SECONDS = 2;

/** The tools that were compiled, by name. */
export type Tools = Readonly<Record<"flood" | "loop" | "sink", string>>;

type Closing = Contestant & { close(): Promise<void> };

const flood = (network: Network, tools: Tools): Promise<unknown> =>
  network.exec("c", tools.flood, VIP, String(PORT), String(BYTES), String(SECONDS));

/** Seconds of processor time that a process has had, all threads together. */
function processorSeconds(pid: number): number {
  // Behind the name in brackets: state, then ten numbers, then user and system time in hundredths of a second.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Frames that `count` counts while the packets come, per second and per second of the processor. */
async function during(pid: number, count: () => Promise<number>, work: () => Promise<unknown>): Promise<Measurement> {
  const [frames, seconds] = [await count(), processorSeconds(pid)];
  await work();
  const used = processorSeconds(pid) - seconds;
  const forwarded = (await count()) - frames;
  return { rate: forwarded / SECONDS, perProcessorSecond: forwarded / used };
}

async function startSink(network: Network, tools: Tools): Promise<void> {
  const child = network.start("s", [tools.sink, String(PORT)]);
  if (child.stdout !== null) await once(child.stdout, "data");
}

export async function director(tools: Tools, ...words: readonly string[]): Promise<Closing> {
  const { name, network, tapvs, close } = await boxes.director([PORT], ...words);
  await startSink(network, tools);
  const sent = async (): Promise<number> => (await tapvs.json<DirectorStatus>("/v1/status")).ports[1]?.sent ?? 0;
  return { name, measure: () => during(tapvs.pid, sent, () => flood(network, tools)), close };
}

/** The loop in C, with the same devices. It knows no ARP, so the client is told who is behind it. */
export async function loop(tools: Tools): Promise<Closing> {
  const network = makeHosts();
  const child = network.start("d", [tools.loop, "tvs0", "tvs1", SERVER, SERVER_MAC]);
  let out = "";
  child.stdout?.on("data", (piece) => {
    out += piece;
  });
  if (child.stdout !== null) await once(child.stdout, "data");
  plug(network, "tvs0", "c", CLIENT, OUTSIDE);
  plug(network, "tvs1", "s", SERVER, INSIDE);
  network.ip("s", `link set tvs1 address ${SERVER_MAC}`);
  network.ip("c", `neigh replace ${VIP} lladdr 02:00:00:00:91:01 dev tvs0`);
  await startSink(network, tools);
  /** SIGUSR1 has it say how many frames it wrote. */
  const written = async (): Promise<number> => {
    const before = out.length;
    child.kill("SIGUSR1");
    while (out.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
    return Number(out.trimEnd().split("\n").at(-1));
  };
  return {
    name: "a NAT loop in C",
    measure: () => during(child.pid ?? 0, written, () => flood(network, tools)),
    close: async () => {
      await end(child);
      await network.close();
    },
  };
}
