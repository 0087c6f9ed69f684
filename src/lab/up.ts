/** Builds a lab on this machine. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { HOST_PROGRAMS } from "../core/host-programs/programs.ts";
import { buildLab } from "./build.ts";
import { binOf, type Paths, type Section } from "./command.ts";
import { directorAnswers, hasService, isMaster, socketOfLab } from "./director-control.ts";
import { type DirectorNumber, directorNumbers, numberOf, socketOf } from "./directors.ts";
import { isThere, takeDown } from "./down.ts";
import { LabError } from "./lab-error.ts";
import { requirePrograms, requireRoot } from "./machine.ts";
import type { Lab, LabOptions } from "./plan.ts";
import { lastLines, type Started } from "./processes.ts";
import { hasNextHops } from "./router-routes.ts";
import { runSections } from "./run.ts";
import { shellWords } from "./script.ts";
import { claim, directoryOf, type LabProcess, writeState } from "./state.ts";
import { planLab } from "./topologies.ts";

export interface RaisedLab {
  readonly lab: Lab;
  readonly sections: readonly Section[];
  readonly socket: string;
}

/** The paths of a lab on this machine. */
const pathsOf = (name: string): Paths => ({
  directory: directoryOf(name),
  socket: socketOfLab(name),
  node: [process.execPath],
  tapvs: [process.execPath, fileURLToPath(new URL("../cli/main.js", import.meta.url))],
  programs: fileURLToPath(new URL("./programs", import.meta.url)),
});

/** The commands of a lab on this machine. The worked examples get their service later, typed; keepalived makes its own. */
export function sectionsOf(options: LabOptions): { readonly lab: Lab; readonly sections: readonly Section[] } {
  const lab = planLab(options);
  const paths = pathsOf(options.name);
  return { lab, sections: options.example ? buildLab(lab, paths, []) : buildLab(lab, paths) };
}

/** Builds the lab and resolves when all of it answers. Whatever goes wrong, nothing is left behind. */
export async function raise(options: LabOptions, abort: AbortSignal): Promise<RaisedLab> {
  checkMachine(options);
  const { name } = options;
  if (await isThere(name)) {
    throw new LabError(1, `there is a lab ${name} already; tapvs lab down ${name}, or choose another --name`);
  }
  claim(name);
  try {
    return await build(options, abort);
  } catch (error) {
    await takeDown(name);
    throw error;
  }
}

function checkMachine({ sessions, keepalived, several }: LabOptions): void {
  requireRoot();
  requirePrograms([
    "ip",
    "sysctl",
    "curl",
    ...(sessions === "store" ? ["redis-server"] : []),
    ...(keepalived === undefined ? [] : ["keepalived"]),
    ...(several?.kind === "ecmp" && several.next === "bird" ? ["bird"] : []),
  ]);
  if (!existsSync("/dev/net/tun"))
    throw new LabError(4, "there is no /dev/net/tun: load the module tun (modprobe tun)");
}

async function build(options: LabOptions, abort: AbortSignal): Promise<RaisedLab> {
  const { name } = options;
  const paths = pathsOf(name);
  const { lab, sections } = sectionsOf(options);
  const logs = `${paths.directory}/log`;
  mkdirSync(logs);
  for (const number of directorNumbers(lab))
    writeCommands({ ...paths, socket: socketOf(paths.socket, number) }, number);
  const created = new Date().toISOString();
  const processes: LabProcess[] = [];
  const waiting: Promise<void>[] = [];
  // A program that ends is the reason why others do not get ready.
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const keep = (complete: boolean): void => writeState({ v: 1, options, created, complete, processes });
  const started = (program: Started): void => {
    processes.push(program.process);
    keep(false);
    waiting.push(isReady(lab, program, paths.socket));
    program.ended.catch(fail);
    // Awaited below, when everything has been started.
    waiting.at(-1)?.catch(() => {});
  };
  keep(false);
  await Promise.race([runSections(sections, { logs, started, abort }), failed]);
  await Promise.race([Promise.all(waiting), failed]);
  keep(true);
  return { lab, sections, socket: paths.socket };
}

function isReady(lab: Lab, { process: { host, program }, log, ready }: Started, socket: string): Promise<void> {
  const number = numberOf(host);
  const { several } = lab.director;
  if (number === undefined) return program === "bird" && host === "router" ? hasNextHops(lab) : ready;
  if (program === "keepalived") return madeService(socket, log);
  return number === 1 && several?.kind === "vrrp" ? isMaster(socket) : directorAnswers(socketOf(socket, number));
}

async function madeService(socket: string, log: string): Promise<void> {
  if (await hasService(socket)) return;
  throw new LabError(1, `director: keepalived has made no service in ten seconds:\n${lastLines(log)}`);
}

/** The commands that `lab exec director` finds first: they speak to this lab's director, whose interfaces are not in its namespace. */
function writeCommands(paths: Paths, number: DirectorNumber): void {
  const { socket, tapvs } = paths;
  const bin = binOf(paths, number);
  mkdirSync(bin);
  const write = (name: string, words: readonly string[]): void =>
    writeFileSync(
      `${bin}/${name}`,
      `#!/bin/sh\nPATH="\${PATH#${bin}:}" TAPVS_SOCKET=${shellWords([socket])} exec ${shellWords(words)} "$@"\n`,
      { mode: 0o755 },
    );
  write("tapvs", tapvs);
  write("ipvsadm", [...tapvs, "ipvsadm"]);
  for (const program of HOST_PROGRAMS) write(program, [...tapvs, "host", program]);
}
