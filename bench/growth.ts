/**
 * How the cost of a packet grows with the size of what it is looked up in.
 *
 *   node dist/bundled/bench/growth.js                     all of it
 *   node dist/bundled/bench/growth.js routes              that alone
 */
import { execFileSync } from "node:child_process";
import { argv, execPath } from "node:process";
import { inlineTheWalk } from "../src/io/inlining.ts";
import { DIMENSIONS, GROWING_SIZES, type GrowingCost, growingCosts } from "./growing.ts";

const line = (name: string, { size, fast, walk, forwarded, first, start }: GrowingCost): string =>
  [
    name.padEnd(18),
    String(size).padStart(6),
    ...[fast, walk, forwarded, first, start].map((one) => one.toFixed(0).padStart(8)),
  ].join(" ");

inlineTheWalk();
const [, , name, alone, ...given] = argv;
if (alone !== undefined)
  console.log(JSON.stringify(growingCosts(name ?? "", given.length > 0 ? given.map(Number) : GROWING_SIZES)));
else {
  console.log("what               size     fast     walk  forward    first  start ms");
  for (const one of name === undefined ? Object.keys(DIMENSIONS) : [name]) {
    const text = execFileSync(execPath, [argv[1] ?? "", one, "alone"], { encoding: "utf8" });
    for (const cost of JSON.parse(text)) console.log(line(one, cost));
  }
}
