import { expect } from "chai";
import { betweenTwoDirectors } from "../../../src/core/simulator/each-other.ts";

describe("two directors that have each other as real server", () => {
  it("pass a segment to and fro until its TTL is used up", () => {
    const stops = betweenTwoDirectors(false);
    expect(stops).to.have.length(64);
    expect(stops.slice(0, 2).map(({ director }) => director)).to.deep.equal([1, 2]);
    expect(stops.at(-1)).to.deep.equal({ director: 2, ttl: 1, verdict: "ttl-exceeded" });
  });

  it("do not where one is a backup and has backup_only", () => {
    const stops = betweenTwoDirectors(true);
    expect(stops).to.deep.equal([
      { director: 1, ttl: 64, verdict: "sent" },
      { director: 2, ttl: 63, verdict: "delivered" },
    ]);
  });
});
