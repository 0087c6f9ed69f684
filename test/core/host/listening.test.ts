import { expect } from "chai";
import { Director } from "../../../src/core/host/director.ts";
import { heard } from "../../../src/core/host/listening.ts";
import { loadRules } from "../../../src/core/replay/rules.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { twoPorts } from "../replay/worlds.ts";

describe("who listens to a director", () => {
  /** A walk, and what it left with the director. */
  function listen(wantsCauses: boolean) {
    const director = new Director(twoPorts(), { link: { send: () => {} } });
    loadRules(director, { file: "rules", firstLine: 1, lines: ["-A -t 10.1.0.100:80 -s rr"] });
    const { events } = heard(director, () => director.receive(Frame.of(new Uint8Array(60)), 0, 0), { wantsCauses });
    return { events, history: director.tracing.history };
  }

  it("has the director remember what causes are found in, if he wants them, and nothing if not", () => {
    expect(listen(true).history).not.equals(undefined);
    expect(listen(false).history).equals(undefined);
    expect(listen(false).events.map(({ kind }) => kind)).includes("verdict");
  });
});
