import { expect } from "chai";
import { macOfInterface } from "../../../../src/core/capture/packet-place.ts";
import type { DirectorConfig } from "../../../../src/core/host/config/config.ts";
import { otherMacs, withMacsOf } from "../../../../src/core/replay/diff/macs.ts";

/** `eth0 1` is an interface with the MAC address 00:00:00:00:00:01. */
const director = (...interfaces: readonly string[]): DirectorConfig => ({
  interfaces: interfaces.map((words) => {
    const [name = "", last] = words.split(" ");
    return { name, mtu: 1500, addresses: [], mac: Uint8Array.of(0, 0, 0, 0, 0, Number(last)) };
  }),
  routes: [],
  neighbors: [],
  marks: [],
  sysctl: {},
  rules: { file: "rules", firstLine: 1, lines: [] },
});

const macsOf = (config: DirectorConfig): number[] => config.interfaces.map(({ name }) => macOfInterface(config, name));

describe("the MAC addresses of two directors", () => {
  it("are compared by the names of interfaces, in any order", () => {
    const [before, after] = [director("eth0 1", "eth1 2"), director("eth1 3", "eth0 1")];
    expect(otherMacs(before, after)).deep.equals([
      { interface: "eth1", before: "00:00:00:00:00:02", after: "00:00:00:00:00:03" },
    ]);
    expect(macsOf(withMacsOf(before, after))).deep.equals([2, 1]);
  });

  it("stay different where a new interface has one of the old ones", () => {
    const after = director("new 1", "eth0 3", "eth1 4", "other 2", "third 9");
    expect(macsOf(withMacsOf(director("eth0 1", "eth1 2"), after))).deep.equals([3, 1, 2, 4, 9]);
  });
});
