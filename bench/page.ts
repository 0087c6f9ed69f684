/** docs/performance.md and its picture, made from what was measured. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { version } from "node:process";
import type { GrowthCost, PacketCost } from "./measure.ts";
import { CAPTURES, LIVE, PAGE, sectionOf } from "./section.ts";
import type { Yardstick } from "./yardstick.ts";

export interface Measured {
  readonly inC: Yardstick | undefined;
  readonly packets: readonly (PacketCost & { readonly method: string; readonly connections: number })[];
  readonly growth: readonly (GrowthCost & {
    readonly scheduler: string;
    readonly servers: number;
    readonly connections: number;
  })[];
  readonly picks: readonly { readonly scheduler: string; readonly servers: number; readonly nanoseconds: number }[];
}

const count = (number: number): string => number.toLocaleString("en");

export function writePage(measured: Measured): void {
  writeFileSync(PAGE, page(measured));
  writeFileSync("docs/performance.svg", picture(measured));
}

/** How fast it is beside C, in brackets; empty without a compiler. */
const beside = (nanoseconds: number, c: number | undefined): string =>
  c === undefined ? "" : ` (${(c / nanoseconds).toFixed(2)})`;

function page({ inC, packets, growth, picks }: Measured): string {
  const loop = inC?.packets;
  const sizes = [...new Set(packets.map(({ connections }) => connections))];
  const methods = [...new Set(packets.map(({ method }) => method))];
  const cell = (method: string, connections: number): string => {
    const found = packets.find((one) => one.method === method && one.connections === connections);
    if (found === undefined) return "";
    return `${found.nanoseconds.toFixed(0)}${beside(found.nanoseconds, loop?.get(connections))}`;
  };
  const rows = methods.map((method) => `| ${method} | ${sizes.map((size) => cell(method, size)).join(" | ")} |`);
  const c = `| the C loop | ${sizes.map((size) => loop?.get(size)?.toFixed(0) ?? "").join(" | ")} |`;
  const grown = growth.map(
    ({ scheduler, servers, connections, nanoseconds, longest, bytesPerConnection, expiry }) =>
      `| ${count(connections)} | ${scheduler}, ${servers} | ${nanoseconds.toFixed(0)}${beside(nanoseconds, inC?.openings.get(connections))} | ${longest.toFixed(1)} | ${bytesPerConnection.toFixed(0)} | ${expiry.toFixed(1)} |`,
  );
  const picked = picks.map(
    ({ scheduler, servers, nanoseconds }) =>
      `| ${scheduler} | ${count(servers)} | ${nanoseconds.toFixed(0)} | ${inC?.picks.get(servers)?.toFixed(0) ?? ""} |`,
  );
  return `# Performance

Made by \`make bench\`, on ${cpus().length} of ${cpus()[0]?.model ?? "an unknown processor"}, load ${loadavg()[0]?.toFixed(1)} at the end, Node ${version}. An absolute figure is of that machine at that moment; what lasts is the ratio to
the C loop, which was measured in the same run.

![Nanoseconds a packet, by method and number of connections](performance.svg)

## A packet of an established connection

Nanoseconds of one processor for a 60-byte TCP segment, connections in random order; in brackets the speed beside the C loop. Making the frame
is not counted. The director verifies, looks up, counts, keeps state and timers, rewrites and hands the frame to its link, in batches of 64 as from
a TAP device. [bench/nat-loop.c](../bench/nat-loop.c) only finds the connection and rewrites.

| | ${sizes.map((size) => `${count(size)} connections`).join(" | ")} |
| --- |${sizes.map(() => " ---: |").join("")}
${rows.join("\n")}
${c}

What makes it fast: [decision 0014](decisions/0014-fast-path.md) (the fast path), [0007](decisions/0007-inlining-and-batches.md) (inlining, batches),
[0015](decisions/0015-programs-in-few-files.md) (constants), [0003](decisions/0003-one-hash-of-chains.md) (the table). Packets that take the walk cost two to three times as much.

## New connections, and a table that grows

NAT. Nanoseconds of one processor for a SYN and its frame, in batches of 64; in brackets the speed beside \`nat-loop.c\`, which puts the same connections into
a table that doubles; the longest that a batch took; bytes of the table for each connection in the end; the longest that a tick took while all of
them expired.

| connections | scheduler, real servers | ns each | longest, ms | bytes | expiry, longest, ms |
| ---: | --- | ---: | ---: | ---: | ---: |
${grown.join("\n")}

## Picking a real server

Nanoseconds of one processor for a pick, and for what the connection changes. [bench/scan.c](../bench/scan.c) looks at all servers for each
connection, as the kernel's wlc and lc do.

| scheduler | real servers | ns a pick | all looked at, in C |
| --- | ---: | ---: | ---: |
${picked.join("\n")}

## How fast a command starts

\`tapvs ipvsadm -Ln\` takes 1.21 times the processor time of bare \`node -e 0\`, and \`tapvs --help\` 1.20 times: medians of forty ratios, each command in turn
with Node alone. [Decision 0015](decisions/0015-programs-in-few-files.md) says what makes that so.

${sectionOf(LIVE)}${sectionOf(CAPTURES)}## Method

Every row is a process of its own. Processor time, not the clock: slices of 4096 packets, the lower quartile of them, so that what else runs on the machine does
not count. \`make bench-live\` measures a director on TAP devices beside the kernel's own NAT and haproxy; \`make bench-floods\` what floods cost;
\`make bench-growth\` what a packet costs as services, real servers, routes, marks and interfaces grow; \`make bench-sync\` what
synchronisation costs ([ha.md](ha.md#what-it-costs)).
`;
}

const WIDTH = 720;
const LEFT = 90;
const ROW = 18;
const COLORS = ["#7aa6c2", "#3f7cac", "#1d4e79"];

/** Bars by method, one for each number of connections. */
function picture({ inC, packets }: Measured): string {
  const sizes = [...new Set(packets.map(({ connections }) => connections))];
  const c = [...(inC?.packets ?? [])].map(([connections, nanoseconds]) => ({
    method: "C loop",
    connections,
    nanoseconds,
  }));
  const all = [...packets, ...c];
  const methods = [...new Set(all.map(({ method }) => method))];
  const most = Math.max(...all.map(({ nanoseconds }) => nanoseconds));
  const scale = (WIDTH - LEFT - 60) / most;
  const group = sizes.length * ROW + 10;
  const height = methods.length * group + 50;
  const bars = all.map(({ method, connections, nanoseconds }) => {
    const size = sizes.indexOf(connections);
    const y = 40 + methods.indexOf(method) * group + size * ROW;
    const width = (nanoseconds * scale).toFixed(1);
    const x = LEFT + nanoseconds * scale + 6;
    return `<rect x="${LEFT}" y="${y}" width="${width}" height="${ROW - 4}" fill="${COLORS[size] ?? "#000"}"/><text x="${x.toFixed(1)}" y="${y + 12}">${nanoseconds.toFixed(0)}</text>`;
  });
  const names = methods.map((method, index) => `<text x="8" y="${40 + index * group + ROW + 12}">${method}</text>`);
  const legend = sizes.map(
    (size, index) =>
      `<rect x="${LEFT + index * 190}" y="12" width="12" height="12" fill="${COLORS[index] ?? "#000"}"/><text x="${LEFT + index * 190 + 18}" y="22">${count(size)} connections</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" role="img">
<title>Nanoseconds a packet, by method and number of connections</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${[...legend, ...names, ...bars].join("\n")}
</svg>
`;
}
