/**
 * What a packet of an established connection costs, in memory: each forwarding method at 1 k, 64 k and 1 M connections in
 * random order, beside a NAT loop in C that checks nothing and knows no states; what new connections cost while the table grows; and what it
 * costs to pick one real server of many.
 * Figures of one machine at one moment: the ratios are what to hold on to. They go to docs/performance.md.
 *
 *   node dist/bundled/bench/packets.js                     all of it
 *   node dist/bundled/bench/packets.js nat 64000           that alone, and no page
 *   node dist/bundled/bench/packets.js nat 1000 walk       without the fast path; while somebody listens: heard, explained
 *   node dist/bundled/bench/packets.js growth wlc 16 1000000
 *   node dist/bundled/bench/packets.js pick wlc 1000
 */
import { execFileSync } from "node:child_process";
import { argv, execPath } from "node:process";
import { inlineTheWalk } from "../src/io/inlining.ts";
import { METHODS, PATHS, type Path } from "./beds.ts";
import { type GrowthCost, growthCost, type PacketCost, packetCost, pickCost } from "./measure.ts";
import { writePage } from "./page.ts";
import { yardstick } from "./yardstick.ts";

const CONNECTIONS = [1_000, 64_000, 1_000_000];
const GROWTH: readonly (readonly [string, number, number])[] = [
  ["rr", 16, 1_000_000],
  ["wlc", 16, 1_000_000],
  ["rr", 16, 10_000_000],
];
const PICKS: readonly (readonly [string, number])[] = [
  ["rr", 1000],
  ["wlc", 16],
  ["wlc", 1000],
  ["lc", 1000],
];

/** In a process of its own, so that V8 has seen nothing else. */
const alone = <Result>(...words: readonly (string | number)[]): Result =>
  JSON.parse(execFileSync(execPath, [argv[1] ?? "", ...words.map(String)], { encoding: "utf8" }));

function all(): void {
  const sizes = { packets: CONNECTIONS, openings: GROWTH.map(([, , connections]) => connections), picks: [16, 1000] };
  const inC = yardstick(sizes);
  const loop = inC?.packets;
  if (loop === undefined) console.log("no C compiler (cc): no ratios");
  console.log("connections  method   ns/packet  Mpackets/s  to C loop");
  const packets = CONNECTIONS.flatMap((connections) => {
    const c = loop?.get(connections);
    if (c !== undefined) console.log(line(connections, "C loop", c, c));
    return Object.keys(METHODS).map((method) => {
      const cost = alone<PacketCost>(method, connections);
      console.log(line(connections, method, cost.nanoseconds, c));
      return { method, connections, ...cost };
    });
  });
  console.log("connections  scheduler  servers  ns/new  longest ms  bytes each  expiry: longest ms");
  const growth = GROWTH.map(([scheduler, servers, connections]) => {
    const cost = alone<GrowthCost>("growth", scheduler, servers, connections);
    const { nanoseconds, longest, bytesPerConnection, expiry } = cost;
    const figures = [nanoseconds.toFixed(0), longest.toFixed(1), bytesPerConnection.toFixed(1), expiry.toFixed(1)];
    console.log([String(connections).padStart(11), scheduler, servers, ...figures].join("  "));
    return { scheduler, servers, connections, ...cost };
  });
  console.log("scheduler  servers  ns/pick  in C");
  const picks = PICKS.map(([scheduler, servers]) => {
    const nanoseconds = alone<number>("pick", scheduler, servers);
    console.log([scheduler, servers, nanoseconds.toFixed(0), inC?.picks.get(servers)?.toFixed(0) ?? ""].join("  "));
    return { scheduler, servers, nanoseconds };
  });
  writePage({ inC, packets, growth, picks });
}

function line(connections: number, method: string, nanoseconds: number, c: number | undefined): string {
  const ratio = c === undefined ? "" : (c / nanoseconds).toFixed(2);
  const speed = (1000 / nanoseconds).toFixed(2);
  return [
    String(connections).padStart(11),
    method.padEnd(7),
    nanoseconds.toFixed(0).padStart(9),
    speed.padStart(10),
    ratio.padStart(9),
  ].join("  ");
}

const pathOf = (word: string | undefined): Path => PATHS.find((path) => path === word) ?? "fast";

inlineTheWalk();
const [, , what, ...words] = argv;
if (what === undefined) all();
else if (what === "growth")
  console.log(JSON.stringify(growthCost(words[0] ?? "rr", Number(words[1]), Number(words[2]))));
else if (what === "pick") console.log(JSON.stringify(pickCost(words[0] ?? "wlc", Number(words[1]))));
else console.log(JSON.stringify(packetCost(what, Number(words[0]), pathOf(words[1]))));
