import { expect } from "chai";
import fc from "fast-check";
import type { Destination } from "../../../../src/core/ipvs/destination.ts";
import { keyFrom, nameOf, optionsFor, pick, picks, schedulerOf, serverOf, serviceWith } from "./set-up.ts";

/** wrr taken literally: every round is walked, as ip_vs_wrr.c does, whatever the weights. */
class EveryRound {
  readonly #servers: readonly Destination[];
  #pointer = -1;
  #level = 0;

  constructor(servers: readonly Destination[]) {
    this.#servers = servers;
  }

  get #step(): number {
    const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
    return this.#servers.reduce((step, { weight }) => divisor(weight, step), 0) || 1;
  }

  get #top(): number {
    return Math.max(0, ...this.#servers.map(({ weight }) => weight)) - (this.#step - 1);
  }

  changed(): void {
    this.#pointer = -1;
    if (this.#level > this.#top || this.#level === 0) this.#level = this.#top;
    else if (this.#step > 1) this.#level = Math.floor(this.#level / this.#step) * this.#step + 1;
  }

  pick(): Destination | undefined {
    if (this.#top === 0) return undefined;
    const start = this.#pointer;
    let [stop, last, wrapped] = [-2, false, false];
    for (;;) {
      for (let index = this.#pointer + 1; index < this.#servers.length; index++) {
        const server = this.#servers[index];
        this.#pointer = index;
        if (server !== undefined && !server.overloaded && server.weight >= this.#level) return server;
        if (index === stop) return undefined;
      }
      this.#pointer = -1;
      this.#level -= this.#step;
      if (this.#level <= 0) {
        this.#level = this.#top;
        if (last || start === -1) return undefined;
        wrapped = true;
      }
      last = this.#level <= this.#step;
      if (last && wrapped && start !== -1) stop = start;
    }
  }
}

describe("wrr", () => {
  it("visits everybody once after additions, then falls from level to level", () => {
    expect(picks(serviceWith("wrr", [1, 2, 3]), 15)).to.equal("CBA" + "C" + "CB" + "CBA" + "C" + "CB" + "CBA");
  });

  it("sees only the ratio of the weights", () => {
    expect(picks(serviceWith("wrr", [10, 20, 30]), 15)).to.equal(picks(serviceWith("wrr", [1, 2, 3]), 15));
  });

  it("starts at the top level when it is bound to existing servers", () => {
    const model = serviceWith("rr", [1, 2, 3]);
    model.editService(optionsFor("wrr"));
    expect(picks(model, 6)).to.equal("CCBCBA");
  });

  it("keeps its place when the service is edited to the same scheduler", () => {
    const model = serviceWith("wrr", [1, 2, 3]);
    expect(picks(model, 4)).to.equal("CBAC");
    model.editService(optionsFor("wrr"));
    expect(picks(model, 5)).to.equal("CBCBA");
  });

  it("gives each server its share of a whole cycle, exactly", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 1, maxLength: 8 }), (weights) => {
        const model = serviceWith("rr", weights);
        model.editService(optionsFor("wrr"));
        const seen = picks(
          model,
          weights.reduce((sum, weight) => sum + weight, 0),
        );
        for (const [index, weight] of weights.entries()) {
          expect(seen.split(String.fromCharCode(65 + index)).length - 1).to.equal(weight);
        }
      }),
    );
  });

  it("picks whom the kernel picks, though it passes over rounds that pick nobody", () => {
    const change = fc.record({ server: fc.nat(4), weight: fc.nat(60), overloaded: fc.boolean(), picks: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(fc.nat(60), { minLength: 5, maxLength: 5 }), fc.array(change), (weights, changes) => {
        const model = serviceWith("rr", weights);
        model.editService(optionsFor("wrr"));
        const literal = new EveryRound(model.service.destinations);
        literal.changed();
        for (const { server, weight, overloaded, picks } of changes) {
          const name = String.fromCharCode(65 + server);
          if (overloaded) serverOf(model, name).overloaded = true;
          else {
            model.editServer(serverOf(model, name), { weight, upper: 0, lower: 0 });
            literal.changed();
          }
          for (let pickNumber = 0; pickNumber < picks; pickNumber++) {
            expect(pick(model)).to.equal(nameOf(literal.pick()));
          }
        }
      }),
    );
  });

  it("does not walk two thousand million rounds below an overloaded giant", () => {
    const model = serviceWith("wrr", [2 ** 31 - 1, 1, 2]);
    expect(picks(model, 4)).to.equal("CBAA");
    serverOf(model, "A").overloaded = true;
    expect(picks(model, 5)).to.equal("CCBCC");
  });

  it("tells its level, step and top level", () => {
    const model = serviceWith("wrr", [2, 4, 6]);
    picks(model, 4);
    expect(schedulerOf(model).describeState?.()).to.equal("cw 5, di 2, mw 5, pointer at 192.168.1.13:80");
    expect(schedulerOf(model).describeDestination?.(serverOf(model, "B"), keyFrom(1))).to.equal("weight 4 < cw 5");
  });
});
