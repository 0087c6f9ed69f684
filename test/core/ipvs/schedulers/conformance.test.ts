/** What every scheduler must do. Cases are data; a scheduler that differs skips a case and says why. */
import { expect } from "chai";
import { SCHEDULER_NAMES, schedulerFactory } from "../../../../src/core/ipvs/schedulers/schedulers.ts";
import type { PicksModel } from "./picks-model.ts";
import { add, keyFrom, nameOf, optionsFor, pick, schedulerOf, serverOf, serviceWith } from "./set-up.ts";

interface Case {
  readonly title: string;
  readonly arrange: (model: PicksModel) => void;
  /** Who may be picked afterwards; a hashing scheduler may refuse as well. */
  readonly allowed: readonly (string | undefined)[];
}

const edit = (model: PicksModel, name: string, weight: number): void =>
  model.editServer(serverOf(model, name), { weight, upper: 0, lower: 0 });
const overload = (model: PicksModel, name: string): void => {
  serverOf(model, name).overloaded = true;
};

const CASES: readonly Case[] = [
  { title: "picks nobody when there is no server", arrange: () => {}, allowed: [undefined] },
  { title: "picks the only server", arrange: (model) => add(model, "A"), allowed: ["A"] },
  {
    title: "never picks a server added with weight 0",
    arrange: (model) => [add(model, "A", 0), add(model, "B"), add(model, "C", 3)],
    allowed: ["B", "C"],
  },
  {
    title: "never picks a server quiesced later",
    arrange: (model) => [add(model, "A"), add(model, "B"), pickMany(model), edit(model, "A", 0)],
    allowed: ["B"],
  },
  {
    title: "picks a server again whose weight returns",
    arrange: (model) => [add(model, "A", 2), edit(model, "A", 0), pickMany(model), edit(model, "A", 3)],
    allowed: ["A"],
  },
  {
    title: "never picks an overloaded server",
    arrange: (model) => [add(model, "A"), add(model, "B"), overload(model, "A")],
    allowed: ["B"],
  },
  {
    title: "leaves a server that becomes overloaded",
    arrange: (model) => [add(model, "A"), add(model, "B"), pickMany(model), overload(model, "A")],
    allowed: ["B"],
  },
  {
    title: "picks nobody when all are quiesced",
    arrange: (model) => [add(model, "A", 0), add(model, "B", 0)],
    allowed: [undefined],
  },
  {
    title: "picks nobody when all are overloaded",
    arrange: (model) => [add(model, "A"), add(model, "B"), overload(model, "A"), overload(model, "B")],
    allowed: [undefined],
  },
  {
    title: "picks nobody once all have become overloaded",
    arrange: (model) => [
      ...["A", "B", "C"].map((name) => add(model, name)),
      pickMany(model),
      pick(model),
      ...["A", "B", "C"].map((name) => overload(model, name)),
    ],
    allowed: [undefined],
  },
  {
    title: "forgets a deleted server",
    arrange: (model) => [add(model, "A"), add(model, "B"), pickMany(model), model.deleteServer(serverOf(model, "A"))],
    allowed: ["B"],
  },
  {
    title: "picks a server again that was deleted and added",
    arrange: (model) => [add(model, "A"), pickMany(model), model.deleteServer(serverOf(model, "A")), add(model, "A")],
    allowed: ["A"],
  },
];

/** Clients and destination addresses spread over all hash tables. */
const KEYS = Array.from({ length: 60 }, (_, index) => keyFrom(0xac100000 + index * 263, 0x0a320000 + index * 41));
const pickMany = (model: PicksModel): (string | undefined)[] => KEYS.map((key) => pick(model, key));

const HASHING = new Set(["dh", "sh", "mh"]);
const SKIPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  lblc: {
    "leaves a server that becomes overloaded": "lblc does not look at the flag of a cached server",
    "picks nobody once all have become overloaded": "lblc does not look at the flag of a cached server",
  },
};

for (const name of SCHEDULER_NAMES) {
  describe(`${name}, as every scheduler`, () => {
    for (const { title, arrange, allowed } of CASES) {
      const why = SKIPS[name]?.[title];
      (why === undefined ? it : it.skip)(why === undefined ? title : `${title} (${why})`, () => {
        const model = serviceWith(name, []);
        arrange(model);
        const seen = new Set(pickMany(model));
        expect([...allowed, ...(HASHING.has(name) ? [undefined] : [])]).to.include.members([...seen]);
        if (!allowed.includes(undefined)) expect([...seen], "somebody is picked").to.not.deep.equal([undefined]);
      });
    }

    it("serves a service whose servers exist already", () => {
      const model = serviceWith(name === "wlc" ? "rr" : "wlc", [1, 2, 5]);
      model.editService(optionsFor(name));
      expect(schedulerOf(model).name).to.equal(name);
      for (const picked of pickMany(model)) expect(["A", "B", "C"]).to.include(picked);
    });

    it("gives back every reference when it is unbound", () => {
      const model = serviceWith(name, [1, 2, 5]);
      pickMany(model);
      schedulerOf(model).unbind?.();
      for (const server of model.service.destinations) expect(server.cacheReferences, nameOf(server)).to.equal(0);
    });

    it("explains itself", () => {
      const model = serviceWith(name, [1, 2, 0]);
      pickMany(model);
      const words = model.service.destinations.map((server) =>
        schedulerOf(model).describeDestination?.(server, keyFrom(1)),
      );
      for (const sentence of [...words, schedulerOf(model).describeState?.() ?? "stateless"]) {
        expect(sentence)
          .to.be.a("string")
          .that.match(/^[ -~]+$/)
          .and.not.match(/undefined|NaN|Infinity/);
      }
      expect(words[0], "weight 0").to.match(/unusable: weight 0$/);
    });
  });
}

describe("the list of schedulers", () => {
  it("makes a scheduler of the name that was asked for", () => {
    for (const name of SCHEDULER_NAMES) expect(schedulerOf(serviceWith(name, [])).name).to.equal(name);
  });

  it("knows no other", () => {
    for (const name of ["", "none", "RR", "constructor", "toString"])
      expect(schedulerFactory(name)).to.equal(undefined);
  });
});
