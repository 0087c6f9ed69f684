/**
 * A live director beside others, in one run (`make bench-live`, root): a TCP stream, requests, connections and pings through
 * NAT beside the kernel's DNAT and haproxy, small packets beside a loop in C. With words (`streams`, `http`, `pings`,
 * `packets`) only these; without, all of them, and the section of docs/performance.md.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pathOf, whyNoNetwork } from "../../test/support/machine.ts";
import * as boxes from "./boxes.ts";
import { contest } from "./contest.ts";
import * as http from "./http.ts";
import { pingThrough } from "./pings.ts";
import { type Result, resultLines, writeLiveSection } from "./report.ts";
import * as packets from "./small-packets.ts";
import * as streams from "./streams.ts";

const KINDS = ["streams", "http", "pings", "packets"] as const;
const PORTS = [streams.PORT, http.PORT];

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const has = (...programs: readonly string[]): boolean => {
  const missing = programs.filter((program) => pathOf(program) === undefined);
  if (missing.length > 0) print(`skipped: needs ${missing.join(", ")}`);
  return missing.length === 0;
};

async function closing<Closed>(
  all: readonly { close(): Promise<void> }[],
  work: () => Promise<Closed>,
): Promise<Closed> {
  try {
    return await work();
  } finally {
    for (const one of all) await one.close();
  }
}

async function benchBoxes(folder: string, kinds: ReadonlySet<string>, tell: (result: Result) => void): Promise<void> {
  const all: boxes.Box[] = [await boxes.director(PORTS)];
  if (has("iptables")) all.push(await boxes.kernel());
  if (has("haproxy")) all.push(await boxes.haproxy(folder, PORTS));
  await closing(all, async () => {
    if (kinds.has("streams") && has("iperf3")) tell(await benchStreams(all));
    if (kinds.has("http") && has("wrk", "haproxy")) for (const result of await benchHttp(folder, all)) tell(result);
    // A proxy routes as the kernel does.
    const routers = all.slice(0, 2);
    if (kinds.has("pings") && has("ping")) tell({ kind: "delays", title: "pings", delays: await pingThrough(routers) });
  });
}

async function benchStreams(all: readonly boxes.Box[]): Promise<Result> {
  const plain = await boxes.director(PORTS, "--no-offload");
  return closing([plain], async () => {
    const contestants = await Promise.all([...all, plain].map(streams.streamThrough));
    const standings = await contest(contestants, { name: "Gbit/s", scale: 1e9 }, [
      { of: "kernel DNAT over veth", ratio: 0.95 },
      { of: "haproxy, TCP mode, over veth", ratio: 2 },
    ]);
    return { kind: "standings", title: "one TCP stream", standings };
  });
}

async function benchHttp(folder: string, all: readonly boxes.Box[]): Promise<Result[]> {
  for (const { network } of all) await boxes.serveHttp(network, folder, http.PORT);
  const results: Result[] = [];
  for (const isNew of [false, true]) {
    const contestants = all.map((box) => http.requestsThrough(box, isNew));
    const standings = await contest(contestants, { name: "thousand/s", scale: 1e3 }, [
      { of: "kernel DNAT over veth", ratio: 1 },
      { of: "haproxy, TCP mode, over veth", ratio: 1 },
    ]);
    results.push({ kind: "standings", title: isNew ? "requests, a connection each" : "requests", standings });
  }
  return results;
}

function compile(folder: string): packets.Tools {
  // The sources lie beside this file before it was compiled.
  const sources = fileURLToPath(new URL("../../../bench/live/", import.meta.url));
  const tool = (name: string): string => {
    const { status, stderr } = spawnSync("cc", ["-O2", "-o", join(folder, name), join(sources, `${name}.c`)], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`cc ${name}.c: ${stderr}`);
    return join(folder, name);
  };
  return { flood: tool("flood"), loop: tool("loop"), sink: tool("sink") };
}

async function benchPackets(folder: string): Promise<Result> {
  const tools = compile(folder);
  const contestants = [
    await packets.director(tools),
    await packets.loop(tools),
    await packets.director(tools, "--no-io-uring"),
  ];
  return closing(contestants, async () => {
    const targets = [{ of: "a NAT loop in C", ratio: 0.95 }];
    const standings = await contest(contestants, { name: "thousand/s", scale: 1e3 }, targets);
    return { kind: "standings", title: "small UDP packets, one way", standings };
  });
}

async function bench(folder: string, kinds: ReadonlySet<string>): Promise<void> {
  const results: Result[] = [];
  const tell = (result: Result): void => {
    results.push(result);
    for (const line of resultLines(result)) print(line);
  };
  if (KINDS.some((kind) => kind !== "packets" && kinds.has(kind))) await benchBoxes(folder, kinds, tell);
  if (kinds.has("packets") && has("cc")) tell(await benchPackets(folder));
  if (KINDS.every((kind) => kinds.has(kind))) writeLiveSection(results);
}

const why = whyNoNetwork();
const words = process.argv.slice(2);
if (why !== undefined) {
  print(`bench-live: skipped, ${why}`);
} else {
  const folder = mkdtempSync(join(tmpdir(), "tvs-bench-"));
  try {
    await bench(folder, new Set(words.length > 0 ? words : KINDS));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
