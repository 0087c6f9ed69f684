import { expect } from "chai";
import type { Transcript } from "../../src/core/capture/transcript.ts";
import { generateWild } from "./fuzz/generate-wild.ts";
import { generateWildHelpers } from "./fuzz/generate-wild-helpers.ts";
import { generateWildIpv6 } from "./fuzz/generate-wild-ipv6.ts";
import { generateWildSync } from "./fuzz/generate-wild-sync.ts";
import { happenings } from "./happenings.ts";
import { transcriptOf } from "./verdict.ts";

const WILD_SEEDS = 6;
/** Making a case runs it under many clocks. */
const TIMEOUT = 120_000;

describe("wild IPv4 cases for the real kernel", function () {
  this.timeout(TIMEOUT);
  let made: readonly Transcript[];

  before(() => {
    made = Array.from({ length: WILD_SEEDS }, (_, seed) => transcriptOf(generateWild(seed + 1), `seed ${seed + 1}`));
  });

  it("are the same for the same seed, and others for another", () => {
    expect(generateWild(3)).equals(generateWild(3));
    expect(new Set(made.map(({ events }) => JSON.stringify(events))).size).equals(WILD_SEEDS);
  });

  it("reach what others do not", () => {
    const ends = [
      "sent",
      "delivered",
      "held",
      "parked",
      "too-big",
      "martian-source",
      "ipv4-source-routed",
      "vlan-tagged",
    ];
    expect([...happenings(made)]).to.include.members([
      ...["Masq", "Route", "Tunnel"].map((name) => `method ${name}`),
      ...ends.map((name) => `end ${name}`),
      ...["0/0", "3/2", "3/3", "11/0", "12/0", "14/0"].map((name) => `icmp ${name}`),
      ...["marked", "reassembled", "template", "arp"],
    ]);
  });
});

describe("wild IPv6 cases for the real kernel", function () {
  this.timeout(TIMEOUT);
  const made = (): Transcript[] =>
    Array.from({ length: 8 }, (_, seed) => transcriptOf(generateWildIpv6(seed), `wild ${seed}`));

  it("are the same for the same seed, and meet what others do not", () => {
    expect(generateWildIpv6(7)).equals(generateWildIpv6(7));
    expect([...happenings(made())]).to.include.members([
      ...["sent", "held", "ipv6-source-routed", "icmp-truncated"].map((name) => `end ${name}`),
      ...["Masq", "Tunnel"].map((name) => `method ${name}`),
      ...["1/0", "2/0", "4/0"].map((name) => `icmp ${name}`),
    ]);
  });
});

describe("wild cases of helpers for the real kernel", function () {
  this.timeout(TIMEOUT);
  it("are the same for the same seed, and have connections that only helpers make", () => {
    expect(generateWildHelpers(2)).equals(generateWildHelpers(2));
    const made = Array.from({ length: 6 }, (_, seed) =>
      transcriptOf(generateWildHelpers(seed), `wild helpers ${seed}`),
    );
    expect([...happenings(made)]).to.include.members(["rewritten", "end no-engine-data"]);
  });
});

describe("wild synchronisation for the real kernel", function () {
  this.timeout(TIMEOUT);
  it("is the same for the same seed, and has masters and backups that hear something", () => {
    expect(generateWildSync(2)).equals(generateWildSync(2));
    const made = Array.from({ length: 6 }, (_, seed) => transcriptOf(generateWildSync(seed), `wild sync ${seed}`));
    expect([...happenings(made)]).to.include.members(["sync-record", "sync-refused"]);
  });
});
