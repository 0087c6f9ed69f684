import { expect } from "chai";
import type { SessionAnswer } from "../../src/lab/session-binding.ts";
import { keptOf, sessionReport } from "../../src/lab/session-report.ts";

const answer = (server: string, session: SessionAnswer["session"]): SessionAnswer => ({ server, session });

describe("the report about sessions", () => {
  const before = [answer("rs1", "new"), answer("rs2", "lost"), answer("rs1", "kept")];
  const after = [answer("rs2", "lost"), answer("rs2", "lost")];

  it("counts the requests that had a session to lose", () => {
    expect(keptOf(before)).to.deep.equal({ kept: 1, of: 2 });
    expect(keptOf(after)).to.deep.equal({ kept: 0, of: 2 });
    expect(keptOf([])).to.deep.equal({ kept: 0, of: 0 });
  });

  it("shows who answered whom, before and after the failure", () => {
    const text = sessionReport({ kind: "none", failed: "rs1", clients: [{ address: "10.0.0.10", before, after }] });
    expect(text.split("\n").slice(3)).to.deep.equal([
      "10.0.0.10  rs1* rs2! rs1   |  rs2! rs2!",
      "",
      "kept 1 of 2 while all servers ran, 0 of 2 after rs1 had failed",
      "",
    ]);
  });
});
