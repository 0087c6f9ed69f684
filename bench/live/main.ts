/**
 * A live director's throughput beside others', in one run (`make bench-live`, root): TCP through NAT beside the kernel's
 * DNAT and haproxy, small packets beside a loop in C.
 * Only the ratios mean anything: absolute figures belong to one machine at one moment.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pathOf, whyNoNetwork } from "../../test/support/machine.ts";
import { type Contestant, contest } from "./contest.ts";
import * as packets from "./small-packets.ts";
import * as streams from "./streams.ts";

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function closing(contestants: readonly Contestant[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    for (const contestant of contestants) await contestant.close();
  }
}

async function benchStreams(folder: string): Promise<void> {
  if (pathOf("iperf3") === undefined) return print("TCP streams: skipped, needs iperf3");
  const contestants = [await streams.director(true)];
  if (pathOf("iptables") !== undefined) contestants.push(await streams.kernel());
  else print("  kernel DNAT: skipped, needs iptables");
  if (pathOf("haproxy") !== undefined) contestants.push(await streams.haproxy(folder));
  else print("  haproxy: skipped, it is not there");
  contestants.push(await streams.director(false));
  await closing(contestants, async () => {
    print("one TCP stream through NAT (iperf3)");
    await contest(contestants, { name: "Gbit/s", scale: 1e9 }, [
      { of: "kernel DNAT over veth", ratio: 0.7 },
      { of: "haproxy, TCP mode, over veth", ratio: 1.5 },
    ]);
  });
}

function compile(folder: string): packets.Tools | undefined {
  // The sources lie beside this file before it was compiled.
  const sources = fileURLToPath(new URL("../../../bench/live/", import.meta.url));
  const tool = (name: string): string => {
    const { status, stderr } = spawnSync("cc", ["-O2", "-o", join(folder, name), join(sources, `${name}.c`)], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`cc ${name}.c: ${stderr}`);
    return join(folder, name);
  };
  return pathOf("cc") === undefined ? undefined : { flood: tool("flood"), loop: tool("loop"), sink: tool("sink") };
}

async function benchPackets(folder: string): Promise<void> {
  const tools = compile(folder);
  if (tools === undefined) return print("small packets: skipped, needs a C compiler");
  const contestants = [
    await packets.director(tools, true),
    await packets.loop(tools),
    await packets.director(tools, false),
  ];
  await closing(contestants, async () => {
    print("small UDP packets through NAT, one way");
    await contest(contestants, { name: "kpps", scale: 1e3 }, [{ of: "a NAT loop in C", ratio: 0.75 }]);
  });
}

const why = whyNoNetwork();
if (why !== undefined) {
  print(`bench-live: skipped, ${why}`);
} else {
  const folder = mkdtempSync(join(tmpdir(), "tvs-bench-"));
  try {
    await benchStreams(folder);
    await benchPackets(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
