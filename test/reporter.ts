/**
 * Dots, then what was skipped (its title says why), what was tried again and why, the slowest, what failed, files that were
 * not run to their end, and all counts on a line of their own.
 */
import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import Mocha from "mocha";

const { EVENT_TEST_PENDING, EVENT_TEST_END, EVENT_TEST_FAIL, EVENT_TEST_RETRY, EVENT_HOOK_END } =
  Mocha.Runner.constants;
const SLOWEST = 20;
/** What takes less, in milliseconds, is not slow. */
const SLOW = 500;
/** Names a file that takes the counts: a total over several runs is printed elsewhere then. */
const { TAPVS_COUNTS } = process.env;

const print = (line: string): void => Mocha.reporters.Base.consoleLog(line);

export default class Dots extends Mocha.reporters.Dot {
  readonly #skipped: string[] = [];
  /** With what failed first: a second failure may only follow from it. */
  readonly #again: string[] = [];
  /** Files that did not load, or whose process crashed: how many of their tests are missing, nobody knows. */
  readonly #lost: string[] = [];
  /** Tests and hooks with their milliseconds. */
  readonly #durations: (readonly [milliseconds: number, title: string])[] = [];

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const note = (ended: Mocha.Runnable): void => {
      const { duration = 0 } = ended;
      if (duration >= SLOW) this.#durations.push([duration, ended.fullTitle()]);
    };
    runner.on(EVENT_TEST_PENDING, (test) => this.#skipped.push(test.fullTitle()));
    runner.on(EVENT_TEST_RETRY, (test, { message }) => this.#again.push(`${test.fullTitle()}: ${message}`));
    runner.on(EVENT_TEST_FAIL, (_, error: Error & { readonly code?: unknown; readonly file?: unknown }) => {
      // A test whose time is up has its file with it, too.
      if (typeof error.file === "string" && error.code !== "ERR_MOCHA_TIMEOUT")
        this.#lost.push(relative("", error.file));
    });
    runner.on(EVENT_TEST_END, note);
    runner.on(EVENT_HOOK_END, note);
  }

  /** Called once, when all has run. */
  override epilogue(): void {
    for (const title of this.#skipped.toSorted()) print(`  skipped: ${title}`);
    for (const what of this.#again.toSorted()) print(`  tried again: ${what}`);
    const slowest = this.#durations.toSorted(([one], [other]) => other - one).slice(0, SLOWEST);
    if (slowest.length > 0) print("\n  the slowest, in seconds:");
    for (const [milliseconds, title] of slowest) print(`${(milliseconds / 1000).toFixed(1).padStart(6)}  ${title}`);
    super.epilogue();
    for (const file of this.#lost.toSorted()) print(`  not run to its end, its tests are not counted: ${file}`);
    const { passes, failures, pending } = this.stats;
    if (TAPVS_COUNTS === undefined) print(`${passes} passed, ${failures} failed, ${pending} skipped`);
    else appendFileSync(TAPVS_COUNTS, `${passes} ${failures} ${pending}\n`);
  }
}
