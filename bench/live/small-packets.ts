/** Small UDP packets one way: how many a director forwards in a second, beside a loop in C that only swaps addresses. */
import { once } from "node:events";
import { TestDirector } from "../../test/live/director.ts";
import { end, type Network } from "../../test/live/network.ts";
import type { DirectorStatus } from "../../src/io/live/messages.ts";
import { CLIENT, INSIDE, makeHosts, OUTSIDE, plug, SERVER, VIP, yaml } from "./cables.ts";
import type { Contestant } from "./streams.ts";

const PORT = 9;
const BYTES = 18;
const SECONDS = 3;

/** The tools that were compiled, by name. */
export type Tools = Readonly<Record<"flood" | "loop" | "sink", string>>;

const flood = (network: Network, tools: Tools): Promise<unknown> =>
  network.exec("c", tools.flood, VIP, String(PORT), String(BYTES), String(SECONDS));

async function startSink(network: Network, tools: Tools): Promise<void> {
  const child = network.start("s", [tools.sink, String(PORT)]);
  if (child.stdout !== null) await once(child.stdout, "data");
}

/** A director with offloads or without: for packets this small only the header before each frame differs. */
export async function director(tools: Tools, offloads: boolean): Promise<Contestant> {
  const network = makeHosts();
  const tapvs = new TestDirector(network, yaml([PORT]));
  await tapvs.start({ words: offloads ? [] : ["--no-offload"] });
  plug(network, "tvs0", "c", CLIENT, OUTSIDE);
  plug(network, "tvs1", "s", SERVER, INSIDE);
  await startSink(network, tools);
  const sent = async (): Promise<number> => (await tapvs.json<DirectorStatus>("/v1/status")).ports[1]?.sent ?? 0;
  return {
    name: offloads ? "tapvs" : "tapvs --no-offload",
    measure: async () => {
      const before = await sent();
      await flood(network, tools);
      return ((await sent()) - before) / SECONDS;
    },
    close: async () => {
      await tapvs.close();
      await network.close();
    },
  };
}

/** The loop in C, with the same devices. It changes addresses, so the hosts are told who is behind the gateway. */
export async function loop(tools: Tools): Promise<Contestant> {
  const network = makeHosts();
  const run = async (work: () => Promise<unknown>): Promise<number> => {
    const child = network.start("d", [tools.loop, "tvs0", "tvs1"]);
    let out = "";
    child.stdout?.on("data", (piece) => {
      out += piece;
    });
    if (child.stdout !== null) await once(child.stdout, "data");
    plug(network, "tvs0", "c", CLIENT, OUTSIDE);
    plug(network, "tvs1", "s", SERVER, INSIDE);
    network.ip("c", `neigh replace ${VIP} lladdr 02:00:00:00:91:01 dev tvs0`);
    await work();
    await end(child);
    return Number(out.split("\n")[1]);
  };
  await startSink(network, tools);
  return {
    name: "read, swap, write in C",
    measure: async () => (await run(() => flood(network, tools))) / SECONDS,
    close: () => network.close(),
  };
}
