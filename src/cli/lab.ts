/** `tapvs lab`: hosts in network namespaces around a live director. */
import { constants } from "node:os";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { captureWords, chooseTool } from "../lab/capture.ts";
import { checkLab, isSound } from "../lab/check.ts";
import { checkReport, faultLines } from "../lab/check-report.ts";
import { allLabs, takeDown } from "../lab/down.ts";
import { runExample } from "../lab/example-run.ts";
import { executeHere } from "../lab/execute.ts";
import { legLines } from "../lab/graph/legs.ts";
import { mermaid } from "../lab/graph/mermaid.ts";
import { svg } from "../lab/graph/svg.ts";
import { LabError } from "../lab/lab-error.ts";
import { ipipHere } from "../lab/machine.ts";
import { DIRECTOR, isLabName, namespaceOf, tapOf } from "../lab/names.ts";
import { hostNamed, type Lab, type LabOptions, MODES, type Mode, SESSION_KINDS, type SessionKind } from "../lab/plan.ts";
import { isRunning } from "../lab/processes.ts";
import { shellScript } from "../lab/script.ts";
import { tryoutSessions } from "../lab/session-binding.ts";
import { sessionReport } from "../lab/session-report.ts";
import { directoryOf, type LabState, readState } from "../lab/state.ts";
import { EXAMPLES, MOST_SERVERS, planLab } from "../lab/topologies.ts";
import { type RaisedLab, raise, sectionsOf } from "../lab/up.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";
import { print, printJson, say } from "./output.ts";

export function labCommand(): Command {
  return new Command("lab")
    .description("network namespaces with clients and real servers around a live director")
    .enablePositionalOptions()
    .addCommand(upCommand())
    .addCommand(checkCommand())
    .addCommand(downCommand())
    .addCommand(listCommand())
    .addCommand(execCommand())
    .addCommand(captureCommand())
    .addCommand(graphCommand())
    .addCommand(sessionCommand())
    .exitOverride();
}

/** A command whose LabErrors are for people. */
const acting =
  <Arguments extends unknown[]>(action: (...values: Arguments) => Promise<void>) =>
  async (...values: Arguments): Promise<void> => {
    try {
      await action(...values);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      throw new Failure(error.exitCode, ...error.message.split("\n"));
    }
  };

interface ShapeFlags {
  readonly name?: string;
  readonly servers: number;
  readonly scheduler: string;
  readonly weights: readonly number[];
  readonly health?: boolean;
  readonly ipip?: LabOptions["ipip"];
}

interface UpFlags extends ShapeFlags {
  readonly example?: boolean;
  readonly session: SessionKind;
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
}

function upCommand(): Command {
  return shaped(new Command("up"))
    .description("build a lab, and print the commands that build it")
    .addArgument(modeArgument())
    .option("--example", "the worked example of NAT or direct routing, with its own addresses, typed command by command")
    .addOption(new Option("--session <kind>", "how clients stay with their sessions").choices(SESSION_KINDS).default("none"))
    .option("--dry-run", "print the commands, and do nothing")
    .option("-q, --quiet", "do not print the commands")
    .action(acting(up));
}

/** The options that say how a lab looks. */
const shaped = (command: Command): Command =>
  command
    .option("--name <name>", "what the lab is called, if not after its mode", labName)
    .option("--servers <number>", "real servers", wholeNumber(1, MOST_SERVERS), 2)
    .option("--scheduler <name>", "as ipvsadm -s", "rr")
    .option("--weights <list>", "weights of the real servers, 1,2,...", weightList, [])
    .option("--health", "let the director check the real servers")
    .addOption(new Option("--ipip <how>", "who unpacks IPIP on real servers").choices(["kernel", "own"]));

const modeArgument = () => new Argument("<mode>", "forwarding method").choices(MODES);

function labName(text: string): string {
  if (isLabName(text)) return text;
  throw new InvalidArgumentError("expected up to 12 lower-case letters and digits, a letter first");
}

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
  };

const weightList = (text: string): number[] => text.split(",").map(wholeNumber(0, 65535));

const optionsOf = (mode: Mode, flags: ShapeFlags & Partial<UpFlags>): LabOptions => ({
  name: flags.name ?? mode,
  mode,
  servers: flags.servers,
  scheduler: flags.scheduler,
  weights: flags.weights,
  example: flags.example === true,
  health: flags.health === true,
  sessions: flags.session ?? "none",
  ipip: flags.ipip ?? ipipHere(),
});

