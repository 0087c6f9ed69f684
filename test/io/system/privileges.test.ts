import { expect } from "chai";
import { handoverTo, takeHandover } from "../../../src/io/system/privileges.ts";

const VARIABLE = "TAPVS_HANDOVER";

function taken(text: string) {
  process.env[VARIABLE] = text;
  const found = takeHandover();
  expect(process.env[VARIABLE], "nobody inherits it").to.equal(undefined);
  return found;
}

describe("what a program leaves for itself", () => {
  it("is found by the same process, and by no other that inherited the variable", () => {
    expect(taken(JSON.stringify({ pid: process.pid, left: { a: 1 } }))).to.deep.equal({
      left: { a: 1 },
      fromPredecessor: false,
    });
    expect(taken(JSON.stringify({ pid: process.pid + 1, left: {} }))).to.equal(undefined);
  });

  it("counts for nothing if it is not ours", () => {
    for (const text of ["", "garbage", "{", "null", "7", "[]", '"text"', '{"pid": "1"}'])
      expect(taken(text), text).to.equal(undefined);
  });

  it("is told to a successor with this process as its sender, and without a watchdog of another", () => {
    process.env.WATCHDOG_PID = String(process.pid);
    const environment = handoverTo({ a: 1 });
    delete process.env.WATCHDOG_PID;
    expect(environment.WATCHDOG_PID).to.equal(undefined);
    expect(JSON.parse(environment[VARIABLE] ?? "")).to.deep.equal({ pid: process.pid, left: { a: 1 } });
  });
});
