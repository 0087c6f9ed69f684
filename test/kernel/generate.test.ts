import { expect } from "chai";
import type { Transcript } from "../../src/core/capture/transcript.ts";
import { generate } from "./fuzz/generate.ts";
import { generateIpv6 } from "./fuzz/generate-ipv6.ts";
import { happenings } from "./happenings.ts";
import { transcriptOf } from "./verdict.ts";

const SEEDS = 40;

describe("random cases for the real kernel", () => {
  let cases: readonly Transcript[];

  before(() => {
    cases = Array.from({ length: SEEDS }, (_, seed) => transcriptOf(generate(seed + 1), `seed ${seed + 1}`));
  });

  it("are the same for the same seed, and others for another", () => {
    expect(generate(7)).equals(generate(7));
    expect(new Set(cases.map(({ events }) => JSON.stringify(events))).size).equals(SEEDS);
  });

  it("take seconds, not minutes", () => {
    for (const { events } of cases) {
      const asleep = events.reduce((sum, event) => sum + (event.do === "sleep" ? event.seconds : 0), 0);
      expect(asleep).within(0, 8);
      expect(events.length).within(1, 900);
    }
  });

  it("end with all listings, but for a few that are cut off before", () => {
    const whole = cases.filter(({ events }) =>
      events.some((event) => event.do === "ipvsadm" && /--stats/.test(event.args)),
    );
    expect(whole.length).greaterThan(SEEDS * 0.9);
  });

  it("reach most of what a director can do", () => {
    const seen = happenings(cases);
    const schedulers = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh"];
    const states = ["SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "TIME_WAIT", "CLOSE", "SYNACK"];
    const ends = [
      "sent",
      "delivered",
      "held",
      "parked",
      "ttl-exceeded",
      "too-big",
      "no-destination",
      "no-route",
      "martian-source",
    ];
    expect([...seen]).to.include.members([
      ...schedulers.map((name) => `scheduler ${name}`),
      ...["Masq", "Route", "Tunnel"].map((name) => `method ${name}`),
      ...states.map((name) => `state ${name}`),
      ...ends.map((name) => `end ${name}`),
      ...["3/0", "3/1", "3/3", "3/4", "11/0", "0/0"].map((name) => `icmp ${name}`),
      ...["marked", "reassembled", "fragmented", "template", "reuse", "expired", "arp"],
    ]);
  });
});

describe("random IPv6 cases for the real kernel", () => {
  let made: readonly Transcript[];

  before(() => {
    made = Array.from({ length: SEEDS }, (_, seed) => transcriptOf(generateIpv6(seed), `seed ${seed}`));
  });

  it("are the same for the same seed, and others for another", () => {
    expect(generateIpv6(7)).equals(generateIpv6(7));
    expect(new Set(made.map(({ events }) => JSON.stringify(events))).size).equals(SEEDS);
  });

  it("reach most of what a director can do", () => {
    const ends = ["sent", "delivered", "held", "ttl-exceeded", "too-big", "no-destination", "no-route", "ipv6-options"];
    expect([...happenings(made)]).to.include.members([
      ...["rr", "wlc", "sh", "mh", "fo"].map((name) => `scheduler ${name}`),
      ...["Masq", "Route", "Tunnel"].map((name) => `method ${name}`),
      ...ends.map((name) => `end ${name}`),
      ...["1/0", "1/4", "2/0", "3/0", "4/0", "4/1", "4/2", "129/0"].map((name) => `icmp ${name}`),
      ...["marked", "reassembled", "fragmented", "template"],
    ]);
  });
});
