/** A whole director, killed two hundred times while its rules change, and asked by those who do not mean well. */

import { expect } from "chai";
import { describeLive } from "../support/machine.ts";
import { sendMutated } from "../support/raw-requests.ts";
import { crashInChanges } from "./crash-loop.ts";
import { TestDirector } from "./director.ts";
import { NAT } from "./modes.ts";
import type { Network } from "./network.ts";

describeLive("a live director, at length", function () {
  this.timeout(600_000);
  let network: Network;
  let director: TestDirector;

  beforeEach(() => {
    network = NAT.build();
    director = new TestDirector(network, NAT.yaml());
  });

  afterEach(async () => {
    await director.close();
    await network.close();
  });

  it("loses no change that was answered, in 200 crashes", async () => {
    const { crashes, changes } = await crashInChanges(director, 200, 200);
    console.log(`      ${crashes} crashes in ${changes} changes`);
  });

  it("is not undone by 10000 mutated and cut-off requests", async () => {
    await director.start();
    await sendMutated({ path: director.socket }, 10_000, 8);
    expect(director.ipvsadm("-Ln").code).equals(0);
    expect(director.log).not.match(/bug|error/);
  });
});
