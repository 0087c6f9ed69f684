/** Recorded cases as a test suite, in mocha, in node:test, and wherever `describe` and `it` are. */
import { differenceLines, differenceTitle } from "../../core/replay/difference-text.ts";
import { type CaseLocation, findCases } from "../../io/recorded-cases.ts";
import { verifyCase } from "../../io/verify-case.ts";
import { AssertionError } from "./assertion.ts";

type Describe = (name: string, body: () => void) => void;
type It = (name: string, body: () => Promise<void>) => void;

/** What a suite of cases is told beside where they are. */
export interface CasesOptions {
  /** Cases that are known to differ, by name, and why: their tests fail when they match. */
  readonly failing?: Readonly<Record<string, string>>;
}

/**
 * One test for each case of a folder, as `tapvs verify` finds them: transcripts, and folders with director.yaml and wire.pcapng. To be
 * called where a test file begins: `runCases("cases/")`. Under mocha, or another program that has `describe` and `it`, these are used;
 * else node:test. A path without cases is a test that fails.
 */
export function runCases(path: string, { failing = {} }: CasesOptions = {}): void {
  const { describe, it } = suites();
  describe(`recorded cases in ${path}`, () => {
    for (const found of findCases(path)) {
      if (found.kind === "none")
        it(found.path, () => Promise.reject(new AssertionError(`${found.path}: ${found.message}`)));
      else {
        const reason = Object.hasOwn(failing, found.name) ? failing[found.name] : undefined;
        if (reason === undefined) it(found.name, () => verified(found));
        else it(`${found.name} (differs: ${reason})`, () => differing(found));
      }
    }
  });
}

function suites(): { readonly describe: Describe; readonly it: It } {
  const { describe, it } = globalThis as { readonly describe?: unknown; readonly it?: unknown };
  if (typeof describe === "function" && typeof it === "function")
    return { describe: describe as Describe, it: it as It };
  return process.getBuiltinModule("node:test");
}

/** Rejects where the case does not differ. */
async function differing(location: CaseLocation): Promise<void> {
  const difference = await verified(location).catch((error: unknown) => error);
  if (difference === undefined) throw new AssertionError(`${location.path}: it matches, but is listed as failing`);
}

/** Rejects where the case differs or cannot be read, and says what of it. */
async function verified(location: CaseLocation): Promise<void> {
  const result = await verifyCase(location, () => {});
  if ("errors" in result) throw new AssertionError(result.errors.join("\n"));
  const { difference, idle } = result;
  if (difference === undefined && idle !== undefined) throw new AssertionError(`${location.path}: ${idle}`);
  if (difference === undefined) return;
  const lines = [`${location.path}: ${differenceTitle(difference)}`, ...differenceLines(difference)];
  throw new AssertionError(lines.join("\n"));
}
