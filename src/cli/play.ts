/** `tapvs play`: a prompt on a simulated network, or on a case. No root, no network of the machine's. */

import { createInterface, type Interface } from "node:readline";
import { Command, Option } from "commander";
import { SCHEDULER_NAMES } from "../core/ipvs/schedulers/schedulers.ts";
import { CaseSession } from "../core/play/case-session.ts";
import { LabSession } from "../core/play/lab-session.ts";
import type { Answer, Session } from "../core/play/session.ts";
import { MODES, type Mode } from "../core/simulator/layout.ts";
import { AF_INET, AF_INET6 } from "../core/wire/address.ts";
import { writeText } from "../io/text-file.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";
import { wholeNumber } from "./option-values.ts";
import { print, say } from "./output.ts";
import { PlayHistory } from "./play-history.ts";
import { transcriptOrFail } from "./transcript.ts";

interface PlayOptions {
  readonly ipv6?: true;
  readonly servers?: number;
  readonly clients?: number;
  readonly scheduler?: string;
  readonly history: boolean;
}

const EXAMPLES = `
Examples:
  tapvs play                                 NAT: curl http://12.11.0.101/, ping, ipvsadm -Ln, tcpdump on, sleep 900, explain
  tapvs play dr                              direct routing; fault arp makes the usual mistake
  tapvs play examples/cases/drain.case       a case, step by step
  printf 'curl http://12.11.0.101/\\nexpect picks 172.16.1.3\\n' | tapvs play nat

From a pipe it ends with 1 if a command failed. save FILE.case keeps the session for tapvs verify.`;

export function playCommand(): Command {
  return new Command("play")
    .description("A prompt on a simulated network with a director in the middle, or on a case: without root.")
    .argument("[what]", `${MODES.join(", ")}; or a case (*.case) or a transcript (*.jsonl)`, "nat")
    .option("--ipv6", "the network in IPv6")
    .addOption(new Option("--servers <count>", "real servers").argParser(wholeNumber(1, 9)))
    .addOption(new Option("--clients <count>", "clients").argParser(wholeNumber(1, 9)))
    .addOption(new Option("--scheduler <name>", "of the service, as ipvsadm -s takes it").choices(SCHEDULER_NAMES))
    .option("--no-history", "neither read nor keep the lines that are typed")
    .addHelpText("after", EXAMPLES)
    .action(play);
}

async function play(what: string, options: PlayOptions): Promise<void> {
  const session = sessionOf(what, options);
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const history = terminal && options.history ? PlayHistory.kept() : PlayHistory.forgotten();
  if (terminal) for (const line of session.greeting) print(`${line}\n`);
  const lines = createInterface({
    input: process.stdin,
    ...(terminal && {
      output: process.stdout,
      prompt: "tapvs> ",
      history: history.lines.toReversed(),
      removeHistoryDuplicates: true,
      completer: (line: string): [string[], string] => [hits(session, line), line.split(/\s+/).at(-1) ?? ""],
    }),
  });
  lines.on("SIGINT", () => giveUpLine(lines));
  process.exitCode = await converse(session, lines, { terminal, history });
}

/** Ctrl-C, as in a shell: what is typed goes, the session stays. */
function giveUpLine(lines: Interface): void {
  if (lines.line === "") print("\n(exit or Ctrl-D ends the session)");
  lines.write(null, { ctrl: true, name: "e" });
  lines.write(null, { ctrl: true, name: "u" });
  print("\n");
  lines.prompt();
}

/** The only word that it can be is followed by a blank. */
function hits(session: Session, line: string): string[] {
  const [first, ...more] = session.complete(line);
  if (first === undefined) return [];
  return more.length === 0 ? [`${first} `] : [first, ...more];
}

/** Line after line until one ends the session; the exit code. */
async function converse(
  session: Session,
  lines: Interface,
  { terminal, history }: { readonly terminal: boolean; readonly history: PlayHistory },
): Promise<number> {
  let code = 0;
  if (terminal) lines.prompt();
  for await (const line of lines) {
    history.add(line);
    const answer = saved(answerTo(session, line.trim(), history.lines));
    show(answer, terminal ? undefined : line);
    if (answer.failed && !terminal) code = FAILED;
    if (answer.over) break;
    if (terminal) lines.prompt();
  }
  lines.close();
  if (terminal) return code;
  const rest = session.end();
  show(rest, "what was begun with &");
  return rest.failed ? FAILED : code;
}

/** Beside what the session knows: the end, and what was typed. */
function answerTo(session: Session, line: string, typed: readonly string[]): Answer {
  if (line === "exit") return { lines: [], over: true };
  if (line === "history") return { lines: typed.map((text, index) => `${String(index + 1).padStart(4)}  ${text}`) };
  return session.run(line);
}

/** The answer with its file written: a place that cannot be written is a failure of that line. */
function saved(answer: Answer): Answer {
  const error = answer.file && writeText(answer.file.name, answer.file.text);
  return error === undefined ? answer : { lines: [error.message], failed: true };
}

/** What came of a line; from a pipe with the line before it, if it failed, so that a log says which. */
function show(answer: Answer, line: string | undefined): void {
  if (answer.failed && line !== undefined) {
    say(`tapvs play: failed: ${line.trim()}`);
    for (const text of answer.lines) say(text);
  } else for (const text of answer.lines) print(`${text}\n`);
}

function sessionOf(what: string, { ipv6, history: _, ...options }: PlayOptions): Session {
  const mode = MODES.find((name): name is Mode => name === what);
  if (mode !== undefined) return new LabSession(mode, { ...options, family: ipv6 ? AF_INET6 : AF_INET });
  if (ipv6 || Object.keys(options).length > 0)
    throw new Failure(WRONG_USAGE, `--ipv6, --servers, --clients and --scheduler are for ${MODES.join(", ")}`);
  return new CaseSession(transcriptOrFail(what));
}
