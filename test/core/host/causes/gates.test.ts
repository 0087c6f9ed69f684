import { expect } from "chai";
import { bitOf, Gates } from "../../../../src/core/host/causes/gates.ts";
import type { Finder } from "../../../../src/core/host/causes/inquiry.ts";
import type { Cause } from "../../../../src/core/trace/causes/causes.ts";
import { DROP, SENT } from "../../../../src/core/trace/verdict.ts";
import { asksEveryFinder } from "../../../support/every-finder.ts";
import { explainAll } from "../../../support/explained.ts";

const named = (): Finder => (): Cause | undefined => undefined;

describe("gates", () => {
  const [any, created, request, dropped, all, opening] = [named(), named(), named(), named(), named(), named()];
  const gates = new Gates([
    { find: any },
    { find: created, events: ["created", "template"] },
    { find: request, found: ["request", "answer"] },
    { find: dropped, verdicts: ["no-route", "parked"] },
    { find: all, events: ["created"], found: ["none"], verdicts: ["sent"] },
    { find: opening, about: ["opening", "reset"] },
  ]);

  it("let those through whose conditions are all met, in their order", () => {
    expect(gates.asked(0, "nothing", SENT, "any")).deep.equals([any]);
    expect(gates.asked(bitOf("template"), "request", SENT, "any")).deep.equals([any, created, request]);
    expect(gates.asked(bitOf("created") | bitOf("sent"), "none", SENT, "any")).deep.equals([any, created, all]);
    expect(gates.asked(bitOf("created"), "none", DROP.noRoute, "any")).deep.equals([any, created, dropped]);
  });

  it("know what the packet is", () => {
    expect(gates.asked(0, "nothing", SENT, "reset")).deep.equals([any, opening]);
    expect(gates.asked(0, "nothing", SENT, "icmp")).deep.equals([any]);
  });

  it("say the same when they are asked again", () => {
    expect(gates.asked(bitOf("created"), "none", SENT, "any")).equals(
      gates.asked(bitOf("created"), "none", SENT, "any"),
    );
    expect(gates.finders).deep.equals([any, created, request, dropped, all, opening]);
  });
});

describe("causes with gates and without", () => {
  asksEveryFinder();

  for (const folder of ["golden-apps", "reports"])
    it(`are the same in fixtures/${folder}`, () => {
      explainAll(`fixtures/${folder}`);
    });
});
