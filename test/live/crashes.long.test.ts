/** The whole director, killed two hundred times while its rules change. */

import { describeLive } from "../support/machine.ts";
import { crashInChanges } from "./crash-loop.ts";
import { TestDirector } from "./director.ts";
import { NAT } from "./modes.ts";
import type { Network } from "./network.ts";

describeLive("a live director that is killed again and again", function () {
  this.timeout(600_000);
  let network: Network;
  let director: TestDirector;

  before(() => {
    network = NAT.build();
    director = new TestDirector(network, NAT.yaml());
  });

  after(async () => {
    await director.close();
    await network.close();
  });

  it("loses no change that was answered, in 200 crashes", async () => {
    const { crashes, changes } = await crashInChanges(director, 200, 200);
    console.log(`      ${crashes} crashes in ${changes} changes`);
  });
});
