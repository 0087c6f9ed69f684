import { expect } from "chai";
import { FAULTS, faultOf } from "../../../src/core/simulator/faults.ts";
import { repairOf } from "../../../src/core/simulator/repairs.ts";
import { buildTopology, request } from "../../../src/core/simulator/topologies.ts";

describe("repairs", () => {
  for (const { name, modes, families } of FAULTS) {
    // Those of IPv6 alone have none: the network would have to be built anew.
    if (families !== undefined && !families.includes(2)) continue;
    for (const mode of modes) {
      it(`heal ${name} in ${mode}: what failed before works, through the director`, () => {
        const topology = buildTopology(mode, { faults: [name], scheduler: "wlc" });
        const padding = faultOf(name, mode)?.padding ?? 0;
        const { network, director } = topology;
        request(topology, padding);
        network.run();
        const repair = repairOf(topology, name);
        expect(repair?.words).not.equals("");
        repair?.apply();
        const before = network.hops.length;
        const client = request(topology, padding);
        network.run();
        expect(client.end.kind).equals("answered");
        const hops = network.hops.slice(before);
        expect(hops.some(({ receptions }) => receptions.some(({ host }) => host === director.name))).equals(true);
      });
    }
  }
});
