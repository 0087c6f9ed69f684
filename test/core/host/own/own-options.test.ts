/** Whose entry of a timestamp option that prescribes addresses a host leaves alone: that of another host, and of no other kind. */
import { expect } from "chai";
import { isForeign } from "../../../../src/core/host/own/own-options.ts";
import { CLIENT, Lab, VIP } from "../../../support/lab.ts";
import { ip } from "../../../support/packet.ts";

describe("an address in an option is that of another host", () => {
  const { director } = new Lab();
  const cases: readonly (readonly [string, boolean])[] = [
    [CLIENT, true],
    ["223.255.255.255", true],
    ["240.0.0.1", true],
    [VIP, false],
    ["127.0.0.1", false],
    ["0.0.0.0", false],
    ["255.255.255.255", false],
    ["224.0.0.0", false],
    ["239.255.255.255", false],
  ];
  for (const [address, foreign] of cases) {
    it(`${address}: ${foreign ? "yes" : "no"}`, () => expect(isForeign(director, ip(address))).to.equal(foreign));
  }
});
