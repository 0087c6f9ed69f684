/** The C loop that a packet's cost is compared with, where there is a compiler. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MILLISECONDS = 1000;

/** Nanoseconds a packet takes in nat-loop.c, by number of connections; `undefined` without `cc`. */
export function yardstick(connections: readonly number[]): Map<number, number> | undefined {
  const folder = mkdtempSync(join(tmpdir(), "tapvs-bench-"));
  try {
    const program = join(folder, "nat-loop");
    execFileSync("cc", ["-O2", "-o", program, "bench/nat-loop.c"], { stdio: "pipe" });
    return new Map(
      connections.map((count) => [count, Number(execFileSync(program, [String(count), String(MILLISECONDS)]))]),
    );
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
