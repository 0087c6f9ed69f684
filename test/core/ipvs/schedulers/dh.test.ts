import { expect } from "chai";
import { hash32 } from "../../../../src/core/ipvs/schedulers/hashing.ts";
import type { PicksModel } from "./picks-model.ts";
import { add, keyFrom, pick, serverOf, serviceWith } from "./set-up.ts";

/** Who holds the bucket of each of many destination addresses, with the bucket. */
const byBucket = (model: PicksModel): Map<number, string> =>
  new Map(
    Array.from(
      { length: 4096 },
      (_, address) => [hash32(address, 8), pick(model, keyFrom(1, address)) ?? "-"] as const,
    ),
  );

describe("dh", () => {
  it("deals 256 buckets in turn, newest first, whatever the weights", () => {
    const table = byBucket(serviceWith("dh", [1, 2, 5]));
    expect(table.size).to.equal(256);
    for (const [bucket, name] of table) expect(name, `bucket ${bucket}`).to.equal("CBA"[bucket % 3]);
  });

  it("keeps its table when a weight changes, and deals anew when a server comes or goes", () => {
    const model = serviceWith("dh", [1, 1, 1]);
    model.editServer(serverOf(model, "B"), { weight: 0, upper: 0, lower: 0 });
    for (const [bucket, name] of byBucket(model)) expect(name).to.equal("C-A"[bucket % 3]);
    model.deleteServer(serverOf(model, "B"));
    for (const [bucket, name] of byBucket(model)) expect(name).to.equal("CA"[bucket % 2]);
    add(model, "D");
    for (const [bucket, name] of byBucket(model)) expect(name).to.equal("DCA"[bucket % 3]);
  });

  it("does not look at the client", () => {
    const model = serviceWith("dh", [1, 1, 1]);
    const picked = Array.from({ length: 50 }, (_, client) => pick(model, keyFrom(client * 7919, 0x0a320001, client)));
    expect(new Set(picked).size).to.equal(1);
  });
});
