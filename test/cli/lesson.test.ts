import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { LESSONS } from "../../src/core/lessons/lessons.ts";
import { scratch } from "./scratch.ts";
import { type Run, tapvs } from "./tapvs.ts";

const lesson = (words: readonly string[], folder = "."): Run => tapvs(["lesson", ...words], folder);

describe("tapvs lesson", () => {
  const path = scratch();

  const read = (folder: string, name: string): string => readFileSync(join(folder, name), "utf8");

  it("list names all lessons with what is to be done, also as JSON", async () => {
    const { code, out } = lesson(["list"]);
    expect(code).equals(0);
    for (const { number, title, task } of LESSONS)
      expect(out).matches(new RegExp(`^ ?${number}  ${title} +${task}$`, "m"));
    const { v, lessons } = JSON.parse(lesson(["list", "--json"]).out);
    expect(v).equals(1);
    expect(lessons).deep.equals(LESSONS.map(({ number, title, task }) => ({ number, title, task })));
  });

  it("leads from start by check, hint and solution to done", async () => {
    const folder = path("three");
    const started = tapvs(["lesson", "start", "3", folder]);
    expect(started.code).equals(0);
    expect(started.out).includes(`read    ${folder}/README.md`).and.includes(`change  ${folder}/network.conf`);
    expect(read(folder, "README.md")).matches(/^# Lesson 3: NAT and the wrong gateway\n/);

    const first = tapvs(["lesson", "check", "3", folder]);
    expect(first.code).equals(1);
    expect(first.err).equals("");
    expect(first.out).includes("Visit 1: no reply").and.includes("with a reset").and.includes("Not yet.");

    expect(lesson(["hint", "3"]).out).includes("Hint 1 of 3. More: tapvs lesson hint 3 2");
    expect(lesson(["hint", "3", "3"]).out)
      .includes("172.16.1.1")
      .and.includes("More: tapvs lesson solution 3");

    const shown = lesson(["solution", "3"]);
    expect(shown.out).includes("rs2.gateway = 172.16.1.1\n");
    expect(read(folder, "network.conf")).includes("rs2.gateway = 172.16.1.254");
    expect(lesson(["solution", "3", "--apply", folder]).out).includes(`${folder}/network.conf is written.`);

    const last = tapvs(["lesson", "check", "3", folder]);
    expect(last.code).equals(0);
    expect(last.out).includes("Well done.").and.includes("Next: tapvs lesson start 4");
  });

  it("check --json says what happened, which goals are met, and what to look at", async () => {
    const folder = path("json");
    lesson(["start", "1", folder]);
    const before = lesson(["check", "1", folder, "--json"]);
    expect(before.code).equals(1);
    const report = JSON.parse(before.out);
    expect(report).include({ v: 1, lesson: 1, title: "The first service", met: false });
    expect(report.goals.map(({ met }: { met: boolean }) => met)).deep.equals([false, false]);
    expect(report.goals[0].advice).includes("no service yet");
    expect(report.exhibits[0]).deep.equals({
      title: "What happened",
      kind: "sentences",
      lines: [1, 2, 3, 4].map((number) => `Visit ${number}: connection refused.`),
    });
    lesson(["solution", "1", folder, "--apply"]);
    const after = lesson(["check", "1", folder, "--json"]);
    expect([after.code, JSON.parse(after.out).met]).deep.equals([0, true]);
  });

  it("uses lesson-NUMBER, or the folder it is in, where none is named", async () => {
    const folder = path("here");
    mkdirSync(folder);
    expect(lesson(["start", "2"], folder).out).includes("lesson-2/rules.ipvs");
    expect(lesson(["check", "2"], folder).code).equals(1);
    const inside = join(folder, "lesson-2");
    expect(lesson(["check", "2"], inside).code).equals(1);
    expect(lesson(["solution", "2", "--apply"], inside).out).matches(/^rules\.ipvs is written\.$/m);
    expect(lesson(["check", "2"], inside).code).equals(0);
    expect(lesson(["check", "2"], folder).code).equals(0);
    writeFileSync(join(inside, "rules.ipvs"), "nonsense\n");
    expect(lesson(["check", "2"], inside).err).matches(/^rules\.ipvs:1: /);
    // Another lesson was not started in here.
    expect(lesson(["check", "1"], inside)).include({
      code: 2,
      err: "lesson-1: lesson 1 was not started here; tapvs lesson start 1\n",
    });
  });

  it("start overwrites nothing without --force", async () => {
    const folder = path("twice");
    lesson(["start", "1", folder]);
    writeFileSync(join(folder, "rules.ipvs"), "mine\n");
    const { code, err } = lesson(["start", "1", folder]);
    expect(code).equals(1);
    expect(err).equals(`${folder}: already there: README.md, rules.ipvs; --force begins again and overwrites\n`);
    expect(read(folder, "rules.ipvs")).equals("mine\n");
    expect(lesson(["start", "1", folder, "--force"]).code).equals(0);
    expect(read(folder, "rules.ipvs")).matches(/^#/);
  });

  it("tells mistakes in the files with file and line, and ends with 2", async () => {
    const folder = path("mistakes");
    lesson(["start", "8", folder]);
    writeFileSync(join(folder, "answers.txt"), "connections = many\n");
    const number = lesson(["check", "8", folder]);
    expect(number).deep.equals({
      code: 2,
      out: "",
      err: `${folder}/answers.txt:1: connections: expected a whole number from 1 to 999999999, got "many"\n`,
    });
    writeFileSync(join(folder, "answers.txt"), "connections =\n");
    writeFileSync(join(folder, "rules.ipvs"), "-A -t 12.11.0.101:80 -s nothing\n");
    const rule = lesson(["check", "8", folder]);
    expect(rule.code).equals(2);
    expect(rule.err).matches(
      /^\S+\/rules\.ipvs:1: ipvsadm says: .*\. Expected the name of a scheduler behind -s: .*\n$/,
    );
  });

  it("ends with a message, not a stack trace, whatever is wrong", async () => {
    const folder = path("wrong");
    lesson(["start", "8", folder]);
    writeFileSync(path("file"), "");
    const half = path("half");
    mkdirSync(half);
    writeFileSync(join(half, "rules.ipvs"), "");
    const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
      [[], 2, /Usage: tapvs lesson/],
      [["begin"], 2, /unknown command/],
      [["check"], 2, /missing required argument/],
      [["check", "0"], 2, /expected the number of a lesson, 1 to 13/],
      [["check", "14"], 2, /expected the number of a lesson, 1 to 13/],
      [["start", "three"], 2, /expected the number of a lesson, 1 to 13/],
      [["hint", "1", "0"], 2, /expected a whole number from 1 to 9/],
      [["hint", "1", "9"], 2, /lesson 1 has 3 hints/],
      [["check", "8", path("nowhere")], 2, /was not started here; tapvs lesson start 8/],
      [["check", "8", half], 2, /answers\.txt: no such file or directory/],
      [["start", "1", path("file")], 1, /file\/README\.md: /],
      [["solution", "1", "--apply", path("file")], 1, /file\/rules\.ipvs: /],
    ];
    for (const [words, code, message] of wrong) {
      const run = lesson(words);
      expect(run.code, words.join(" ")).equals(code);
      expect(run.err, words.join(" "))
        .matches(message)
        .and.not.matches(/^ +at /m);
    }
  });

  it("gives out a capture that explain and verify read", async () => {
    const folder = path("ten");
    expect(lesson(["start", "10", folder]).out).includes(`study   ${folder}/wire.pcapng`);
    const { code, out } = tapvs(["explain", `${folder}/wire.pcapng`, "-c", `${folder}/director.yaml`, "--brief"]);
    expect(code).equals(0);
    expect(out.split("\n").filter((row) => row.includes("dropped"))).length(1);
    expect(tapvs(["verify", folder]).code).equals(0);
  });
});
