import { expect } from "chai";
import fc from "fast-check";
import { Judge } from "../../../src/io/health/judge.ts";

/** `+` is a check that went well, `-` one that did not; answered by what each changed. */
function judged(findings: string, rise: number, fall: number): string {
  const judge = new Judge({ rise, fall });
  const marks = [...findings].map((finding) => {
    const change = judge.hear(finding === "+" ? undefined : "no answer");
    return change === "went-up" ? "U" : change === "went-down" ? "D" : ".";
  });
  return marks.join("");
}

describe("when a server is up or down", () => {
  it("is down after so many failures in a row, and up after so many successes", () => {
    expect(judged("+--+---++-++++", 3, 3)).equals("......D.....U.");
  });

  it("is up with its first success, which is no news", () => {
    expect(judged("+-+", 3, 2)).equals("...");
    expect(new Judge({ rise: 3, fall: 3 }).state).equals("unknown");
  });

  it("may go down without ever having been up", () => {
    expect(judged("--+", 1, 2)).equals(".DU");
  });

  it("changes at once where one is enough", () => {
    expect(judged("+-+-+", 1, 1)).equals(".DUDU");
  });

  it("counts checks and failures, and keeps why the last one failed", () => {
    const judge = new Judge({ rise: 1, fall: 5 });
    for (const finding of [undefined, "refused", "no answer"]) judge.hear(finding);
    expect(judge).include({ checks: 3, failures: 2, last: "no answer", state: "up" });
    judge.hear(undefined);
    expect(judge.last).equals("");
  });

  it("alternates between the two, whatever comes", () => {
    const findings = fc.array(fc.constantFrom("+", "-"), { maxLength: 60 }).map((list) => list.join(""));
    const count = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(findings, count, count, (list, rise, fall) => {
        const changes = judged(list, rise, fall).replaceAll(".", "");
        expect(changes).match(/^(DU)*D?$/);
      }),
    );
  });
});
