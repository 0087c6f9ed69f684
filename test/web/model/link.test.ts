import { expect } from "chai";
import fc from "fast-check";
import { SCHEDULER_NAMES } from "../../../src/core/ipvs/schedulers/schedulers.ts";
import { FAULT_NAMES } from "../../../src/core/simulator/faults.ts";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { SYNC_CHOICES } from "../../../src/core/simulator/two-directors.ts";
import { AF_INET, AF_INET6 } from "../../../src/core/wire/address.ts";
import { DRAWERS } from "../../../src/web/page/drawers.ts";
import { actionText, parseAction, type TimedAction } from "../../../src/web/page/model/action.ts";
import { fragmentOf, parseFragment } from "../../../src/web/page/model/link.ts";
import { FIRST_SETUP, type Setup, soundSetup, weightsFor } from "../../../src/web/page/model/setup.ts";

const at = fc.integer({ min: 0, max: 10 ** 12 });
const client = fc.integer({ min: 0, max: 5 });
const action: fc.Arbitrary<TimedAction> = fc.oneof(
  fc.record({ kind: fc.constantFrom("request", "long", "ping", "datagram", "fragments"), client, at }),
  fc.record({ kind: fc.constant("burst" as const), count: fc.integer({ min: 1, max: 10_000 }), at }),
  fc.record({ kind: fc.constant("repair" as const), fault: fc.constantFrom(...FAULT_NAMES), at }),
  fc.record({ kind: fc.constantFrom("kill", "start"), director: fc.constantFrom(0, 1), at }),
  fc.record({ kind: fc.constant("ipvsadm" as const), line: fc.string(), at }),
);
const setup: fc.Arbitrary<Setup> = fc.record({
  mode: fc.constantFrom(...MODES),
  family: fc.constantFrom(AF_INET, AF_INET6),
  scheduler: fc.constantFrom(...SCHEDULER_NAMES),
  weights: fc.array(fc.integer({ min: 0, max: 65535 }), { minLength: 1, maxLength: 8 }),
  clients: fc.integer({ min: 1, max: 6 }),
  directors: fc.constantFrom(1, 2),
  sync: fc.constantFrom(...SYNC_CHOICES),
  persistentSeconds: fc.integer({ min: 0, max: 86_400 }),
  mtu: fc.integer({ min: 68, max: 65_535 }),
  faults: fc.subarray([...FAULT_NAMES]),
});

const NOTHING = {
  other: undefined,
  actions: [],
  head: 0,
  drawer: undefined,
  presenting: false,
  predicting: false,
} as const;

describe("links", () => {
  it("carry all that is seen", () => {
    const shared = fc.record({
      setup,
      other: fc.option(fc.constantFrom(...MODES), { nil: undefined }),
      actions: fc.array(action, { maxLength: 6 }).map((list) => list.sort((a, b) => a.at - b.at)),
      head: at,
      drawer: fc.option(fc.constantFrom(...DRAWERS), { nil: undefined }),
      presenting: fc.boolean(),
      predicting: fc.boolean(),
    });
    const property = fc.property(shared, (value) => {
      expect(parseFragment(`#${fragmentOf(value)}`)).deep.equals({ shared: value, problems: [] });
    });
    fc.assert(property);
  });

  it("are short where nothing is special", () => {
    expect(fragmentOf({ ...NOTHING, setup: FIRST_SETUP })).equals("mode=nat");
  });

  it("are not believed: whatever they say, the setup can be built", () => {
    const words = fc.dictionary(
      fc.constantFrom("mode", "family", "scheduler", "weights", "clients", "mtu", "faults", "do", "time"),
      fc.string(),
    );
    const property = fc.property(
      fc.oneof(
        fc.string(),
        words.map((entries) => `mode=nat&${new URLSearchParams(entries)}`),
      ),
      (text) => {
        const { shared } = parseFragment(text);
        if (shared !== undefined) expect(soundSetup(shared.setup)).deep.equals(shared.setup);
      },
    );
    fc.assert(property);
    expect(parseFragment("")).deep.equals({ shared: undefined, problems: [] });
  });

  it("say what of them cannot be, and use the rest", () => {
    const bad =
      "#mode=nat&weights=9,x,-1&clients=99&mtu=3&scheduler=best&faults=dead,rain&do=q7@1&do=b50000@2&colour=red";
    const { shared, problems } = parseFragment(bad);
    expect(shared).deep.equals({ ...NOTHING, setup: { ...FIRST_SETUP, weights: [9], faults: ["dead"] } });
    expect(problems.map((problem) => problem.split(" ")[0])).deep.equals([
      "weights=9,x,-1",
      "faults=dead,rain",
      "scheduler=best",
      "clients=99",
      "mtu=3",
      "do=q7@1",
      "do=b50000@2",
      "colour=red",
    ]);
    for (const problem of problems) expect(problem).includes(" in the link: expected ");
    expect(parseFragment("#mode=best").problems).deep.equals([
      "mode=best in the link: expected one of nat, dr, tun, fullnat",
    ]);
    expect(parseFragment("#time=3").problems[0]).includes("names no mode");
  });

  it("have a word for each action", () => {
    const property = fc.property(action, (value) => {
      expect(parseAction(actionText(value))).deep.equals(value);
    });
    fc.assert(property);
    expect(actionText({ kind: "burst", count: 100, at: 3340 })).equals("b100@3340");
  });
});

describe("weights", () => {
  it("stay with their servers when servers come and go", () => {
    expect(weightsFor([3, 2], 4)).deep.equals([3, 2, 1, 1]);
    expect(weightsFor([3, 2], 1)).deep.equals([3]);
    expect(weightsFor([3], 99)).have.length(8);
    expect(weightsFor([3], Number.NaN)).deep.equals([3]);
  });
});
