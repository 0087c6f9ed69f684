/** Schedulers that keep their servers in order pick whom the kernel finds by a look at all of them. */
import { expect } from "chai";
import fc from "fast-check";
import { connectionOverhead, type Destination } from "../../../../src/core/ipvs/destination.ts";
import { add, addressOf, nameOf, optionsFor, pick, serviceWith } from "./set-up.ts";

type Load = (server: Destination) => readonly [load: number, weight: number];
const delay: Load = ({ activeConnections, weight }) => [activeConnections + 1, weight];

/** By name: what the kernel's loop compares, as it does. */
const LOADS: Readonly<Record<string, Load>> = {
  wlc: (server) => [connectionOverhead(server), server.weight],
  lc: (server) => [connectionOverhead(server) >>> 0, 1],
  sed: delay,
  nq: delay,
};

/** The kernel's loop: newest first, and whoever is strictly better than the best so far. */
function scan(scheduler: string, servers: readonly Destination[]): Destination | undefined {
  let best: Destination | undefined;
  for (const server of servers) {
    if (server.weight <= 0 || server.overloaded) continue;
    if (scheduler === "nq" && server.activeConnections === 0) return server;
    const [load, weight] = LOADS[scheduler]?.(server) ?? [0, 1];
    const [least, by] = (best && LOADS[scheduler]?.(best)) ?? [0, 1];
    if (best === undefined || BigInt(least) * BigInt(weight) > BigInt(load) * BigInt(by)) best = server;
  }
  return best;
}

const server = fc.nat(25);
const weight = fc.oneof(fc.nat(3), fc.constantFrom(0, 1, 2 ** 31 - 1, 2 ** 31 - 2));
const connections = fc.oneof(fc.integer({ min: -2, max: 3 }), fc.constantFrom(2 ** 23 - 1, 2 ** 23, 2 ** 31 - 1));
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ what: fc.constant("add" as const), server, value: weight }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("delete" as const), server, value: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("bind" as const), server, value: fc.constant(0) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constantFrom("activeConnections" as const, "inactiveConnections" as const),
      server,
      value: connections,
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("weight" as const), server, value: weight }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("overloaded" as const), server, value: fc.nat(1) }) },
);

describe("the order of loads", () => {
  for (const scheduler of Object.keys(LOADS)) {
    it(`${scheduler} picks whom a look at all finds, whatever changes`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 5 }), (steps, often) => {
          const model = serviceWith(scheduler, [1, 2, 1]);
          const { destinations } = model.service;
          for (const [index, { what, server, value }] of steps.entries()) {
            const name = String.fromCharCode("A".charCodeAt(0) + server);
            const found = model.find(addressOf(name), 80);
            if (what === "add" && found === undefined) add(model, name, value);
            else if (what === "delete" && found !== undefined) model.deleteServer(found);
            else if (what === "bind") {
              model.editService(optionsFor("rr"));
              model.editService(optionsFor(scheduler));
            } else if (found !== undefined && what === "overloaded") found.overloaded = value === 1;
            else if (found !== undefined && what !== "add" && what !== "delete" && what !== "overloaded")
              found[what] = value;
            if (index % often !== 0) continue;
            expect(pick(model), `${scheduler}, step ${index}`).to.equal(nameOf(scan(scheduler, destinations)));
          }
        }),
      );
    });
  }
});
