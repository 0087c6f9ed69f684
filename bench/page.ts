/** docs/performance.md and its pictures, made from what was measured. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { version } from "node:process";
import type { Measured } from "./parts.ts";
import { bars, curve } from "./pictures.ts";
import { CAPTURES, LIVE, PAGE, sectionOf } from "./section.ts";

const count = (number: number): string => number.toLocaleString("en");

export function writePage(measured: Measured): void {
  writeFileSync(PAGE, page(measured));
  writeFileSync("docs/performance.svg", bars(measured));
  writeFileSync("docs/performance-growth.svg", curve(measured));
}

/** The loop with either table. */
const C_LOOP = "the C loop, a table for two million";
const FITTING = "the C loop, a table that fits";

const LISTENERS = {
  fast: "nobody listens: the fast path",
  walk: "the walk, without a listener",
  heard: "somebody hears the walk's events",
  explained: "and their causes",
};

/** How fast it is beside C, in brackets; empty without a compiler. */
const beside = (nanoseconds: number, c: number | undefined): string =>
  c === undefined ? "" : ` (${(c / nanoseconds).toFixed(2)})`;

/** A packet's cost by method and number of connections. */
function packetTable(packets: Measured["packets"] = []): string {
  const sizes = [...new Set(packets.map(({ connections }) => connections))];
  const methods = [...new Set(packets.map(({ method }) => method))];
  const at = (method: string, size: number) => packets.find((one) => one.method === method && one.connections === size);
  const cell = (method: string, size: number): string => {
    const { nanoseconds = 0, c } = at(method, size) ?? {};
    return `${nanoseconds.toFixed(0)}${beside(nanoseconds, c)}`;
  };
  return table(
    ["", ...sizes.map((size) => `${count(size)} connections`)],
    [
      ...methods.map((method) => [method, ...sizes.map((size) => cell(method, size))]),
      [C_LOOP, ...sizes.map((size) => at("nat", size)?.c?.toFixed(0) ?? "")],
      [FITTING, ...sizes.map((size) => at("nat", size)?.fitting?.toFixed(0) ?? "")],
    ],
  );
}

/** Figures stand to the right of what they are of. */
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map((_, index) => (index === 0 ? "---" : "---:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");

function page({ packets, connections = [], openings = [], picks = [], listeners = [], sizes = [] }: Measured): string {
  const silent = listeners.find(({ path }) => path === "fast")?.nanoseconds ?? Number.NaN;
  const walked = listeners.find(({ path }) => path === "walk")?.nanoseconds ?? Number.NaN;
  const growing = [...new Set(sizes.map(({ what }) => what))];
  const steps = [...new Set(sizes.map(({ size }) => size))];
  const costAt = (what: string, size: number): string => {
    const found = sizes.find((one) => one.what === what && one.size === size);
    return found === undefined ? "" : `${found.fast.toFixed(0)} / ${found.first.toFixed(0)}`;
  };
  return `# Performance

Made by \`make bench\`, on ${cpus().length} of ${cpus()[0]?.model ?? "an unknown processor"}, load ${loadavg()[0]?.toFixed(1)} at the end, Node ${version}. An absolute figure is of that machine at that moment; what lasts is the ratio to
the C loop, which was measured in the same run.

![Nanoseconds a packet, by method and number of connections](performance.svg)

## A packet of an established connection

Nanoseconds of one processor for a 60-byte TCP segment, connections in random order; in brackets the speed beside the C loop. Making the frame
is not counted. The director verifies, looks up, counts, keeps state and timers, rewrites and hands the frame to its link, in batches of 64 as from
a TAP device. [bench/nat-loop.c](../bench/nat-loop.c) only finds the connection and rewrites. The ratio is to a loop whose table has 2^21 slots
at every count, as the kernel's table has one size whatever is in it. Below stands the same loop with a table that fits the count: a thousand connections lie
in 64 KB then, and not on a thousand pages. How the director compares depends on where the connections lie: while all fit a cache, it is the
length of the path that counts; beyond, both wait for memory, and the director, which fetches those of a batch side by side, waits less.

${packetTable(packets)}

What makes it fast: [decision 0014](decisions/0014-fast-path.md) (the fast path), [0007](decisions/0007-inlining-and-batches.md) (inlining, batches),
[0015](decisions/0015-programs-in-few-files.md) (constants), [0003](decisions/0003-one-hash-of-chains.md) (the table). Packets that take the walk cost two to three times as much.

## New connections, and a table that grows

NAT. Nanoseconds of one processor for a SYN and its frame, in batches of 64; in brackets the speed beside \`nat-loop.c\`, which puts the same connections into
a table that doubles; the longest that a batch took; bytes of the table for each connection in the end; the longest that a tick took while all of
them expired.

${table(
  ["connections", "scheduler, real servers", "ns each", "longest, ms", "bytes", "expiry, longest, ms"],
  openings.map(({ scheduler, servers, nanoseconds, longest, bytesPerConnection, expiry, c, ...one }) => [
    count(one.connections),
    `${scheduler}, ${servers}`,
    `${nanoseconds.toFixed(0)}${beside(nanoseconds, c)}`,
    longest.toFixed(1),
    bytesPerConnection.toFixed(0),
    expiry.toFixed(1),
  ]),
)}

## Picking a real server

Nanoseconds of one processor for a pick, and for what the connection changes. [bench/scan.c](../bench/scan.c) looks at all servers for each
connection, as the kernel's wlc and lc do.

${table(
  ["scheduler", "real servers", "ns a pick", "all looked at, in C"],
  picks.map(({ scheduler, servers, nanoseconds, c }) => [
    scheduler,
    count(servers),
    nanoseconds.toFixed(0),
    c?.toFixed(0) ?? "",
  ]),
)}

## What grows with what

A packet of a NAT connection by the number of connections, as above; memory is what all rows and chains take. Beyond a million the table of the C loop
grows as well.

![Nanoseconds a packet, by number of connections](performance-growth.svg)

${table(
  ["connections", "ns", "bytes each", C_LOOP, FITTING],
  connections.map(({ nanoseconds, bytesPerConnection, c, fitting, ...one }) => [
    count(one.connections),
    `${nanoseconds.toFixed(0)}${beside(nanoseconds, c)}`,
    bytesPerConnection.toFixed(0),
    c?.toFixed(0) ?? "",
    fitting?.toFixed(0) ?? "",
  ]),
)}

An established packet and the first of a connection, in nanoseconds, by how many there are of what they are looked up in; here each frame comes alone, and making it
is counted. \`make bench-growth\` has more of these.

${table(
  ["", ...steps.map(count)],
  growing.map((what) => [what, ...steps.map((size) => costAt(what, size))]),
)}

## While somebody listens

A packet of one of 1,000 NAT connections. Who listens gets every step of the walk as an event, and, unless it does without, the causes: what decided, and what would change
it. The fast path has no steps to tell of, so that listening begins with the walk.

${table(
  ["", "ns", "of the fast path", "of the walk"],
  listeners.map(({ path, nanoseconds }) => [
    LISTENERS[path],
    nanoseconds.toFixed(0),
    (nanoseconds / silent).toFixed(1),
    (nanoseconds / walked).toFixed(1),
  ]),
)}

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
