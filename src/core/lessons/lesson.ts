/**
 * What a lesson is: a text, a few files in which something is to be done, and a check that builds a simulated network of
 * these files, runs traffic through it, and tells what happened. All are listed in lessons.ts, one file each.
 */

/** The texts of the working folder by their names. */
export type WorkFiles = Readonly<Record<string, string>>;

export interface Lesson {
  /** From 1. */
  readonly number: number;
  readonly title: string;
  /** What is to be done, in a line without a full stop. */
  readonly task: string;
  /** The fragment of a link to the page, which shows the same there. */
  readonly watch: string;
  /** Markdown: what there is to know, what is wrong, what to do. */
  readonly text: string;
  /** The files that the student works on, as they are given out. */
  readonly files: WorkFiles;
  /** Files to look into; the check does not read them. Absent if there are none. */
  readonly extras?: () => Readonly<Record<string, string | Uint8Array>>;
  /** From a nudge to nearly everything. */
  readonly hints: readonly string[];
  /** The same files as they should be. */
  readonly solution: WorkFiles;
  /** Why it is so, in a paragraph; also shown when the goal is reached. */
  readonly why: string;
  /** Runs the student's files. Throws WorkError if one of them cannot be read as what it is. */
  check(files: WorkFiles): Report;
}

/** What a check saw, and whether it is as it should be. */
export interface Report {
  readonly exhibits: readonly Exhibit[];
  readonly goals: readonly Goal[];
}

/** Something to look at: sentences, which may be wrapped, or the lines of a listing, which may not. */
export interface Exhibit {
  readonly title: string;
  readonly kind: "sentences" | "listing";
  readonly lines: readonly string[];
}

export interface Goal {
  /** What should be, in a sentence. */
  readonly text: string;
  readonly met: boolean;
  /** Where it is not met: what to look at. */
  readonly advice: string;
}

/** A goal; the advice is kept only where it is of use. */
export const goal = (text: string, met: boolean, advice: string): Goal => ({
  text,
  met,
  advice: met ? "" : unbroken(advice),
});

/** A paragraph in one line. */
export const unbroken = (text: string): string => text.replace(/\s*\n\s*/g, " ");

export const sentences = (title: string, lines: readonly string[]): Exhibit => ({ title, kind: "sentences", lines });

/** Lines of a text that a program prints. */
export const listing = (title: string, text: string): Exhibit => ({
  title,
  kind: "listing",
  lines: text.replace(/\n$/, "").split("\n"),
});

export const isMet = ({ goals }: Report): boolean => goals.every(({ met }) => met);

/** A report as `tapvs lesson check --json` prints it, and as the page saves it. */
export const reportJson = ({ number, title }: Lesson, report: Report) => ({
  v: 1,
  lesson: number,
  title,
  met: isMet(report),
  ...report,
});

/** A student's files are not what they should be. Each mistake is a line: file, number of the line, and what was expected. */
export class WorkError extends Error {
  override readonly name = "WorkError";
  readonly code = "BAD_WORK";
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
    this.mistakes = mistakes;
  }
}