async function up(mode: Mode, flags: UpFlags): Promise<void> {
  const options = optionsOf(mode, flags);
  if (options.example && !EXAMPLES.includes(mode)) {
    throw new LabError(2, `there are worked examples of ${EXAMPLES.join(" and ")}, not of ${mode}`);
  }
  if (flags.dryRun === true) return print(shellScript(sectionsOf(options).sections));
  const raised = await raiseOrAbort(options);
  if (flags.quiet !== true) print(shellScript(raised.sections));
  if (options.example) await runExample(raised, print);
  for (const line of afterwards(raised.lab)) say(line);
}

/** Builds a lab; a signal takes down what stands of it, and ends the process. */
async function raiseOrAbort(options: LabOptions): Promise<RaisedLab> {
  const abort = new AbortController();
  let code = 0;
  const stop = (signal: "SIGINT" | "SIGTERM"): void => {
    code = 128 + constants.signals[signal];
    abort.abort();
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    return await raise(options, abort.signal);
  } catch (error) {
    if (code !== 0) process.exit(code);
    throw error;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

const afterwards = (lab: Lab): string[] => [
  "",
  `The lab ${lab.name} stands. One request:`,
  ...legLines(lab).map((line) => `  ${line}`),
  `  tapvs lab exec --name ${lab.name} client curl http://${lab.service.address}/`,
  `  tapvs lab exec --name ${lab.name} director ipvsadm -Ln`,
  `  tapvs lab check ${lab.name}`,
  `  tapvs lab down ${lab.name}`,
];

/** The state of the lab of this name, or of the only one. */
async function stateOf(name: string | undefined): Promise<LabState> {
  const names = name === undefined ? await allLabs() : [name];
  const [only, ...others] = names;
  if (only === undefined) throw new LabError(3, "there is no lab; tapvs lab up nat");
  if (others.length > 0) throw new LabError(WRONG_USAGE, `there are several labs: ${names.join(", ")}; say which`);
  const state = readState(only);
  if (state === undefined) throw new LabError(3, `there is no lab ${only}, or only remains of it (tapvs lab down ${only})`);
  return state;
}

function checkCommand(): Command {
  return new Command("check")
    .description("send requests from the client, show who answered, and tell what is missing where")
    .argument("[lab]", "which lab, if there are several")
    .option("-n, --requests <number>", "how many", wholeNumber(1, 1_000_000), 20)
    .option("--json", "one JSON document")
    .action(acting(check));
}

async function check(name: string | undefined, flags: { readonly requests: number; readonly json?: boolean }): Promise<void> {
  const state = await stateOf(name);
  const lab = planLab(state.options);
  const result = await checkLab(lab, state.processes, flags.requests);
  const { listing: _, ...values } = result;
  if (flags.json === true) printJson({ v: 1, lab: lab.name, mode: lab.mode, ...values, ok: isSound(result) });
  else print(checkReport(lab, result));
  if (!isSound(result)) throw new Failure(FAILED, ...faultLines(result));
}

function downCommand(): Command {
  return new Command("down")
    .description("remove labs, and what is left of them after a crash")
    .argument("[labs...]", "which labs, if there are several")
    .option("--all", "all labs, and all namespaces with their prefix")
    .action(acting(down));
}

async function down(names: readonly string[], flags: { readonly all?: boolean }): Promise<void> {
  const there = await allLabs();
  const wanted = flags.all === true || names.length === 0 ? there : names;
  if (flags.all !== true && names.length === 0 && there.length > 1) {
    throw new LabError(WRONG_USAGE, `there are several labs: ${there.join(", ")}; say which, or --all`);
  }
  for (const name of wanted) {
    if (!isLabName(name)) throw new LabError(WRONG_USAGE, `${name}: no lab is called so`);
    const { namespaces, processes } = await takeDown(name);
    if (there.includes(name)) say(`${name}: removed ${namespaces.length} namespaces, ended ${processes} processes`);
    else say(`${name}: there is no such lab`);
  }
}

function listCommand(): Command {
  return new Command("list")
    .description("the labs of this machine")
    .option("--json", "one JSON document")
    .action(acting(list));
}

async function list(flags: { readonly json?: boolean }): Promise<void> {
  const labs = (await allLabs()).map((name) => {
    const state = readState(name);
    if (state === undefined) return { name, state: "remains" };
    const { mode, servers, scheduler } = state.options;
    const sound = state.complete && state.processes.every(isRunning);
    return { name, state: sound ? "up" : "broken", mode, servers, scheduler, created: state.created };
  });
  if (flags.json === true) return printJson({ v: 1, labs });
  for (const { name, state, mode = "", servers, created = "" } of labs) {
    const size = servers === undefined ? "" : `${servers} servers`;
    print(`${[name.padEnd(12), state.padEnd(8), mode.padEnd(8), size.padEnd(10), created].join(" ").trimEnd()}\n`);
  }
}

interface NameFlag {
  readonly name?: string;
}

/** The namespace of a host of the lab. */
function hostOrFail(lab: Lab, host: string): string {
  if (host === DIRECTOR || hostNamed(lab, host) !== undefined) return namespaceOf(lab.name, host);
  const known = [DIRECTOR, ...lab.hosts.map(({ name }) => name)].join(", ");
  throw new LabError(WRONG_USAGE, `the lab ${lab.name} has no host ${host}; it has ${known}`);
}

function execCommand(): Command {
  return new Command("exec")
    .description("run a command on a host of a lab; on the director, ipvsadm speaks to it")
    .argument("<host>", "client, router, director, rs1, ...")
    .argument("<command...>", "the command")
    .option("--name <lab>", "which lab, if there are several")
    .passThroughOptions()
    .action(acting(exec));
}

async function exec(host: string, words: readonly string[], flags: NameFlag): Promise<void> {
  const { options } = await stateOf(flags.name);
  const netns = hostOrFail(planLab(options), host);
  const path = host === DIRECTOR ? { PATH: `${directoryOf(options.name)}/bin:${process.env["PATH"] ?? ""}` } : {};
  process.exitCode = await executeHere(["ip", "netns", "exec", netns, ...words], { ...process.env, ...path });
}

function captureCommand(): Command {
  return new Command("capture")
    .description("capture frames on a host of a lab, with dumpcap or tcpdump")
    .argument("<host>", "client, router, director, rs1, ...")
    .argument("[filter...]", "a capture filter: port 80")
    .option("--name <lab>", "which lab, if there are several")
    .option("-w, --write <file>", "write the frames to a file, - for standard output")
    .option("-i, --interface <device>", "only this device")
    .option("-c, --count <number>", "end after so many frames", wholeNumber(1, 1_000_000_000))
    .action(acting(capture));
}

interface CaptureFlags extends NameFlag {
  readonly write?: string;
  readonly interface?: string;
  readonly count?: number;
}

async function capture(host: string, filter: readonly string[], flags: CaptureFlags): Promise<void> {
  const { options } = await stateOf(flags.name);
  const lab = planLab(options);
  const netns = hostOrFail(lab, host);
  const own = hostNamed(lab, host)?.nics.map(({ name }) => name) ?? lab.director.ports.map(({ name }) => tapOf(name));
  const words = captureWords(chooseTool(flags.write !== undefined), {
    netns,
    filter,
    devices: flags.interface === undefined ? own : [flags.interface],
    ...(flags.write !== undefined && { file: flags.write }),
    ...(flags.count !== undefined && { count: flags.count }),
  });
  process.exitCode = await executeHere(words);
}

function graphCommand(): Command {
  return shaped(new Command("graph"))
    .description("draw a lab: one that stands, or one of a mode")
    .argument("<lab>", "a lab's name, or a mode")
    .option("--example", "the worked example")
    .addOption(new Option("--format <format>", "what to write").choices(["mermaid", "svg"]).default("mermaid"))
    .action(acting(graph));
}

async function graph(name: string, flags: UpFlags & { readonly format: "mermaid" | "svg" }): Promise<void> {
  const mode = MODES.find((candidate) => candidate === name);
  const standing = readState(name)?.options;
  const options = standing ?? (mode === undefined ? undefined : optionsOf(mode, flags));
  if (options === undefined) throw new LabError(WRONG_USAGE, `${name}: neither a lab nor a mode (${MODES.join(", ")})`);
  const lab = planLab(options);
  print(flags.format === "svg" ? svg(lab) : mermaid(lab));
}

function sessionCommand(): Command {
  return shaped(new Command("session"))
    .description("show when clients keep their sessions, and when they lose them, in a lab of its own")
    .addArgument(new Argument("<kind>", "how they are bound").choices(SESSION_KINDS))
    .addOption(new Option("--mode <mode>", "forwarding method").choices(MODES).default("nat"))
    .option("--keep", "leave the lab standing")
    .option("--json", "one JSON document")
    .action(acting(session));
}

interface SessionFlags extends ShapeFlags {
  readonly mode: Mode;
  readonly keep?: boolean;
  readonly json?: boolean;
}

async function session(kind: SessionKind, flags: SessionFlags): Promise<void> {
  const options = optionsOf(flags.mode, { ...flags, name: flags.name ?? "session", session: kind });
  const { lab } = await raiseOrAbort(options);
  try {
    const result = await tryoutSessions(lab, kind);
    if (flags.json === true) printJson({ v: 1, ...result });
    else print(sessionReport(result));
  } finally {
    if (flags.keep !== true) await takeDown(lab.name);
  }
}
