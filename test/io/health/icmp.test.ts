/** Echo requests of both families, to this machine itself. */
import { networkInterfaces } from "node:os";
import { expect } from "chai";
import { checkIcmp, closeIcmp, openIcmp } from "../../../src/io/health/checks/icmp.ts";
import { skip } from "../../support/machine.ts";

/** As for a busy machine: an answer ends it at once. */
const PATIENCE = 20_000;
const SHORT = 50;

describe("a check by ICMP", () => {
  before(function () {
    try {
      openIcmp();
    } catch (error) {
      skip(this, error instanceof Error ? error.message : String(error));
    }
  });

  after(() => closeIcmp());

  const own = Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address));

  for (const [family, address, unasked] of [
    ["IPv4", "127.0.0.1", "255.255.255.255"],
    ["IPv6", "::1", "fe80::1"],
  ] as const) {
    it(`of ${family} hears of a host that is there, and says why one cannot be asked`, async function () {
      if (!own.includes(address)) skip(this, `needs ${address}`);
      expect(await checkIcmp({ address, timeout: PATIENCE })).equals(undefined);
      // To everybody, or on no particular link.
      expect(await checkIcmp({ address: unasked, timeout: SHORT })).to.be.a("string");
    });
  }

  it("takes an address as people write it", async function () {
    if (!own.includes("::1")) skip(this, "needs ::1");
    const answers = ["0:0:0:0:0:0:0:1", "::0001"].map((address) => checkIcmp({ address, timeout: PATIENCE }));
    expect(await Promise.all(answers)).deep.equals([undefined, undefined]);
  });
});
