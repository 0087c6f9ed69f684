import { expect } from "chai";
import {
  changesBetween,
  DEFAULT_KERNEL,
  kernelOf,
  kernelRelease,
  parseRelease,
  REFERENCE_KERNEL,
} from "../../../src/core/kernel/releases.ts";

describe("releases of the kernel", () => {
  it("a behaviour begins with the release that brought it, in each series", () => {
    for (const [version, has] of [
      ["5.10.200", false],
      ["6.1.176", false],
      ["6.1.179", false],
      ["6.1.180", true],
      ["6.1.192", true],
      ["6.6.1", false],
      ["6.12.99", false],
      ["6.12.117", true],
      ["6.13", true],
      ["7.0.1", true],
    ] as const) {
      expect(kernelRelease(version).readsTcpBehindExtensionHeaders, version).to.equal(has);
    }
  });

  it("an upgrade changes what differs between the two, and none changes nothing", () => {
    const from = kernelRelease(REFERENCE_KERNEL.release);
    const to = kernelRelease(DEFAULT_KERNEL.release);
    expect(changesBetween(from, to)).to.deep.equal([
      "readsTcpBehindExtensionHeaders",
      "translatesIcmpv6ErrorsOfRealServers",
      "verifiesIcmpErrorsOfNatOnly",
      "refusesImpossibleSyncStates",
    ]);
    expect(changesBetween(kernelRelease("6.1.185"), to)).to.deep.equal(["refusesImpossibleSyncStates"]);
    expect(changesBetween(to, to)).to.deep.equal([]);
  });

  it("takes versions, and nothing else", () => {
    expect(parseRelease("6.12")).to.deep.equal({ series: "6.12", patch: 0 });
    for (const text of ["", "6", "6.x", "6.1.0-56-amd64", "v6.1.2", "6.1.2.3"])
      expect(parseRelease(text)).to.equal(undefined);
  });

  it("a kernel is known by what it calls itself", () => {
    expect(kernelOf("Linux 6.1.176")).to.deep.equal({ hz: 100, release: "6.1.176" });
    expect(kernelOf("Linux 6.1.0-56-amd64")).to.deep.equal({ hz: 250, release: "6.1.192" });
    expect(kernelOf("Linux 6.1.0-50-amd64")).to.deep.equal({ hz: 250, release: "6.1.176" });
    expect(kernelOf("Linux 6.12.117+deb12-amd64")).to.deep.equal({ hz: 250, release: "6.12.117" });
    expect(kernelOf("something else")).to.deep.equal(REFERENCE_KERNEL);
  });
});
