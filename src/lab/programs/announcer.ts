/**
 * Runs a program only while a director answers at its control socket: a BIRD that announces the director's address must fall silent when
 * the director dies.
 *
 *     node announcer.js SOCKET PROGRAM [WORD...]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { LOOK_AGAIN, lives } from "./liveness.ts";

const [socket = "", program = "", ...words] = process.argv.slice(2);
let child: ChildProcess | undefined;
/** Whether it was asked to end: one that ends by itself has failed. */
let asked = false;

process.once("SIGTERM", () => {
  child?.kill();
  process.exit(0);
});

for (;;) {
  const running = child !== undefined && child.exitCode === null && child.signalCode === null;
  const answers = await lives(socket);
  if (child !== undefined && !running && !asked) process.exit(1);
  if (answers && !running) {
    asked = false;
    child = spawn(program, words, { stdio: "inherit" });
  }
  if (!answers && running && child !== undefined) {
    asked = true;
    child.kill();
    await once(child, "exit");
  }
  await sleep(LOOK_AGAIN);
}
