/**
 * What a replay of a capture costs, as whole processes: a million packets of several thousand connections, both directions, in frames of two
 * sizes, beside `tcprewrite --fixcsum` that rewrites both directions of the same file, in turns. Figures of one machine at one moment: the ratios are
 * what to hold on to. They go to docs/performance.md. Needs GNU time; without tcprewrite there are no ratios.
 */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { CAPTURES, writeSection } from "../section.ts";
import { SERVER, SERVER_PORT, VIP, VIP_PORT, writeDirector, writeTraffic } from "./traffic.ts";

const PACKETS = 1_000_000;
const MANY = 10_000_000;
const CONNECTIONS = 5000;
/** Bytes of a frame that carries data. */
const FRAMES = [59, 766];
const RUNS = 5;

/** One process: seconds on the clock, seconds of processor time, and the most memory that it had, in MB. */
interface Cost {
  readonly wall: number;
  readonly processor: number;
  readonly memory: number;
}

const MODES: Readonly<Record<string, (out: string) => readonly string[]>> = {
  "without `-w`": () => [],
  "`-w --comments none`": (out) => ["-w", out, "--comments", "none"],
  "`-w`, a comment on each packet": (out) => ["-w", out],
};

function measured(command: readonly string[], input?: string): Cost {
  const stdin = input === undefined ? ("ignore" as const) : openSync(input, "r");
  const ended: SpawnSyncReturns<string> = spawnSync("time", ["-f", "%e %U %S %M", ...command], {
    encoding: "utf8",
    stdio: [stdin, "ignore", "pipe"],
  });
  if (typeof stdin === "number") closeSync(stdin);
  if (ended.error !== undefined) throw new Error(`GNU time is needed: ${ended.error.message}`);
  if (ended.status !== 0) throw new Error(`${command.join(" ")}: ${ended.stderr}`);
  const [wall = 0, user = 0, system = 0, kilobytes = 0] =
    ended.stderr.trim().split("\n").at(-1)?.split(" ").map(Number) ?? [];
  return { wall, processor: user + system, memory: kilobytes / 1024 };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** The same tables of addresses and ports in both directions. */
const tcprewrite = (capture: string, out: string): readonly string[] => [
  "tcprewrite",
  "--fixcsum",
  `--dstipmap=${VIP}/32:${SERVER}/32`,
  `--srcipmap=${SERVER}/32:${VIP}/32`,
  `--portmap=${VIP_PORT}:${SERVER_PORT},${SERVER_PORT}:${VIP_PORT}`,
  "-i",
  capture,
  "-o",
  out,
];

function rowOf(mode: string, frame: number, own: readonly string[], other: readonly string[] | undefined): string {
  measured(own);
  const pairs = Array.from({ length: RUNS }, () => [measured(own), other && measured(other)] as const);
  const figure = (of: "wall" | "processor"): string => {
    const seconds = median(pairs.map(([one]) => one[of])).toFixed(2);
    const ratios = pairs.flatMap(([one, two]) => (two === undefined ? [] : [one[of] / two[of]]));
    return ratios.length === 0 ? seconds : `${seconds} (${median(ratios).toFixed(2)})`;
  };
  const memory = Math.max(...pairs.map(([one]) => one.memory)).toFixed(0);
  return `| ${frame} | ${mode} | ${figure("wall")} | ${figure("processor")} | ${memory} |`;
}

function measureAll(folder: string): string[] {
  const tapvs = [execPath, "dist/program/cli/main.js", "replay"];
  const director = join(folder, "director.yaml");
  const [capture, out] = [join(folder, "in.pcap"), join(folder, "out")];
  const isThere = spawnSync("tcprewrite", ["-V"]).error === undefined;
  if (!isThere) console.log("no tcprewrite: no ratios");
  writeDirector(director);
  const rows: string[] = [];
  const tell = (row: string): void => {
    console.log(row);
    rows.push(row);
  };
  for (const frame of FRAMES) {
    writeTraffic(capture, { packets: PACKETS, frame, connections: CONNECTIONS });
    const other = isThere ? tcprewrite(capture, out) : undefined;
    for (const [mode, options] of Object.entries(MODES))
      tell(rowOf(mode, frame, [...tapvs, capture, "-c", director, ...options(out)], other));
  }
  const [frame = 0] = FRAMES;
  writeTraffic(capture, { packets: MANY, frame, connections: CONNECTIONS });
  const { wall, processor, memory } = measured([...tapvs, "-", "-c", director], capture);
  const figures = [wall.toFixed(2), processor.toFixed(2), memory.toFixed(0)].join(" | ");
  tell(`| ${frame} | ${MANY.toLocaleString("en")} packets, from standard input | ${figures} |`);
  return rows;
}

const folder = mkdtempSync(join(tmpdir(), "tapvs-captures-"));
try {
  console.log("| bytes of a frame | | seconds | of processor time | MB at most |");
  const rows = measureAll(folder);
  const text = `\`make bench-captures\`: \`tapvs replay\` of ${PACKETS.toLocaleString("en")} packets of ${CONNECTIONS.toLocaleString("en")} connections, NAT, both directions, as whole processes;
medians of ${RUNS} runs. In brackets how many times as long as \`tcprewrite --fixcsum\`, which rewrites addresses and ports of both directions of the same file,
and writes one: the two in turns, on a machine that others used at the same time. Frames that open or close a connection have no data.

| bytes of a frame | | seconds | of processor time | MB at most |
| ---: | --- | ---: | ---: | ---: |
${rows.join("\n")}

Processor time is more than the clock's where V8 compiles on another processor.
`;
  writeSection(CAPTURES, text);
} finally {
  rmSync(folder, { recursive: true });
}
