import { expect } from "chai";
import { isMet } from "../../../src/core/lessons/lesson.ts";
import { LESSONS } from "../../../src/core/lessons/lessons.ts";
import { App } from "../../../src/web/page/app.ts";
import { command } from "../../../src/web/page/commands.ts";
import { LessonsTab } from "../../../src/web/page/lessons/lessons-tab.ts";
import { lessonsTab } from "../../../src/web/page/view/lessons.ts";
import { markdown } from "../../../src/web/page/view/markdown.ts";

const CALL = { name: "", time: 0, wall: 0 };

describe("lessons on the page", () => {
  it("are checked as on the command line, before and after they are solved", () => {
    const tab = new LessonsTab();
    tab.open(4);
    tab.check();
    expect(tab.work.report).deep.equals(tab.lesson.check(tab.lesson.files));
    tab.solve();
    expect(tab.work.report === undefined || isMet(tab.work.report)).equals(true);
    const { v, lesson, met } = JSON.parse(tab.json) as { v: number; lesson: number; met: boolean };
    expect([v, lesson, met]).deep.equals([1, 4, true]);
  });

  it("ask in predict mode what one expects of each goal, and only then tell", () => {
    const tab = new LessonsTab();
    tab.open(3);
    tab.predicting = true;
    tab.check();
    expect(lessonsTab(tab).text).includes("Will be met").and.not.includes("Two visits are answered by rs1. <");
    const goals = tab.work.report?.goals ?? [];
    for (let asked = tab.asked; asked !== undefined; asked = tab.asked) tab.guess(asked, true);
    const met = goals.filter((goal) => goal.met).length;
    expect(lessonsTab(tab).text).includes(`${met} of ${goals.length} predicted rightly`);
  });

  it("say what is wrong with a file", () => {
    const tab = new LessonsTab();
    tab.open(4);
    tab.write("network.conf", "rs1.arp_ignore = 7\n");
    tab.check();
    expect(tab.work.mistakes.join()).includes("network.conf:1:");
    expect(lessonsTab(tab).text).includes('role="alert"');
  });

  for (const { number, title } of LESSONS) {
    it(`lead to the page and back: ${title}`, () => {
      const app = new App(`#lesson=${number}`, "");
      expect(app.fragment).equals(`lesson=${number}`);
      expect(lessonsTab(app.lessons).text).not.includes("undefined");
      command(app, "watch-lesson", CALL);
      expect(app.problems).deep.equals([]);
      expect(["watch", "schedulers"]).includes(app.tab);
      expect(app.lessonBehind).equals(number);
      command(app, "lesson", { ...CALL, name: String(number) });
      expect(app.tab).equals("lessons");
    });
  }

  it("open their capture where there is one", () => {
    const app = new App("#lesson=10", "");
    command(app, "lesson-extras", CALL);
    expect(app.tab).equals("capture");
    expect(app.capture.lines.length).greaterThan(10);
  });

  it("are written in Markdown", () => {
    const { text } = markdown(
      "A `b` and **c**.\n\n- one\n  more\n- two\n\n| x | y |\n| --- | --- |\n| 1 | <2> |\n\n    code  x",
    );
    expect(text).includes("<p>A <code>b</code> and <b>c</b>.</p>");
    expect(text).includes("<li>one more</li><li>two</li>");
    expect(text).includes("<td>&lt;2&gt;</td>");
    expect(text).includes("<pre>code  x</pre>");
  });
});
