/**
 * What it costs that two directors synchronise, in memory: a packet of an established connection without a master and with one, by when it tells;
 * and a backup for each record, with the time until it has all connections.
 *
 *   node dist/bundled/bench/sync.js                     all of it
 *   node dist/bundled/bench/sync.js nat 64000           packets of that method alone
 *   node dist/bundled/bench/sync.js backup nat 1000000
 */
import { execFileSync } from "node:child_process";
import { argv, execPath } from "node:process";
import { inlineTheWalk } from "../src/io/inlining.ts";
import { type TakingCost, TELLINGS, takingCost, tellingCosts } from "./synchronising.ts";

const METHODS = ["nat", "dr", "tun", "fullnat"];
const SIZES = [1_000, 64_000];
const TAKEN = [64_000, 1_000_000];

/** In a process of its own, so that V8 has seen nothing else. */
const alone = <Result>(...words: readonly (string | number)[]): Result =>
  JSON.parse(execFileSync(execPath, [argv[1] ?? "", ...words.map(String)], { encoding: "utf8" }));

function all(): void {
  console.log("A packet of an established connection, in nanoseconds; in brackets beside no master");
  console.log(["connections", "method ", ...Object.keys(TELLINGS).map((name) => name.padStart(16))].join("  "));
  for (const connections of SIZES) {
    for (const method of METHODS) {
      const costs = alone<Record<string, number>>(method, connections);
      const off = costs.off ?? 0;
      const cells = Object.values(costs).map((cost) => `${cost.toFixed(0)} (${(cost / off).toFixed(2)})`.padStart(16));
      console.log([String(connections).padStart(11), method.padEnd(7), ...cells].join("  "));
    }
  }
  console.log("\nA backup that begins beside a master: nanoseconds a connection, records a second");
  console.log("connections  told by the master  taken over            updated               all there after");
  for (const connections of TAKEN) {
    const { told, taken, updated, seconds } = alone<TakingCost>("backup", "nat", connections);
    const rate = (cost: number): string => `${cost.toFixed(0)} (${(1e6 / cost).toFixed(0)} k/s)`.padEnd(20);
    const cells = [told.toFixed(0).padEnd(18), rate(taken), rate(updated), `${seconds.toFixed(1)} s`];
    console.log([String(connections).padStart(11), ...cells].join("  "));
  }
}

inlineTheWalk();
const [, , what, ...words] = argv;
if (what === undefined) all();
else if (what === "backup") console.log(JSON.stringify(takingCost(words[0] ?? "nat", Number(words[1]))));
else console.log(JSON.stringify(tellingCosts(what, Number(words[0]))));
