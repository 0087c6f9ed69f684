import { expect } from "chai";
import { tapvsProcess } from "./tapvs.ts";

describe("tapvs verify on labs with pings", () => {
  it("matches every frame, unicast ARP probes among them, and the counters", () => {
    const { code, out } = tapvsProcess(["verify", "fixtures/labs"]);
    expect(out).to.match(/2 of 2 match/);
    expect(code).to.equal(0);
  });
});
