/**
 * What packets cost, in memory: each forwarding method at 1 k, 64 k and 1 M connections in random order, beside a NAT loop in C that checks
 * nothing and knows no states; how that grows with connections, services, real servers, routes and marks; what new connections cost, what it
 * costs to pick one real server of many, and what it costs to explain.
 * Figures of one machine at one moment: the ratios are what to hold on to. They go to docs/performance.md.
 *
 *   node dist/bundled/bench/packets.js                     all of it
 *   node dist/bundled/bench/packets.js part picks          that part anew, beside what was measured of the others
 *   node dist/bundled/bench/packets.js nat 64000           that alone, and no page
 *   node dist/bundled/bench/packets.js nat 1000 walk       without the fast path; while somebody listens: heard, explained
 *   node dist/bundled/bench/packets.js growth wlc 16 1000000
 *   node dist/bundled/bench/packets.js pick wlc 1000
 *   node dist/bundled/bench/packets.js sizes routes
 */
import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { inlineTheWalk } from "../src/io/inlining.ts";
import { PATHS, type Path } from "./beds.ts";
import { GROWING_SIZES, growingCosts } from "./growing.ts";
import { growthCost, packetCost, pickCost } from "./measure.ts";
import { writePage } from "./page.ts";
import { type Measured, PARTS, type PartName } from "./parts.ts";

/** What was measured last, by part. */
const STORE = "dist/measured.json";

function stored(): Measured {
  try {
    return JSON.parse(readFileSync(STORE, "utf8"));
  } catch {
    return {};
  }
}

function measure(names: readonly PartName[]): void {
  for (const name of names) {
    console.log(`\n${name}`);
    writeFileSync(STORE, JSON.stringify({ ...stored(), [name]: PARTS[name]() }));
  }
  writePage(stored());
}

const isPart = (word: string): word is PartName => word in PARTS;
const pathOf = (word: string | undefined): Path => PATHS.find((path) => path === word) ?? "fast";
const print = (result: unknown): void => console.log(JSON.stringify(result));

inlineTheWalk();
const [, , what = "all", ...words] = argv;
const [first = "", second, third] = words;
if (what === "all") measure(Object.keys(PARTS).filter(isPart));
else if (what === "part") measure(words.filter(isPart));
else if (what === "growth") print(growthCost(first, Number(second), Number(third)));
else if (what === "pick") print(pickCost(first, Number(second)));
else if (what === "sizes") print(growingCosts(first, GROWING_SIZES));
else print(packetCost(what, Number(first), pathOf(second)));
