/** Lines of rules that are refused because the one that adds their service was: whoever reads the list has one mistake to mend. */
import { readCommandLine } from "./command-line.ts";
import { serviceKeyOf } from "./commands.ts";
import { Exit } from "./exit.ts";
import { portNamesOnly } from "./names.ts";
import type { RuleOutcome } from "./restore.ts";

const ADDS = /^(?:-A|--add-service)/;
const SERVICE = /(?:^| )(-[tuf]|--(?:tcp|udp|sctp|fwmark)-service)[ =]?(\S+)/;
const IPV6 = /(?:^| )(?:-6|--ipv6)(?: |$)/;
const NOT_THERE = /^(?:Service not defined|No such service)/;

/** Told of the lines of one text, in their order. */
export class MissingServices {
  readonly #missing = new Set<string>();

  /** Whether a line was refused for nothing but a service that a line before it should have added. */
  follows({ words, code, err }: Pick<RuleOutcome, "words" | "code" | "err">): boolean {
    if (code === 0) return false;
    const service = serviceOf(words.join(" "));
    if (service === undefined) return false;
    const isThere = /^Service already exists/.test(err);
    if (ADDS.test(words[0] ?? "") && !isThere) this.#missing.add(service);
    return NOT_THERE.test(err) && this.#missing.has(service);
  }
}

/** A name of the service of a line, the same for each of its spellings; `undefined` if there is none. */
function serviceOf(line: string): string | undefined {
  const [, option, value] = SERVICE.exec(line) ?? [];
  if (option === undefined || value === undefined) return undefined;
  const words = ["-D", option, value, ...(IPV6.test(line) ? ["-6"] : [])];
  try {
    const request = readCommandLine(words, { names: portNamesOnly, programName: "", posixlyCorrect: false });
    return "problem" in request ? words.join(" ") : JSON.stringify(serviceKeyOf(request));
  } catch (thrown) {
    if (!(thrown instanceof Exit)) throw thrown;
    return words.join(" ");
  }
}
