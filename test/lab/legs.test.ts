import { expect } from "chai";
import { MODES, type Mode } from "../../src/core/simulator/layout.ts";
import { legLines } from "../../src/lab/graph/legs.ts";
import { graphOf } from "../../src/lab/graph/nodes.ts";
import { planLab } from "../../src/lab/topologies.ts";
import { labOptions } from "./options.ts";

/** What each mode writes into a packet's addresses, leg by leg. */
const LEGS: Readonly<Record<Mode, readonly string[]>> = {
  nat: [
    "1  client > director   10.0.0.10 > 10.1.0.100",
    "2  director > rs1      10.0.0.10 > 10.2.0.11",
    "3  rs1 > director      10.2.0.11 > 10.0.0.10",
    "4  director > client   10.1.0.100 > 10.0.0.10",
  ],
  dr: [
    "1  client > director   10.0.0.10 > 10.1.0.100",
    "2  director > rs1      10.0.0.10 > 10.1.0.100 (unchanged but for the MAC address)",
    "3  rs1 > client        10.1.0.100 > 10.0.0.10 (does not pass the director)",
  ],
  tun: [
    "1  client > director   10.0.0.10 > 10.1.0.100",
    "2  director > rs1      10.1.0.254 > 10.3.1.11 (around the packet 10.0.0.10 > 10.1.0.100)",
    "3  rs1 > client        10.1.0.100 > 10.0.0.10 (does not pass the director)",
  ],
  fullnat: [
    "1  client > director   10.0.0.10 > 10.1.0.100",
    "2  director > rs1      10.2.0.201 > 10.2.0.11",
    "3  rs1 > director      10.2.0.11 > 10.2.0.201",
    "4  director > client   10.1.0.100 > 10.0.0.10",
  ],
};

describe("the picture of a lab", () => {
  for (const mode of MODES) {
    it(`${mode}: shows the addresses of every leg`, () => {
      expect(legLines(planLab(labOptions(mode)))).to.deep.equal(LEGS[mode]);
    });

    it(`${mode}: has every host within reach of the client, hosts and segments by turns`, () => {
      const { nodes, edges } = graphOf(planLab(labOptions(mode, { servers: 4 })));
      const rank = new Map(nodes.map((node) => [node.id, node.rank]));
      expect(nodes.filter((node) => node.rank === 0).map(({ id }) => id)).to.deep.equal(["client"]);
      expect(nodes.every(({ kind, rank: steps }) => (kind === "host") === (steps % 2 === 0))).to.equal(true);
      for (const { host, segment } of edges) {
        expect(Math.abs((rank.get(host) ?? 0) - (rank.get(segment) ?? 0)), `${host} on ${segment}`).to.equal(1);
      }
    });
  }
});
