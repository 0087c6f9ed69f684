/** What may stand between two hosts: a director, the kernel's DNAT, haproxy. Each with a client `c` and a server `s` of its own. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { TestDirector } from "../../test/live/director.ts";
import type { Network } from "../../test/live/network.ts";
import { CLIENT, cableByVeth, INSIDE, makeHosts, OUTSIDE, plug, SERVER, VIP, yaml } from "./cables.ts";

export interface Box {
  readonly name: string;
  readonly network: Network;
  close(): Promise<void>;
}

/** With the given words on its command line, and in its name. */
export async function director(
  ports: readonly number[],
  ...words: readonly string[]
): Promise<Box & { readonly tapvs: TestDirector }> {
  const network = makeHosts();
  const tapvs = new TestDirector(network, yaml(ports));
  await tapvs.start({ words });
  plug(network, "tvs0", "c", CLIENT, OUTSIDE);
  plug(network, "tvs1", "s", SERVER, INSIDE);
  const close = async (): Promise<void> => {
    await tapvs.close();
    await network.close();
  };
  return { name: ["tapvs", ...words].join(" "), network, tapvs, close };
}

/** It routes what is not for the virtual address. */
export async function kernel(): Promise<Box> {
  const network = makeHosts();
  cableByVeth(network);
  const rule = ["-t", "nat", "-A", "PREROUTING", "-d", VIP, "-p", "tcp", "-j", "DNAT", "--to-destination", SERVER];
  const { code, err } = await network.exec("d", "iptables", ...rule);
  if (code !== 0) throw new Error(`iptables: ${err}`);
  return { name: "kernel DNAT over veth", network, close: () => network.close() };
}

/** In TCP mode: it ends each connection, and opens another one. */
export async function haproxy(folder: string, ports: readonly number[]): Promise<Box> {
  const network = makeHosts();
  cableByVeth(network);
  const listeners = ports.flatMap((port) => [
    `listen vip${port}`,
    `  bind ${VIP}:${port}`,
    `  server one ${SERVER}:${port}`,
  ]);
  await runHaproxy(network, "d", `${folder}/box.cfg`, ["defaults", "  mode tcp", ...TIMEOUTS, ...listeners]);
  return { name: "haproxy, TCP mode, over veth", network, close: () => network.close() };
}

const TIMEOUTS = ["  timeout connect 5s", "  timeout client 60s", "  timeout server 60s"];

/** A server of HTTP that replies with two letters, and does little else: haproxy again. */
export const serveHttp = (network: Network, folder: string, port: number): Promise<void> =>
  runHaproxy(network, "s", `${folder}/http.cfg`, [
    "defaults",
    "  mode http",
    ...TIMEOUTS,
    "frontend http",
    `  bind ${SERVER}:${port}`,
    "  http-request return status 200 content-type text/plain string ok",
  ]);

/** Resolves when it listens, or has ended. */
async function runHaproxy(network: Network, host: string, file: string, lines: readonly string[]): Promise<void> {
  writeFileSync(file, [...lines, ""].join("\n"));
  const child = network.start(host, ["haproxy", "-db", "-f", file]);
  await Promise.race([new Promise((resolve) => setTimeout(resolve, 800)), once(child, "exit")]);
  if (child.exitCode !== null) throw new Error(`haproxy ended with ${child.exitCode}: ${file}`);
}
