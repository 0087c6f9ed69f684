/** sysctl(8) of procps: reads and writes the director's switches. */
import type { Outcome } from "../control/environment.ts";
import { isSwitch, sysctlKey, sysctlNames, sysctlRefusal, sysctlValue } from "../host/sysctls.ts";
import type { Machine } from "./program.ts";

const STANDARD_FILE = "/etc/sysctl.conf";
const LONG: Readonly<Record<string, string>> = {
  all: "a",
  values: "n",
  names: "N",
  ignore: "e",
  quiet: "q",
  write: "w",
  load: "p",
};
/** -b prints a value without a newline; -o and -x do nothing. */
const KNOWN = "aAXbneqwNofpx";

interface Asked {
  readonly flags: Set<string>;
  /** Variables, or files with -p. */
  readonly names: string[];
  readonly unknown?: string;
}

function read(words: readonly string[]): Asked {
  const flags = new Set<string>();
  const names: string[] = [];
  for (const word of words) {
    const [, long = "", value] = /^--([^=]*)(?:=(.*))?$/.exec(word) ?? [];
    const letters = long === "" && word.startsWith("-") ? word.slice(1) : (LONG[long] ?? "");
    if (!word.startsWith("-")) names.push(word);
    else if (letters === "" || [...letters].some((letter) => !KNOWN.includes(letter))) {
      return {
        flags,
        names,
        unknown: long === "" ? `invalid option -- '${letters[0] ?? ""}'` : `unrecognized option '--${long}'`,
      };
    }
    for (const letter of letters) flags.add({ A: "a", X: "a", f: "p" }[letter] ?? letter);
    if (value !== undefined) names.push(value);
  }
  return { flags, names };
}

/** The files that a command line reads. */
export function sysctlFiles(words: readonly string[]): readonly string[] {
  const { flags, names } = read(words);
  if (!flags.has("p")) return [];
  return names.length === 0 ? [STANDARD_FILE] : names;
}

/** Collects what is printed; each method is one thing that sysctl does. */
class Run {
  code = 0;
  out = "";
  err = "";
  readonly #machine: Machine;
  readonly #flags: Set<string>;

  constructor(machine: Machine, flags: Set<string>) {
    this.#machine = machine;
    this.#flags = flags;
  }

  fail(message: string): void {
    this.err += `${message}\n`;
    this.code = 1;
  }

  #print(name: string, value: string): void {
    if (this.#flags.has("q")) return;
    const line = this.#flags.has("N") ? name : this.#flags.has("n") ? value : `${name} = ${value}`;
    this.out += this.#flags.has("b") ? value : `${line}\n`;
  }

  all(): void {
    for (const name of sysctlNames(this.#machine.director)) this.show(name);
  }

  /** A switch, or all those below a folder. */
  show(name: string): void {
    const { director } = this.#machine;
    const value = sysctlValue(director, name);
    if (value !== undefined) {
      this.#print(name, value);
      return;
    }
    const below = sysctlNames(director).filter((other) => other.startsWith(`${name}.`));
    for (const other of below) this.show(other);
    if (below.length > 0) return;
    if (isSwitch(director, name))
      this.fail(`sysctl: reading key "${name}": tapvs keeps no value, for it has no effect`);
    else if (!this.#flags.has("e")) this.fail(sysctlRefusal(name, "no such switch") ?? "");
  }

  write(name: string, value: string, tolerant = this.#flags.has("e")): void {
    const outcome = this.#machine.director.setSysctl(name, value);
    const refusal = sysctlRefusal(name, outcome);
    if (refusal !== undefined) {
      if (outcome === "no such switch" && this.#flags.has("e")) return;
      this.err += `${refusal}\n`;
      if (!tolerant) this.code = 1;
      return;
    }
    this.#print(name, value);
    if (outcome === "without effect") this.err += `tapvs: ${name} has no effect here\n`;
  }

  /** Lines `name = value`; those that begin with # or ; are comments, and one with a dash before its name may fail. */
  load(file: string): void {
    const text = this.#machine.files(file);
    if (text === undefined) {
      this.fail(`sysctl: cannot open "${file}": No such file or directory`);
      return;
    }
    for (const [index, line] of text.split("\n").entries()) {
      const setting = line.trim();
      if (setting === "" || /^[#;]/.test(setting)) continue;
      const [, dash, name = "", value = ""] = /^(-?)([^=]*?)\s*=\s*(.*)$/.exec(setting) ?? [];
      if (name === "") this.err += `sysctl: ${file}(${index + 1}): invalid syntax, continuing...\n`;
      else this.write(sysctlKey(name), value, dash === "-");
    }
  }
}

export function sysctl(words: readonly string[], machine: Machine): Outcome {
  const { flags, names, unknown } = read(words);
  const run = new Run(machine, flags);
  if (unknown !== undefined) run.fail(`sysctl: ${unknown}\nFor more details see sysctl(8).`);
  else if (flags.has("a")) run.all();
  else if (flags.has("p")) for (const file of sysctlFiles(words)) run.load(file);
  else if (names.length === 0) run.fail("sysctl: no variables specified\nFor more details see sysctl(8).");
  else
    for (const word of names) {
      const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
      if (value !== undefined) run.write(sysctlKey(name), value);
      else if (flags.has("w")) run.fail("sysctl: command line(0): invalid syntax, continuing...");
      else run.show(sysctlKey(name));
    }
  return { code: run.code, out: run.out, err: run.err };
}
