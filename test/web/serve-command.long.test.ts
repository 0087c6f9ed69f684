import { outlive } from "./outlive.ts";

describe("tapvs serve, at length", () => {
  it("outlives 10000 mutated and cut-off requests, and says nothing of them", () => outlive(10_000));
});
