/** Runs a lab's commands: `ip` in batches, programs in the background. */
import { writeFileSync } from "node:fs";
import type { LabCommand, Section } from "./command.ts";
import { directorAnswers } from "./director-control.ts";
import { execute, type Finished } from "./execute.ts";
import { LabError } from "./lab-error.ts";
import { type Started, startProcess } from "./processes.ts";
import { shellWords, sysctlWords } from "./script.ts";

type IpCommand = Extract<LabCommand, { kind: "ip" }>;
type StartCommand = Extract<LabCommand, { kind: "start" }>;

export interface RunOptions {
  /** Where programs write what they print, `HOST-PROGRAM.log`. */
  readonly logs: string;
  /** Told of every program at once when it has started, so that a crash does not lose it. */
  readonly started: (started: Started) => void;
  /** Ends the run between two commands. */
  readonly abort: AbortSignal;
}

/** Runs all sections in their order. Rejects with LabError at the first command that fails. */
export async function runSections(sections: readonly Section[], options: RunOptions): Promise<void> {
  for (const { commands } of sections) await runCommands(commands, options);
}

async function runCommands(commands: readonly LabCommand[], options: RunOptions): Promise<void> {
  for (const batch of batches(commands)) {
    const [first] = batch;
    if (first === undefined) continue;
    options.abort.throwIfAborted();
    if (first.kind === "ip")
      await runBatch(
        batch.filter((command) => command.kind === "ip"),
        first.netns,
      );
    else await runOne(first, options);
  }
}

/** `ip` commands of one namespace that follow each other go to one process. */
export function batches(commands: readonly LabCommand[]): LabCommand[][] {
  const groups: LabCommand[][] = [];
  for (const command of commands) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    const joins = command.kind === "ip" && before?.kind === "ip" && before.netns === command.netns;
    if (joins) group?.push(command);
    else groups.push([command]);
  }
  return groups;
}

async function runBatch(commands: readonly IpCommand[], netns: string | undefined): Promise<void> {
  const words = ["ip", ...(netns === undefined ? [] : ["-n", netns]), "-batch", "-"];
  const result = await execute(words, { stdin: commands.map((command) => `${command.words.join(" ")}\n`).join("") });
  if (result.code === 0) return;
  // "Command failed -:3": the third line of what it read.
  const line = Number(/^Command failed -:(\d+)/m.exec(result.err)?.[1]);
  const failed = commands[line - 1]?.words ?? [];
  throw refused([...words.slice(0, -2), ...failed], result);
}

async function runOne(command: Exclude<LabCommand, IpCommand>, options: RunOptions): Promise<void> {
  switch (command.kind) {
    case "sysctl": {
      const words = sysctlWords(command);
      const result = await execute(words);
      // With -e an unknown key is no failure, but a kernel without IPv6 may still answer so.
      if (result.code !== 0 && command.ignoreUnknown !== true) throw refused(words, result);
      return;
    }
    case "write":
      writeFileSync(command.file, command.text);
      return;
    case "start":
      if (command.awaits !== undefined) await directorAnswers(command.awaits);
      options.abort.throwIfAborted();
      options.started(start(command, options.logs));
  }
}

/** Programs of ours, which say when they are ready. */
const ANNOUNCING: readonly string[] = ["web", "decapsulator", "next-hops"];

const start = ({ host, netns, program, words }: StartCommand, logs: string): Started =>
  startProcess({
    host,
    program,
    words: ["ip", "netns", "exec", netns, ...words],
    log: `${logs}/${host}-${program}.log`,
    announces: ANNOUNCING.includes(program),
  });

const refused = (words: readonly string[], { err }: Finished): LabError =>
  new LabError(1, `${shellWords(words)}\n${err.trim()}`);
