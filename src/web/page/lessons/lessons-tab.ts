/** The tab of the lessons: the same lessons, files and checks as `tapvs lesson`, in the browser. */
import { type Lesson, type Report, reportJson, WorkError, type WorkFiles } from "../../../core/lessons/lesson.ts";
import { LESSONS } from "../../../core/lessons/lessons.ts";

/** What was done in a lesson. */
interface Work {
  files: WorkFiles;
  report: Report | undefined;
  /** Why the files could not be checked. */
  mistakes: readonly string[];
  hints: number;
  solved: boolean;
  /** For each goal, whether the student expects it to be met; predict mode asks before it tells. */
  guesses: (boolean | undefined)[];
}

export class LessonsTab {
  /** Before a report is shown, its goals are to be predicted. */
  predicting = false;
  #number = 1;
  readonly #works = new Map<number, Work>();

  get lesson(): Lesson {
    const [first] = LESSONS;
    const found = LESSONS[this.#number - 1] ?? first;
    if (found === undefined) throw new Error("there are no lessons");
    return found;
  }

  get work(): Work {
    const known = this.#works.get(this.#number);
    if (known !== undefined) return known;
    const work = { files: this.lesson.files, report: undefined, mistakes: [], hints: 0, solved: false, guesses: [] };
    this.#works.set(this.#number, work);
    return work;
  }

  /** Another lesson; false if there is none of this number. */
  open(number: number): boolean {
    if (LESSONS[number - 1] === undefined) return false;
    this.#number = number;
    return true;
  }

  write(name: string, text: string): void {
    if (!Object.hasOwn(this.lesson.files, name)) return;
    this.work.files = { ...this.work.files, [name]: text };
    this.work.report = undefined;
  }

  /** Runs the files. */
  check(): void {
    const { work } = this;
    work.guesses = [];
    work.mistakes = [];
    work.report = undefined;
    try {
      work.report = this.lesson.check(work.files);
    } catch (error) {
      if (!(error instanceof WorkError)) throw error;
      work.mistakes = error.mistakes;
    }
  }

  hint(): void {
    this.work.hints = Math.min(this.lesson.hints.length, this.work.hints + 1);
  }

  /** Writes the files as they should be. */
  solve(): void {
    this.work.files = this.lesson.solution;
    this.work.solved = true;
    this.check();
  }

  /** Begins anew. */
  reset(): void {
    this.#works.delete(this.#number);
  }

  guess(goal: number, met: boolean): void {
    this.work.guesses[goal] = met;
  }

  /** The goal that is to be predicted next; `undefined` if the report may be seen. */
  get asked(): number | undefined {
    const { report, guesses } = this.work;
    if (!this.predicting || report === undefined) return undefined;
    const open = report.goals.findIndex((_, goal) => guesses[goal] === undefined);
    return open < 0 ? undefined : open;
  }

  /** How many goals were predicted rightly. */
  get score(): number {
    const { report, guesses } = this.work;
    return report?.goals.filter(({ met }, goal) => guesses[goal] === met).length ?? 0;
  }

  /** The report as `tapvs lesson check --json` prints it; empty before there is one. */
  get json(): string {
    const { report } = this.work;
    return report === undefined ? "" : `${JSON.stringify(reportJson(this.lesson, report), undefined, 2)}\n`;
  }
}
