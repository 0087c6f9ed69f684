/** `tapvs lesson`: lessons on simulated hosts, each with something to be put right and a check. */

import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { isMet, type Lesson, type Report, reportJson, WorkError } from "../core/lessons/lesson.ts";
import { hintText, listText, reportText, solutionText, startText } from "../core/lessons/lesson-text.ts";
import { LESSONS } from "../core/lessons/lessons.ts";
import { readme } from "../core/lessons/readme.ts";
import { presentIn, readFolder, writeFolder } from "../io/lessons.ts";
import { printLines, terminalWidth } from "./explain/show.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";
import { wholeNumber } from "./option-values.ts";
import { printJson } from "./output.ts";

const README = "README.md";

const EXAMPLES = `
A lesson from beginning to end:
  tapvs lesson list
  tapvs lesson start 3          makes the folder lesson-3: begin with its README.md
  tapvs lesson check 3          says what happens with your files, and whether the goal is reached
  tapvs lesson hint 3           a nudge; hint 3 2 says more
  tapvs lesson solution 3       the files as they should be, and why`;

interface Choices {
  readonly json?: true;
  readonly force?: true;
  readonly apply?: string | true;
}

export function lessonCommand(): Command {
  const lesson = new Command("lesson")
    .description("Lessons about Linux Virtual Server on simulated hosts: nothing is installed, no root is needed.")
    .enablePositionalOptions()
    .addHelpText("after", EXAMPLES);
  const add = (name: string, description: string): Command => lesson.command(name).description(description);
  const addNumbered = (name: string, description: string): Command =>
    add(name, description).argument("<number>", "number of the lesson", lessonNumber);
  add("list", "list the lessons in their order").option("--json", "one JSON document").action(list);
  addNumbered("start", "make a lesson's working folder")
    .argument("[folder]", "lesson-NUMBER by default")
    .option("--force", "begin again: overwrite the files in the folder")
    .action(start);
  addNumbered("check", "run the files of a working folder: ends with 0 if the goals are reached, with 1 if not")
    .argument("[folder]", "lesson-NUMBER by default, or this folder if the lesson was started in it")
    .option("--json", "one JSON document")
    .action(check);
  addNumbered("hint", "give a hint; each further one says more")
    .argument("[which]", "which hint, from 1", wholeNumber(1, 9), 1)
    .action(hint);
  addNumbered("solution", "show the files as they should be, and why")
    .argument("[folder]", "the working folder, for --apply")
    .option("--apply [folder]", "write them into the working folder")
    .action(solution);
  return lesson;
}

// --- words of the command line

/** The lesson of a number. */
function lessonNumber(text: string): Lesson {
  const lesson = /^\d{1,2}$/.test(text) ? LESSONS[Number(text) - 1] : undefined;
  if (lesson === undefined) throw new InvalidArgumentError(`expected the number of a lesson, 1 to ${LESSONS.length}`);
  return lesson;
}

const usualFolder = ({ number }: Lesson): string => `lesson-${number}`;

/** Where a lesson's files are: what was named, lesson-NUMBER, or the present folder if the lesson was started in it. */
function folderOf(lesson: Lesson, named: string | undefined): string {
  if (named !== undefined) return named;
  const usual = usualFolder(lesson);
  if (presentIn(usual, [README]).length > 0 || presentIn(".", [README]).length === 0) return usual;
  const read = readFolder(".", [README]);
  const isHere = "texts" in read && read.texts[README]?.startsWith(`# Lesson ${lesson.number}:`) === true;
  return isHere ? "." : usual;
}

// --- the commands

function list({ json }: Choices): void {
  if (json === true) printJson({ v: 1, lessons: LESSONS.map(({ number, title, task }) => ({ number, title, task })) });
  else printLines(listText(LESSONS));
}

function start(lesson: Lesson, named: string | undefined, { force }: Choices): void {
  const folder = named ?? usualFolder(lesson);
  const files = { [README]: readme(lesson), ...lesson.files, ...lesson.extras?.() };
  const present = presentIn(folder, Object.keys(files));
  if (present.length > 0 && force !== true)
    throw new Failure(FAILED, `${folder}: already there: ${present.join(", ")}; --force begins again and overwrites`);
  writeOrFail(folder, files);
  printLines(startText(lesson, folder, `tapvs lesson check ${lesson.number}${behind(named)}`));
}

function check(lesson: Lesson, named: string | undefined, { json }: Choices): void {
  const report = reportOrFail(lesson, folderOf(lesson, named));
  const met = isMet(report);
  if (json === true) printJson(reportJson(lesson, report));
  else printLines(reportText(lesson, report, LESSONS[lesson.number], terminalWidth()));
  if (!met) process.exitCode = FAILED;
}

function reportOrFail(lesson: Lesson, folder: string): Report {
  const names = Object.keys(lesson.files);
  if (presentIn(folder, names).length === 0) {
    const { number } = lesson;
    throw new Failure(WRONG_USAGE, `${folder}: lesson ${number} was not started here; tapvs lesson start ${number}`);
  }
  const read = readFolder(folder, names);
  if ("failure" in read) throw new Failure(WRONG_USAGE, read.failure);
  try {
    return lesson.check(read.texts);
  } catch (error) {
    if (!(error instanceof WorkError)) throw error;
    throw new Failure(
      WRONG_USAGE,
      ...error.mistakes.map((mistake) => (folder === "." ? mistake : `${folder}/${mistake}`)),
    );
  }
}

function hint(lesson: Lesson, which: number): void {
  const { number, hints } = lesson;
  if (which > hints.length) throw new Failure(WRONG_USAGE, `lesson ${number} has ${hints.length} hints`);
  printLines(hintText(lesson, which, terminalWidth()));
}

function solution(lesson: Lesson, where: string | undefined, { apply }: Choices): void {
  const { number } = lesson;
  if (apply === undefined) {
    printLines(
      solutionText(lesson, [], `Written by: tapvs lesson solution ${number} --apply${behind(where)}`, terminalWidth()),
    );
    return;
  }
  const named = apply === true ? where : apply;
  const folder = folderOf(lesson, named);
  writeOrFail(folder, lesson.solution);
  const written = Object.keys(lesson.solution).map((name) => join(folder, name));
  printLines(solutionText(lesson, written, `Next: tapvs lesson check ${number}${behind(named)}`, terminalWidth()));
}

/** A folder's name as the last word of a command; nothing if none was named. */
const behind = (named: string | undefined): string => (named === undefined ? "" : ` ${named}`);

function writeOrFail(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  const error = writeFolder(folder, files);
  if (error !== undefined) throw new Failure(FAILED, error.failure);
}
