import { expect } from "chai";
import { hangupsHeld, holdHangups, obeyHangups } from "../../src/cli/early-hangup.ts";

describe("a SIGHUP to a director that has hardly begun", () => {
  let obeyed = 0;
  const obey = (): void => {
    obeyed++;
  };

  beforeEach(() => {
    obeyed = 0;
  });

  afterEach(() => process.off("SIGHUP", obey));

  it("is held until it can be obeyed, and obeyed once, however many there were", async () => {
    holdHangups();
    for (const _ of [1, 2]) process.kill(process.pid, "SIGHUP");
    // A start of the program anew hands on the environment.
    while (process.env.TAPVS_HUNG_UP === undefined) await hangupsHeld();
    obeyHangups(obey);
    expect(obeyed).equals(1);
    expect(process.env.TAPVS_HUNG_UP).equals(undefined);
    process.emit("SIGHUP", "SIGHUP");
    expect(obeyed).equals(2);
  });

  it("is obeyed as any other where none came", () => {
    holdHangups();
    obeyHangups(obey);
    expect(obeyed).equals(0);
    process.emit("SIGHUP", "SIGHUP");
    expect(obeyed).equals(1);
  });
});
