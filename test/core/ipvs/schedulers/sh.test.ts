import { expect } from "chai";
import { hash32 } from "../../../../src/core/ipvs/schedulers/hashing.ts";
import { SERVICE_SCHED1, SERVICE_SCHED2 } from "../../../../src/core/ipvs/service.ts";
import type { PicksModel } from "./picks-model.ts";
import { keyFrom, pick, schedulerOf, serverOf, serviceWith } from "./set-up.ts";

/** A client for each of the 256 buckets. */
const CLIENTS: readonly number[] = (() => {
  const clients: number[] = [];
  for (let client = 0; Object.keys(clients).length < 256; client++) clients[hash32(client, 8)] ??= client;
  return clients;
})();

/** Who holds the buckets, in order. */
const buckets = (model: PicksModel): string => CLIENTS.map((client) => pick(model, keyFrom(client)) ?? "-").join("");

describe("sh", () => {
  it("deals runs of buckets as long as the weights, newest first", () => {
    expect(buckets(serviceWith("sh", [1, 2, 5]))).to.equal("CCCCCBBA".repeat(32));
  });

  it("gives a server of weight 0 a bucket that refuses", () => {
    expect(buckets(serviceWith("sh", [1, 0, 2]))).to.equal("CC-A".repeat(64));
  });

  it("lets a head server of weight 256 take all, a later one what is left", () => {
    expect(buckets(serviceWith("sh", [1, 1000]))).to.equal("B".repeat(256));
    expect(buckets(serviceWith("sh", [1000, 6]))).to.equal("B".repeat(6) + "A".repeat(250));
  });

  it("adds the client's port if sh-port asks for it", () => {
    // 172.16.5.3 alone falls into bucket 40, with port 80, 1000 and 65535 into 183, 31 and 76.
    const model = serviceWith("sh", [1, 1, 1], SERVICE_SCHED2);
    const table = buckets(serviceWith("sh", [1, 1, 1]));
    for (const [port, bucket] of [
      [80, 183],
      [1000, 31],
      [65535, 76],
    ] as const) {
      expect(pick(model, keyFrom(0xac100503, 1, port)), `port ${port}`).to.equal(table[bucket]);
    }
    model.service.flags = 0;
    expect(pick(model, keyFrom(0xac100503, 1, 80)), "flags are read at each pick").to.equal(table[40]);
  });

  it("with sh-fallback searches from the double of the bucket", () => {
    const model = serviceWith("sh", [1, 1, 1], SERVICE_SCHED1);
    const table = buckets(model);
    serverOf(model, "B").overloaded = true;
    const expected = [...table].map((own, bucket) => {
      for (let step = 0; own === "B" && step < 256; step++) {
        const other = table[(2 * bucket + step) % 256];
        if (other !== "B") return other;
      }
      return own;
    });
    expect(table).to.contain("B");
    expect(buckets(model)).to.equal(expected.join(""));
  });

  it("tells who holds how many buckets", () => {
    const model = serviceWith("sh", [1, 2, 5]);
    const describeServer = (name: string): string | undefined =>
      schedulerOf(model).describeDestination?.(serverOf(model, name), keyFrom(0xac100503));
    expect(describeServer("C")).to.equal("160 of 256 buckets, this packet's bucket 40 among them");
    expect(describeServer("A")).to.equal("32 of 256 buckets, this packet's bucket 40 not among them");
  });
});
