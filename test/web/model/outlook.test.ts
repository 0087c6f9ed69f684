import { expect } from "chai";
import type { TimedAction } from "../../../src/web/page/model/action.ts";
import { type Caption, captionOf } from "../../../src/web/page/model/caption.ts";
import { momentOf } from "../../../src/web/page/model/moment.ts";
import { outlookOf } from "../../../src/web/page/model/outlook.ts";
import { Prediction } from "../../../src/web/page/model/prediction.ts";
import { Run } from "../../../src/web/page/model/run.ts";
import { FIRST_SETUP, type Setup } from "../../../src/web/page/model/setup.ts";

const REQUEST: readonly TimedAction[] = [{ kind: "request", client: 0, at: 0 }];
const ARP: Setup = { ...FIRST_SETUP, mode: "dr", faults: ["arp"] };

/** The caption of each moment. */
function captions(setup: Setup, actions: readonly TimedAction[] = REQUEST): Caption[] {
  const run = new Run(setup, actions);
  const outlook = outlookOf(setup, actions);
  const said: Caption[] = [];
  while (run.due < Number.POSITIVE_INFINITY) {
    if (run.step()) said.push(captionOf(run, momentOf(run), outlook, run.due === Number.POSITIVE_INFINITY));
  }
  return said;
}

describe("the outlook", () => {
  it("has every frame that will be on a wire, with the time it arrives", () => {
    const run = new Run(FIRST_SETUP, REQUEST);
    while (run.due < Number.POSITIVE_INFINITY) run.step();
    const frames = outlookOf(FIRST_SETUP, REQUEST)?.frames ?? [];
    expect(frames.map(({ number }) => number)).deep.equals(run.topology.network.hops.map(({ number }) => number));
    for (const { arrival } of frames) expect(run.stops).include(arrival);
  });

  it("knows the moment that breaks, and whether it ends well", () => {
    expect(outlookOf(FIRST_SETUP, REQUEST)).deep.include({ culprit: undefined, endsWell: true });
    const outlook = outlookOf(ARP, REQUEST);
    expect(outlook?.culprit?.number).equals(2);
    expect(outlook?.endsWell).equals(false);
  });

  it("ends well again once the fault is repaired", () => {
    const repaired = outlookOf(ARP, [
      ...REQUEST,
      { kind: "repair", fault: "arp", at: 9000 },
      { kind: "request", client: 0, at: 9000 },
    ]);
    expect(repaired?.endsWell).equals(true);
    expect(repaired?.ending).includes("The director saw 5 of 8 packets");
  });

  it("is not worked out of a burst", () => {
    expect(outlookOf(FIRST_SETUP, [{ kind: "burst", count: 10, at: 0 }])).equals(undefined);
  });
});

describe("captions", () => {
  it("begin with a question, tell of each frame by its number, and end with what it meant", () => {
    const said = captions(FIRST_SETUP);
    expect(said[0]).deep.include({ number: "?", tone: "question" });
    expect(said.slice(1).map(({ number }) => number)).deep.equals(said.slice(1).map((_, place) => String(place + 1)));
    expect(said.at(-1)?.text).includes("The director saw 8 of 8 packets.");
    expect(said.at(-1)?.tone).equals("good");
  });

  it("make the moment that breaks the headline", () => {
    const said = captions(ARP);
    expect(said.find(({ tone }) => tone === "bad")?.text).includes("past the director");
    expect(said.at(-1)?.tone).equals("bad");
  });

  it("count the requests of a burst", () => {
    const said = captions(FIRST_SETUP, [{ kind: "burst", count: 20, at: 0 }]);
    expect(said.at(-1)?.text).equals('20 requests: 10 × "I am rs1.", 10 × "I am rs2."');
    expect(said.some(({ text }) => text.endsWith("still open"))).equals(true);
  });
});

describe("predictions", () => {
  it("are asked before each decision, once, and counted", () => {
    const outlook = outlookOf({ ...FIRST_SETUP, mode: "dr" }, REQUEST);
    const prediction = new Prediction();
    const kinds: string[] = [];
    for (const { arrival } of outlook?.frames ?? []) {
      for (
        let asked = prediction.ask(outlook, arrival - 1);
        asked !== undefined;
        asked = prediction.ask(outlook, arrival - 1)
      ) {
        kinds.push(asked.decision.kind);
        prediction.guess(asked.decision.right);
      }
    }
    expect(kinds).deep.equals(["reply", "pick", "change", "route", "client"]);
    expect(prediction.score).equals(5);
    const report = JSON.parse(prediction.report("the link")) as {
      of: number;
      guesses: { met: boolean; given: string }[];
    };
    expect(report.of).equals(5);
    expect(report.guesses[1]).deep.include({ given: "rs1", met: true });
  });
});
