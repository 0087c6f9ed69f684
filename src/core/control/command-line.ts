/** Reads one command line from left to right, complaining where ipvsadm does (ipvsadm.c: parse_options). */
import { Exit, STATUS_MINUS_ONE, usageError } from "./exit.ts";
import type { Names } from "./names.ts";
import { optionsAfter } from "./options/find.ts";
import { type Option, parseTimeout } from "./options/option.ts";
import { OptionReader } from "./popt.ts";
import { type Command, emptyRequest, type OptionName, type Request } from "./request.ts";

export interface LineReading {
  readonly names: Names;
  /** argv[0], for messages. */
  readonly programName: string;
  readonly posixlyCorrect: boolean;
}

/** A mistake that ends this line but not the run: one line for stderr. */
export interface LineProblem {
  readonly problem: string;
}

export const tryHelp = (programName: string): Exit =>
  new Exit(STATUS_MINUS_ONE, "", `Try \`${programName} -h' or '${programName} --help' for more information.\n`);

/**
 * What the words ask for. Throws Exit for whatever ends the program; a mistake of spelling after the first option is
 * handed back.
 */
export function readCommandLine(words: readonly string[], reading: LineReading): Request | LineProblem {
  let command: Command | undefined;
  const reader = new OptionReader<Option>(
    words,
    optionsAfter(() => command),
    reading.posixlyCorrect,
  );
  const first = reader.next();
  if (first.kind !== "option" || first.row.command === undefined) throw tryHelp(reading.programName);
  command = first.row.command;
  const request = emptyRequest(command);
  first.row.apply?.(request, first.value ?? "", reading.names);
  // Help does not look at what follows.
  if (command === "help" || command === "version") return request;
  for (let token = reader.next(); token.kind !== "end"; token = reader.next()) {
    if (token.kind === "problem") return { problem: `${token.word}: ${token.problem}\n` };
    applyOption(request, token.row, token.value, token.word, reading.names);
  }
  takeLeftovers(request, reader.leftovers);
  return request;
}

function applyOption(request: Request, found: Option, value: string | undefined, word: string, names: Names): void {
  const option = value === undefined ? (found.alone ?? found) : found;
  if (option.command !== undefined) throw usageError(`invalid option \`${word}'`);
  if (option.name !== undefined) markGiven(request.given, option.name);
  option.apply?.(request, value ?? option.defaultValue ?? "", names);
}

function markGiven(given: Set<OptionName>, name: OptionName): void {
  if (given.has(name)) throw usageError(`multiple '${name}' options specified`);
  given.add(name);
}

/** Ordinary words: three numbers of seconds for `--set`, and nothing for any other command. */
function takeLeftovers(request: Request, words: readonly string[]): void {
  let unexpected = words;
  if (request.command === "set") {
    if (words.length < 3) throw usageError("--set option requires 3 timeout values");
    request.timeouts = words.slice(0, 3).map((word) => parseTimeout(word, 0));
    unexpected = words.slice(3);
  }
  if (unexpected[0] !== undefined) throw usageError(`unexpected argument ${unexpected[0]}`);
}
