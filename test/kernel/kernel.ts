/** A real Linux kernel with IPVS, run as a process of this machine (User-Mode Linux): plays transcripts, hands back recordings. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseTranscript } from "../../src/core/capture/transcript.ts";

/** Below the root of the project, where commands and tests run. */
const BOOT = "test/kernel/boot.sh";
const PROGRAMS = ["linux.uml", "modprobe", "ipvsadm", "ip", "iptables-legacy"];
const DIRECTORIES = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];
const MODULES = "/usr/lib/uml/modules";
/** A guest that has said nothing for so long hangs. */
const SILENCE_SECONDS = 180;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** The end of what the guest printed, for people who ask why it did not work. */
const LAST_WORDS = 30;

/** Why the kernel cannot run here; `undefined` if it can. */
export function whyNoKernel(): string | undefined {
  if (process.platform !== "linux") return "User-Mode Linux runs on Linux only";
  if (process.getuid?.() !== 0) return "only root may run the guest, whose file system is this machine's";
  const missing = PROGRAMS.filter((name) => !DIRECTORIES.some((directory) => existsSync(join(directory, name))));
  if (missing.length > 0) return `${missing.join(", ")} not installed (make oracle does it)`;
  if (!existsSync(MODULES) || readdirSync(MODULES).length === 0) return `no kernel modules under ${MODULES}`;
  if (!existsSync("/usr/bin/python3")) return "/usr/bin/python3 is not installed";
  return undefined;
}

/** What became of one transcript: a recording's text, or why there is none. */
export type Played = { readonly recording: string } | { readonly failed: string };

/**
 * Boots the kernel once and plays transcripts (their texts by name) in the order of their names; `played` is called as
 * soon as each is done. The kernel has the modules that any of them names. Throws with the guest's last words if it does not boot, hangs, or leaves some unplayed.
 */
export async function playOnKernel(
  transcripts: ReadonlyMap<string, string>,
  played: (name: string, result: Played) => void,
): Promise<void> {
  await withScratch(async (inputs, outputs) => {
    for (const [name, text] of transcripts) writeFileSync(join(inputs, `${name}.jsonl`), text);
    const left = new Set(transcripts.keys());
    const modules = new Set([...transcripts.values()].flatMap(modulesOf));
    const lastWords = await boot(inputs, outputs, [...modules], (name, result) => {
      left.delete(name);
      played(name, result);
    });
    if (left.size === 0) return;
    throw new Error(`the kernel did not play ${[...left].join(", ")}; it said:\n${lastWords.join("\n")}`);
  });
}

/** The modules that a transcript's first line names; none where it is not sound, of which the player will tell. */
function modulesOf(text: string): readonly string[] {
  const parsed = parseTranscript(text.slice(0, text.indexOf("\n")));
  return parsed.kind === "transcript" ? (parsed.transcript.head.modules?.map(({ name }) => name) ?? []) : [];
}

/** Two new directories, for as long as `use` takes. */
async function withScratch(use: (inputs: string, outputs: string) => Promise<void>): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "tapvs-kernel-"));
  const [inputs, outputs] = [join(scratch, "in"), join(scratch, "out")];
  const remove = (): void => rmSync(scratch, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    mkdirSync(inputs);
    mkdirSync(outputs);
    await use(inputs, outputs);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

/** Boots the kernel with nothing to do; why it is of no use here, or `undefined` if it is. */
export async function whyNoBoot(): Promise<string | undefined> {
  const words: string[] = [];
  await withScratch(async (inputs, outputs) => {
    words.push(...(await boot(inputs, outputs, [], () => {})));
  });
  const missing = words.filter((line) => /^module \S+ is missing/.test(line));
  if (missing.length > 0) return missing.join(", ");
  return words.includes("player ended with 0") ? undefined : `it does not boot; it said:\n${words.join("\n")}`;
}

/** Runs the guest to its end; resolves with the last lines it printed. */
function boot(
  inputs: string,
  outputs: string,
  modules: readonly string[],
  played: (name: string, result: Played) => void,
): Promise<string[]> {
  const child = spawn("/bin/bash", [BOOT, inputs, outputs, ...modules], { stdio: ["ignore", "pipe", "pipe"] });
  const stop = (): void => void child.kill("SIGTERM");
  const interrupted = (signal: NodeJS.Signals): never => process.exit(signal === "SIGINT" ? 130 : 143);
  process.once("exit", stop);
  for (const signal of SIGNALS) process.once(signal, interrupted);
  const lastWords: string[] = [];
  return new Promise((resolve, reject) => {
    let watchdog = setTimeout(stop, SILENCE_SECONDS * 1000);
    const hear = (line: string): void => {
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, SILENCE_SECONDS * 1000);
      const result = reportOf(line, outputs);
      if (result !== undefined) played(...result);
      else if (line.trim() !== "") lastWords.push(line);
      if (lastWords.length > LAST_WORDS) lastWords.shift();
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", hear);
    }
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(watchdog);
      process.off("exit", stop);
      for (const signal of SIGNALS) process.off(signal, interrupted);
      resolve(lastWords);
    });
  });
}

/** What a line of the player reports: `recorded NAME.jsonl: ...` or `failed NAME.jsonl: why`. */
function reportOf(line: string, outputs: string): [string, Played] | undefined {
  const [, report, name, why = ""] = /^(recorded|failed) (.*?)\.jsonl: (.*)$/.exec(line.trim()) ?? [];
  if (report === undefined || name === undefined) return undefined;
  if (report === "failed") return [name, { failed: why }];
  return [name, { recording: readFileSync(join(outputs, `${name}.jsonl`), "utf8") }];
}
