/** A lab with several directors behind a router: one is killed, and no connection breaks where others know them, or the server is a hash of the client. */
import { expect } from "chai";
import { loseDirector } from "../../../src/lab/lose.ts";
import type { EcmpKind } from "../../../src/lab/plan.ts";
import { labOptions } from "../options.ts";
import { testName, withLab } from "./lab.ts";
import { describeLab } from "./machine.ts";

const CONNECTIONS = 40;

function itLoses(next: EcmpKind, scheduler: "mh" | "rr", synchronised = false): void {
  const how = synchronised ? `${scheduler} with sync` : scheduler;
  it(`${next}: by ${how} no connection breaks when one of three directors is killed`, () => {
    const several = { kind: "ecmp", count: 3, next, synchronised } as const;
    const options = labOptions("dr", { name: testName(next.slice(0, 4) + scheduler), scheduler, several });
    return withLab(options, async ({ lab }) => {
      const loss = await loseDirector(lab, { host: "director2", connections: CONNECTIONS });
      expect(loss.held.connections).to.equal(CONNECTIONS);
      expect(
        loss.shares.every(({ connections }) => connections > 0),
        JSON.stringify(loss.shares),
      ).to.equal(true);
      expect(loss.broken, JSON.stringify(loss)).to.equal(0);
    });
  });
}

describeLab("live labs with many directors", () => {
  itLoses("resilient", "mh");
  itLoses("multipath", "rr", true);
});

describeLab(
  "live labs with many directors and BGP",
  () => {
    itLoses("bird", "mh");
    itLoses("bird", "rr", true);
  },
  "bird",
);
