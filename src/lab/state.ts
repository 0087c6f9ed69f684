/** What is kept of a lab while it stands: a directory of its name, with its options, its processes, its director's configuration and logs. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { socketFolder } from "../io/control/socket-path.ts";
import { makeFolder } from "../io/folder.ts";
import { LabError } from "./lab-error.ts";
import { isLabName } from "./names.ts";
import type { LabOptions } from "./plan.ts";

/** A process of the lab. A number alone may belong to somebody else by now: the time of its start tells. */
export interface LabProcess {
  readonly host: string;
  readonly program: string;
  readonly pid: number;
  /** Clock ticks since the machine started (proc(5): starttime). */
  readonly startTime: string;
}

export interface LabState {
  readonly v: 1;
  readonly options: LabOptions;
  /** When it was begun, ISO 8601. */
  readonly created: string;
  /** False until all of it stood. */
  readonly complete: boolean;
  readonly processes: readonly LabProcess[];
}

/** `/run/tapvs/labs`, or the like in the user's own runtime folder. */
const labsDirectory = (): string => `${socketFolder()}/labs`;
export const directoryOf = (name: string): string => `${labsDirectory()}/${name}`;
const stateFile = (name: string): string => `${directoryOf(name)}/lab.json`;

/** Makes the lab's directory, which also keeps two labs of one name apart. */
export function claim(name: string): void {
  makeFolder(labsDirectory());
  try {
    mkdirSync(directoryOf(name));
  } catch (error) {
    if (existsSync(directoryOf(name))) {
      throw new LabError(1, `there is a lab ${name} already; tapvs lab down ${name}, or choose another --name`);
    }
    throw error;
  }
}

export function writeState(state: LabState): void {
  const file = stateFile(state.options.name);
  // In one step, so that a crash leaves a whole file.
  writeFileSync(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** The state of a lab; `undefined` if there is none, or none that can be read. */
export function readState(name: string): LabState | undefined {
  try {
    const state = JSON.parse(readFileSync(stateFile(name), "utf8")) as LabState;
    return state.v === 1 && state.options.name === name ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Names of all labs that have a directory. */
export function labNames(): string[] {
  try {
    return readdirSync(labsDirectory()).filter(isLabName).sort();
  } catch {
    return [];
  }
}

/** Tried again where a director that still runs writes a file of its `proc` meanwhile. */
export const forget = (name: string): void =>
  rmSync(directoryOf(name), { recursive: true, force: true, maxRetries: 5 });
