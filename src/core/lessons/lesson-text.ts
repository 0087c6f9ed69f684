/** A lesson as it is shown: the report of a check, hints, the solution, and all of them in a list. */
import { EMPTY, hanging, line, type StyledLine, wrapped } from "../explain/styled.ts";
import { type Exhibit, type Goal, isMet, type Lesson, type Report, unbroken } from "./lesson.ts";

/** One lesson to a line. */
export function listText(lessons: readonly Lesson[]): StyledLine[] {
  const widest = Math.max(...lessons.map(({ title }) => title.length));
  const lines = lessons.map(
    ({ number, title, task }) => `${String(number).padStart(2)}  ${title.padEnd(widest)}  ${task}`,
  );
  return [...lines.map((text) => line(text)), EMPTY, line("Begin with: tapvs lesson start 1", "dim")];
}

/** What to do with a folder that was just made; `next` is the command for it. */
export function startText(lesson: Lesson, folder: string, next: string): StyledLine[] {
  const { number, title, files, extras } = lesson;
  return [
    line(`Lesson ${number}: ${title}`, "title"),
    line(`  read    ${folder}/README.md`),
    ...Object.keys(extras?.() ?? {}).map((name) => line(`  study   ${folder}/${name}`)),
    ...Object.keys(files).map((name) => line(`  change  ${folder}/${name}`)),
    line(`  then    ${next}`),
  ];
}

/** One hint, from 1, and how to get the next one. */
export function hintText({ number, hints }: Lesson, which: number, width: number): StyledLine[] {
  const more = which < hints.length ? `tapvs lesson hint ${number} ${which + 1}` : `tapvs lesson solution ${number}`;
  return [
    ...paragraph(hints[which - 1] ?? "", width),
    EMPTY,
    line(`Hint ${which} of ${hints.length}. More: ${more}`, "dim"),
  ];
}

/** The files as they should be, or the names of those that were `written`, and why they are so; `next` is what to do with them. */
export function solutionText(
  { solution, why }: Lesson,
  written: readonly string[],
  next: string,
  width: number,
): StyledLine[] {
  const shown = Object.entries(solution).flatMap(([name, text]) => [
    line(name, "strong"),
    ...text
      .trimEnd()
      .split("\n")
      .map((row) => line(`  ${row}`)),
    EMPTY,
  ]);
  return [
    ...(written.length === 0 ? shown : [...written.map((file) => line(`${file} is written.`)), EMPTY]),
    ...paragraph(why, width),
    EMPTY,
    line(next, "dim"),
  ];
}

// --- reports

/** What a check saw, the goals, and what to do next. `next` is the lesson to go on with, if there is one. */
export function reportText(lesson: Lesson, report: Report, next: Lesson | undefined, width: number): StyledLine[] {
  return [
    line(`Lesson ${lesson.number}: ${lesson.title}`, "title"),
    EMPTY,
    ...report.exhibits.flatMap((exhibit) => exhibitLines(exhibit, width)),
    line("Goals", "strong"),
    ...report.goals.flatMap((goal) => goalLines(goal, width)),
    EMPTY,
    ...(isMet(report) ? doneLines(lesson, next, width) : undoneLines(lesson)),
  ];
}

function exhibitLines({ title, kind, lines }: Exhibit, width: number): StyledLine[] {
  const body =
    kind === "listing" ? lines.map((text) => line(`  ${text}`)) : lines.flatMap((text) => hanging("  ", text, width));
  return [line(title, "strong"), ...body, EMPTY];
}

function goalLines({ text, met, advice }: Goal, width: number): StyledLine[] {
  return [
    ...hanging(met ? "  yes  " : "  no   ", text, width, met ? "good" : "bad"),
    ...(advice === "" ? [] : hanging("       ", advice, width)),
  ];
}

function doneLines({ why }: Lesson, next: Lesson | undefined, width: number): StyledLine[] {
  return [
    line("Well done.", "good"),
    ...paragraph(why, width),
    EMPTY,
    line(
      next === undefined ? "That was the last lesson." : `Next: tapvs lesson start ${next.number} (${next.title})`,
      "dim",
    ),
  ];
}

const undoneLines = ({ number }: Lesson): StyledLine[] => [
  line(`Not yet. Change the files and check again; tapvs lesson hint ${number} helps.`, "bad"),
];

const paragraph = (text: string, width: number): StyledLine[] => wrapped(unbroken(text), width).map((row) => line(row));
