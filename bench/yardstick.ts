/** The C programs that costs are compared with, where there is a compiler. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";

const FOLDER = "dist/bundled/bench";
const compiled = new Map<string, string | undefined>();

/** The program, compiled anew in each run; `undefined` without `cc`. */
function programOf(name: string): string | undefined {
  if (compiled.has(name)) return compiled.get(name);
  let program: string | undefined = `${FOLDER}/${name}`;
  try {
    mkdirSync(FOLDER, { recursive: true });
    execFileSync("cc", ["-O2", "-o", program, `bench/${name}.c`], { stdio: "pipe" });
  } catch {
    program = undefined;
  }
  compiled.set(name, program);
  return program;
}

/** Nanoseconds that it takes in C; nothing without a compiler. */
export function inC(name: "nat-loop" | "scan", ...words: readonly (string | number)[]): { readonly c?: number } {
  const program = programOf(name);
  return program === undefined ? {} : { c: Number(execFileSync(program, words.map(String))) };
}

/** Slots of a table for a million connections, or two. */
const SLOTS = 1 << 21;
const MILLISECONDS = 1000;

/** What a packet costs a NAT loop in C. */
export interface Yardstick {
  /** In a table of SLOTS slots, whatever is in it; of more only where they do not hold all. */
  readonly c?: number;
  /** In the smallest table of which the connections take half at most. */
  readonly fitting?: number;
}

export function natLoop(connections: number): Yardstick {
  const { c: fitting } = inC("nat-loop", connections, MILLISECONDS);
  return fitting === undefined ? {} : { ...inC("nat-loop", connections, MILLISECONDS, SLOTS), fitting };
}
