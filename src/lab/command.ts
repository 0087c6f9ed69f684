/** A lab's commands as values: run.ts runs them, script.ts writes them as a person would type them. */

export type LabCommand = { readonly why?: string } & (
  | {
      readonly kind: "ip";
      /** The namespace it acts in; without it, the machine's own. */
      readonly netns?: string;
      /** Without `ip` and without the namespace. */
      readonly words: readonly string[];
    }
  | {
      readonly kind: "sysctl";
      readonly netns: string;
      readonly values: readonly (readonly [key: string, value: string])[];
      /** For what not every kernel has. */
      readonly ignoreUnknown?: boolean;
    }
  | { readonly kind: "write"; readonly file: string; readonly text: string }
  /** A program that keeps running. */
  | {
      readonly kind: "start";
      readonly host: string;
      readonly netns: string;
      readonly program: string;
      readonly words: readonly string[];
      /** The control socket of a director that must answer first. */
      readonly awaits?: string;
    }
);

/** Commands about one host, or one matter. */
export interface Section {
  readonly title: string;
  readonly commands: readonly LabCommand[];
}

/** Where a director keeps its switches, as under /proc. */
export const procOf = ({ directory }: Pick<Paths, "directory">, number = 1): string =>
  `${directory}/proc${number === 1 ? "" : number}`;

/** The folder of the commands that speak to a director. */
export const binOf = ({ directory }: Pick<Paths, "directory">, number = 1): string =>
  `${directory}/bin${number === 1 ? "" : number}`;

/** The files that commands name. */
export interface Paths {
  /** The lab's own directory; director.yaml and logs are in it. */
  readonly directory: string;
  /** The director's control socket. */
  readonly socket: string;
  /** The words that start Node.js. */
  readonly node: readonly string[];
  /** The words that start tapvs. */
  readonly tapvs: readonly string[];
  /** The directory of the lab's own programs. */
  readonly programs: string;
}
