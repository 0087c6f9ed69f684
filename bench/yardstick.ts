/** The C programs that costs are compared with, where there is a compiler. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MILLISECONDS = 1000;

export interface Yardstick {
  /** Nanoseconds that a packet takes in nat-loop.c, by number of connections. */
  readonly packets: ReadonlyMap<number, number>;
  /** Nanoseconds that a new connection takes there, by number of connections. */
  readonly openings: ReadonlyMap<number, number>;
  /** Nanoseconds that a pick takes in scan.c, by number of real servers. */
  readonly picks: ReadonlyMap<number, number>;
}

export interface Sizes {
  readonly packets: readonly number[];
  readonly openings: readonly number[];
  readonly picks: readonly number[];
}

/** `undefined` without `cc`. */
export function yardstick({ packets, openings, picks }: Sizes): Yardstick | undefined {
  const folder = mkdtempSync(join(tmpdir(), "tapvs-bench-"));
  const compiled = (name: string): string => {
    const program = join(folder, name);
    execFileSync("cc", ["-O2", "-o", program, `bench/${name}.c`], { stdio: "pipe" });
    return program;
  };
  try {
    const loop = compiled("nat-loop");
    const scan = compiled("scan");
    const times = (program: string, sizes: readonly number[], how: number | "new"): Map<number, number> =>
      new Map(sizes.map((size) => [size, Number(execFileSync(program, [String(size), String(how)]))]));
    return {
      packets: times(loop, packets, MILLISECONDS),
      openings: times(loop, openings, "new"),
      picks: times(scan, picks, MILLISECONDS),
    };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
