/** What a command line runs in. */
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import type { LineReading } from "./command-line.ts";
import { type Names, portNamesOnly } from "./names.ts";

export interface ControlEnvironment {
  readonly server: VirtualServer;
  /** Of hosts and ports; without it ports have the names of Debian 12 and hosts have none. */
  readonly names?: Names;
  /** argv[0] as messages print it; `ipvsadm` by default. */
  readonly programName?: string;
  /** What `-R` reads. */
  readonly stdin?: string;
  /** POSIXLY_CORRECT is set: options end at the first ordinary word. */
  readonly posixlyCorrect?: boolean;
  /** `false` for someone without CAP_NET_ADMIN, who is told nothing and may change nothing. */
  readonly mayChange?: boolean;
  /** Not of ipvsadm: `-L` and `-G` print one line of JSON, whatever the columns chosen. */
  readonly json?: boolean;
  /** Chains of the connection table that the first line of a listing names; 4096 by default. */
  readonly connectionTableSize?: number;
}

/** What the program left behind: its exit status, stdout and stderr. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export const DEFAULT_TABLE_SIZE = 4096;

export const programNameOf = (environment: ControlEnvironment): string => environment.programName ?? "ipvsadm";

export const namesOf = (environment: ControlEnvironment): Names => environment.names ?? portNamesOnly;

export const readingOf = (environment: ControlEnvironment): LineReading => ({
  names: namesOf(environment),
  programName: programNameOf(environment),
  posixlyCorrect: environment.posixlyCorrect ?? false,
});
