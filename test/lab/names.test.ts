import { expect } from "chai";
import fc from "fast-check";
import { MODES } from "../../src/core/simulator/layout.ts";
import { bridgeOf, isLabName, namespaceOf, ownerOf, portOf, tapOf } from "../../src/lab/names.ts";
import { MOST_SERVERS, planLab } from "../../src/lab/topologies.ts";
import { labOptions } from "./options.ts";

/** Linux takes 15 characters. */
const LONGEST_DEVICE = 15;

describe("names of a lab", () => {
  it("tell whose namespace it is", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]{0,11}$/);
    fc.assert(
      fc.property(name, fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), (lab, host) => {
        expect(isLabName(lab)).to.equal(true);
        expect(ownerOf(namespaceOf(lab, host))).to.deep.equal({ lab, host });
      }),
    );
  });

  for (const stranger of [
    "tvs",
    "tvsC",
    "tvs-nat",
    "tvs-nat-",
    "tvs-a-b-c",
    "tvs-Nat-rs1",
    "nat-rs1",
    "xtvs-nat-rs1",
    "docker0",
  ]) {
    it(`leave ${stranger} alone`, () => {
      expect(ownerOf(stranger)).to.equal(undefined);
    });
  }

  it("refuse a hyphen, so that one lab's name never begins another's namespaces", () => {
    expect(["a-b", "", "A", "1a", "lab.1", "abcdefghijklm"].filter(isLabName)).to.deep.equal([]);
  });

  for (const mode of MODES) {
    it(`fit into device names and begin with the prefix: ${mode}`, () => {
      const lab = planLab(labOptions(mode, { servers: MOST_SERVERS, sessions: "store" }));
      const devices = [
        ...lab.segments.map(({ name }) => bridgeOf(name)),
        ...lab.hosts.flatMap(({ name, nics }) => nics.map((_, index) => portOf(name, index))),
        ...lab.director.ports.map(({ name }) => tapOf(name)),
      ];
      expect(devices.filter((device) => device.length > LONGEST_DEVICE || !device.startsWith("tvs-"))).to.deep.equal(
        [],
      );
      expect(new Set(devices).size).to.equal(devices.length);
      expect(lab.hosts.every(({ name }) => ownerOf(namespaceOf(lab.name, name)) !== undefined)).to.equal(true);
    });
  }
});
