/** Many directors behind a router, and some that go. */
import { expect } from "chai";
import { type FleetOptions, loseDirectors } from "../../../src/core/simulator/fleet.ts";

const fleet = (changes: Partial<FleetOptions> = {}) =>
  loseDirectors({
    directors: 8,
    servers: 6,
    connections: 320,
    scheduler: "rr",
    sloppy: false,
    synchronized: false,
    resilient: true,
    lostDirectors: 1,
    lostServers: 0,
    ...changes,
  });

describe("many directors, of which one goes", () => {
  it("each connection that comes to another director breaks, as long as that one cannot know it", () => {
    for (const scheduler of ["rr", "sh", "mh"]) {
      const { moved, broken } = fleet({ scheduler });
      expect(broken, scheduler).to.equal(moved);
    }
  });

  it("a resilient router moves only those of the director that went, another one half of all", () => {
    expect(fleet().moved).within(20, 60);
    // The first part of eight goes: seven eighths, six eighths, ... of the parts behind it shift (RFC 2992, section 2).
    expect(fleet({ resilient: false }).moved).within(130, 190);
    expect(fleet({ lostDirectors: 4 }).moved).within(130, 190);
  });

  it("a hash of the client finds the same server on each director, and mh nearly all when a server goes, too", () => {
    for (const scheduler of ["sh", "mh"]) expect(fleet({ scheduler, sloppy: true }).broken, scheduler).to.equal(0);
    const less = { sloppy: true, resilient: false, lostServers: 1 };
    const [sh, mh] = ["sh", "mh"].map((scheduler) => fleet({ ...less, scheduler }));
    expect(mh?.broken ?? 0).below((sh?.broken ?? 0) / 4);
    expect(mh?.lostWithServers).within(25, 90);
  });

  it("nothing breaks where directors tell each other", () => {
    for (const lostServers of [0, 1])
      expect(fleet({ synchronized: true, resilient: false, lostServers }).broken).to.equal(0);
  });
});
