import { expect } from "chai";
import { plainText } from "../../../src/core/explain/styled.ts";
import { isMet, type Lesson } from "../../../src/core/lessons/lesson.ts";
import { hintText, listText, reportText, solutionText, startText } from "../../../src/core/lessons/lesson-text.ts";
import { LESSONS } from "../../../src/core/lessons/lessons.ts";
import { readme } from "../../../src/core/lessons/readme.ts";

const WIDTH = 90;

/** The drawings of a text may be wider than its words. */
const WIDEST_DRAWING = 110;

describe("lessons", () => {
  it("are numbered in their order", () => {
    expect(LESSONS.map(({ number }) => number)).deep.equals([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(new Set(LESSONS.map(({ title }) => title)).size).equals(LESSONS.length);
  });

  for (const lesson of LESSONS) {
    describe(`${lesson.number}: ${lesson.title}`, () => {
      it("is not done as it is given out, and says for each goal that is not met what to look at", () => {
        const report = lesson.check(lesson.files);
        expect(isMet(report)).equals(false);
        for (const { text, met, advice } of report.goals) {
          expect(text).matches(/^[A-Za-z].*\.$/);
          expect(advice !== "", text).equals(!met);
        }
      });

      it("is done with its solution, and nothing went wrong on the way", () => {
        const report = lesson.check({ ...lesson.files, ...lesson.solution });
        expect(report.goals.filter(({ met }) => !met)).deep.equals([]);
        expect(report.exhibits.map(({ title }) => title)).not.includes("What went wrong on the way");
      });

      it("comes to the same each time", () => {
        expect(lesson.check(lesson.files)).deep.equals(lesson.check(lesson.files));
      });

      it("has a solution of the files that are given out, other than they are", () => {
        expect(Object.keys(lesson.solution)).deep.equals(Object.keys(lesson.files));
        expect(lesson.solution).not.deep.equals(lesson.files);
      });

      it("has texts that fit a terminal", () => expectReadable(lesson));
    });
  }
});

function expectReadable(lesson: Lesson): void {
  const { number, title, files, hints } = lesson;
  expect(hints.length).within(3, 9);
  const page = readme(lesson);
  expect(page).matches(new RegExp(`^# Lesson ${number}: `));
  expect(page).includes("**To do:**");
  for (const name of Object.keys(files)) expect(page).includes(name);
  for (const row of page.split("\n")) {
    expect(row.length, row).most(row.startsWith("    ") || row.startsWith("|") ? WIDEST_DRAWING : WIDTH);
  }
  const solved = lesson.check({ ...files, ...lesson.solution });
  const texts = [
    plainText(hintText(lesson, 1, WIDTH)),
    plainText(solutionText(lesson, [], "next", WIDTH)),
    plainText(reportText(lesson, solved, LESSONS[number], WIDTH)),
    plainText(startText(lesson, `lesson-${number}`, "next")),
    plainText(listText(LESSONS)),
  ].join("");
  expect(texts).includes(title).and.includes("Well done.");
  expect(texts).not.includes("undefined");
}
