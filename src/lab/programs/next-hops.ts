/**
 * Keeps the directors that live in the router's group of next hops, as a routing daemon would. Begins when all of them have answered
 * once.
 *
 *     node next-hops.js [--resilient] SOCKET...        the socket of each director, in the order of their next hops
 */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { groupWords } from "../next-hop-group.ts";
import { LOOK_AGAIN, lives } from "./liveness.ts";
import { announceReady } from "./ready.ts";

const { values, positionals: sockets } = parseArgs({
  options: { resilient: { type: "boolean", default: false } },
  allowPositionals: true,
});

/** The numbers of those that live. */
async function living(): Promise<number[]> {
  const answers = await Promise.all(sockets.map(lives));
  return answers.flatMap((answer, index) => (answer ? [index + 1] : []));
}

while ((await living()).length < sockets.length) await sleep(LOOK_AGAIN);
announceReady();
let before = sockets.map((_, index) => index + 1).join();

for (;;) {
  const alive = await living();
  // A group has one member at least: without any director it does not matter which.
  if (alive.length > 0 && alive.join() !== before) {
    execFileSync("ip", groupWords("replace", alive, values.resilient), { stdio: "inherit" });
    before = alive.join();
    process.stdout.write(`next hops: directors ${before}\n`);
  }
  await sleep(LOOK_AGAIN);
}
