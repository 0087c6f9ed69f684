/** TCP streams by iperf3 through NAT: a director with offloads, the kernel's DNAT, haproxy, in turn. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { TestDirector } from "../../test/live/director.ts";
import type { Network } from "../../test/live/network.ts";
import { CLIENT, cableByVeth, INSIDE, makeHosts, OUTSIDE, plug, SERVER, VIP, yaml } from "./cables.ts";
import type { Contestant } from "./contest.ts";

const PORT = 5201;
const SECONDS = 4;

async function measure(network: Network, address: string): Promise<{ readonly rate: number }> {
  const words = ["iperf3", "-c", address, "-p", String(PORT), "-t", String(SECONDS), "-O", "1", "--json"];
  const { out } = await network.exec("c", ...words);
  const { end, error } = JSON.parse(out) as { end?: { sum_received?: { bits_per_second: number } }; error?: string };
  const rate = end?.sum_received?.bits_per_second;
  if (rate === undefined) throw new Error(`iperf3: ${error ?? out}`);
  return { rate };
}

async function serve(network: Network): Promise<void> {
  network.start("s", ["iperf3", "-s", "-p", String(PORT), "--forceflush"]);
  await new Promise((resolve) => setTimeout(resolve, 300));
}

export async function director(offloads: boolean): Promise<Contestant> {
  const network = makeHosts();
  const tapvs = new TestDirector(network, yaml([PORT]));
  await tapvs.start({ words: offloads ? [] : ["--no-offload"] });
  plug(network, "tvs0", "c", CLIENT, OUTSIDE);
  plug(network, "tvs1", "s", SERVER, INSIDE);
  await serve(network);
  return {
    name: offloads ? "tapvs" : "tapvs --no-offload",
    measure: () => measure(network, VIP),
    close: async () => {
      await tapvs.close();
      await network.close();
    },
  };
}

export async function kernel(): Promise<Contestant> {
  const network = makeHosts();
  cableByVeth(network);
  const rule = ["-t", "nat", "-A", "PREROUTING", "-d", VIP, "-p", "tcp", "-j", "DNAT", "--to-destination", SERVER];
  const { code, err } = await network.exec("d", "iptables", ...rule);
  if (code !== 0) throw new Error(`iptables: ${err}`);
  await serve(network);
  return { name: "kernel DNAT over veth", measure: () => measure(network, VIP), close: () => network.close() };
}

export async function haproxy(folder: string): Promise<Contestant> {
  const network = makeHosts();
  cableByVeth(network);
  const file = `${folder}/haproxy.cfg`;
  const lines = [
    "defaults",
    "  mode tcp",
    "  timeout connect 5s",
    "  timeout client 60s",
    "  timeout server 60s",
    "listen vip",
    `  bind ${VIP}:${PORT}`,
    `  server one ${SERVER}:${PORT}`,
    "",
  ];
  writeFileSync(file, lines.join("\n"));
  const child = network.start("d", ["haproxy", "-db", "-f", file]);
  await Promise.race([new Promise((resolve) => setTimeout(resolve, 800)), once(child, "exit")]);
  await serve(network);
  return { name: "haproxy, TCP mode, over veth", measure: () => measure(network, VIP), close: () => network.close() };
}
