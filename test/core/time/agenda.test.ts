import { expect } from "chai";
import fc from "fast-check";
import { Agenda, type Appointment } from "../../../src/core/time/agenda.ts";

describe("agenda", () => {
  it("the earliest comes first, and of equals the one made first", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 40 }), (times) => {
        const agenda = new Agenda();
        const done: number[] = [];
        for (const [number, at] of times.entries()) agenda.schedule(at, () => done.push(number));
        for (let due = agenda.takeDue(20); due !== undefined; due = agenda.takeDue(20)) due.run(due.at);
        const expected = [...times.keys()].sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
        expect(done).to.deep.equal(expected);
        expect(agenda.next).to.equal(Number.POSITIVE_INFINITY);
      }),
    );
  });

  it("nothing is taken before it is due", () => {
    const agenda = new Agenda();
    agenda.schedule(100, () => {});
    expect(agenda.next).to.equal(100);
    expect(agenda.takeDue(99)).to.equal(undefined);
    expect(agenda.takeDue(100)?.at).to.equal(100);
    expect(agenda.takeDue(100)).to.equal(undefined);
  });

  it("what is cancelled never happens; to cancel twice, or what was taken, changes nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(10), fc.boolean()), { maxLength: 30 }), (plan) => {
        const agenda = new Agenda();
        const done: number[] = [];
        const made = plan.map(([at], number): Appointment => agenda.schedule(at, () => done.push(number)));
        for (const [number, [, cancelled]] of plan.entries()) if (cancelled) agenda.cancel(made[number]);
        for (const [number, [, cancelled]] of plan.entries()) if (cancelled) agenda.cancel(made[number]);
        agenda.cancel(undefined);
        for (let due = agenda.takeDue(10); due !== undefined; due = agenda.takeDue(10)) {
          due.run(due.at);
          agenda.cancel(due);
        }
        const kept = [...plan.keys()].filter((number) => plan[number]?.[1] === false);
        expect([...done].sort((a, b) => a - b)).to.deep.equal(kept);
      }),
    );
  });

  it("an appointment may be made while another is kept", () => {
    const agenda = new Agenda();
    const done: string[] = [];
    agenda.schedule(10, (now) => {
      done.push(`at ${now}`);
      agenda.schedule(now, () => done.push("at once"));
      agenda.schedule(now + 1, () => done.push("too late"));
    });
    for (let due = agenda.takeDue(10); due !== undefined; due = agenda.takeDue(10)) due.run(due.at);
    expect(done).to.deep.equal(["at 10", "at once"]);
    expect(agenda.next).to.equal(11);
  });
});
