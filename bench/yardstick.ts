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
export function inC(name: "nat-loop" | "scan", size: number, how: "new" | number = 1000): { readonly c?: number } {
  const program = programOf(name);
  return program === undefined ? {} : { c: Number(execFileSync(program, [String(size), String(how)])) };
}
