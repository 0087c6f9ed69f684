import { expect } from "chai";
import { SCHEDULER_NAMES } from "../../../src/core/ipvs/schedulers/schedulers.ts";
import { assign, type SessionPlan } from "../../../src/core/simulator/sessions.ts";

const open = (count: number, clients = count) =>
  Array.from({ length: count }, (_, number) => ({
    client: number % clients,
    begins: number,
    ends: Number.POSITIVE_INFINITY,
  }));

const PLAN: SessionPlan = { scheduler: "wrr", weights: [2, 1], firstAddedFirst: false, sessions: open(8) };

/** The sessions of each server, counted from 1. */
const shares = (plan: SessionPlan): string[] =>
  plan.weights.map((_, place) =>
    assign(plan)
      .flatMap(({ server }, session) => (server === place ? [session + 1] : []))
      .join(" "),
  );

describe("who gets which session", () => {
  it("is for wrr with weights 2 and 1 the table of the lecture, if the lighter server was added first", () => {
    expect(shares(PLAN)).deep.equals(["1 3 4 6 7", "2 5 8"]);
    expect(shares({ ...PLAN, firstAddedFirst: true })).deep.equals(["2 3 5 6 8", "1 4 7"]);
  });

  it("is told with what the scheduler saw, and how many connections are active", () => {
    const [first, , third] = assign(PLAN);
    expect(first?.scheduled?.candidates.map(({ weight }) => weight)).deep.equals([2, 1]);
    expect(third?.active).deep.equals([2, 1]);
  });

  it("is nobody where all are full", () => {
    expect(assign({ ...PLAN, scheduler: "ovf" }).map(({ server }) => server)).deep.equals([0, 0, 0, 1, 1, -1, -1, -1]);
  });

  it("counts sessions that end out of the active ones", () => {
    const sessions = open(4).map((session) => ({ ...session, ends: session.begins + 0.5 }));
    for (const { active } of assign({ ...PLAN, scheduler: "lc", sessions }))
      expect(active.join()).matches(/^(1,0|0,1)$/);
  });

  it("is the same server for the same client by source hashing", () => {
    const picks = assign({ ...PLAN, scheduler: "sh", sessions: open(12, 3) }).map(({ server }) => server);
    for (const [session, server] of picks.entries()) expect(server).equals(picks[session % 3]);
  });

  it("can be asked of every scheduler", () => {
    for (const scheduler of SCHEDULER_NAMES) expect(assign({ ...PLAN, scheduler }), scheduler).have.length(8);
  });
});
