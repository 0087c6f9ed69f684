import { expect } from "chai";
import type { Transcript, TranscriptEvent } from "../../src/core/capture/transcript.ts";
import { REFERENCE_KERNEL } from "../../src/core/kernel/releases.ts";
import { runTranscript } from "../../src/core/replay/transcript-run.ts";
import type { WalkEvent } from "../../src/core/trace/events.ts";
import { matchesNearby, steadyPart } from "./clock.ts";
import { generate } from "./fuzz/generate.ts";
import { generateIpv6 } from "./fuzz/generate-ipv6.ts";
import { generateWild } from "./fuzz/generate-wild.ts";
import { generateWildHelpers } from "./fuzz/generate-wild-helpers.ts";
import { generateWildIpv6 } from "./fuzz/generate-wild-ipv6.ts";
import { generateWildSync } from "./fuzz/generate-wild-sync.ts";
import { compileScenario } from "./scenario/scenario.ts";
import { transcriptOf } from "./verdict.ts";

const SEEDS = 40;
const WILD_SEEDS = 6;
/** Where the last byte of an IPv4 destination stands in a frame. */
const LAST_OF_DESTINATION = 33;

/** Everything that happens in all cases, by kind and what is of interest about it. */
function happenings(transcripts: readonly Transcript[]): Set<string> {
  const seen = new Set<string>();
  const note = (event: WalkEvent): void => {
    if (event.kind === "scheduled") seen.add(`scheduler ${event.scheduler}`);
    else if (event.kind === "method") seen.add(`method ${event.method}`);
    else if (event.kind === "state") seen.add(`state ${event.after}`);
    else if (event.kind === "icmp") seen.add(`icmp ${event.type}/${event.code}`);
    else if (event.kind === "verdict") seen.add(`end ${event.verdict}`);
    else seen.add(event.kind);
  };
  for (const transcript of transcripts) runTranscript(transcript, () => ({ add: note }));
  return seen;
}

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

describe("wild IPv6 cases for the real kernel", () => {
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

describe("wild cases of helpers for the real kernel", () => {
  it("are the same for the same seed, and have connections that only helpers make", () => {
    expect(generateWildHelpers(2)).equals(generateWildHelpers(2));
    const made = Array.from({ length: 6 }, (_, seed) =>
      transcriptOf(generateWildHelpers(seed), `wild helpers ${seed}`),
    );
    expect([...happenings(made)]).to.include.members(["rewritten", "end no-engine-data"]);
  });
});

describe("wild IPv4 cases for the real kernel", () => {
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

describe("wild synchronisation for the real kernel", () => {
  it("is the same for the same seed, and has masters and backups that hear something", () => {
    expect(generateWildSync(2)).equals(generateWildSync(2));
    const made = Array.from({ length: 6 }, (_, seed) => transcriptOf(generateWildSync(seed), `wild sync ${seed}`));
    expect([...happenings(made)]).to.include.members(["sync-record", "sync-refused"]);
  });
});

describe("the clock of a case", () => {
  const NETWORK = `director eth0 10.1.0.254/24 10.1.0.100/32
director eth1 10.2.0.1/24
host c1 10.1.0.1 on eth0
host s2 10.2.0.2 on eth1
host s3 10.2.0.3 on eth1
ipvsadm -A -t 10.1.0.100:80 -s rr
ipvsadm -a -t 10.1.0.100:80 -r s2 -m -x 1
ipvsadm --set 1 1 1
c1 > 10.1.0.100 tcp 40000:80 S
server SA
client A
`;
  const inputs = (text: string) => compileScenario(NETWORK + text, "case", "case");

  it("does not matter far from a timeout", () => {
    const { head, events } = inputs("sleep 0.4\nclient PA data 5\nsleep 2.5\nclient PA data 5");
    expect(steadyPart({ head, events })).deep.equals(events);
  });

  it("cuts a case off before a packet that meets a timeout", () => {
    const { head, events } = inputs("sleep 1.03\nclient PA data 5\nshow");
    const steady = steadyPart({ head, events });
    expect(steady).deep.equals(events.slice(0, -2));
  });

  it("has the tick of the kernel that records, and any phase of it", () => {
    // The first server is full until the old connection is gone, which it is with the next tick.
    const other = "ipvsadm -a -t 10.1.0.100:80 -r s3 -m\n";
    const { head, events } = inputs(`${other}client R\nclient S\nc1 > 10.1.0.100 tcp 40001:80 S`);
    expect(head.kernel).deep.equals(REFERENCE_KERNEL);
    expect(steadyPart({ head, events })).deep.equals(events.slice(0, -1));
    const lines = events.map((_, index) => index);
    const picks = new Set<number | undefined>();
    for (const ticks of [0, 0.25, 0.5, 0.75]) {
      const made = runTranscript({ head: { ...head, kernel: { ...REFERENCE_KERNEL, ticks } }, events });
      const last = made.at(-1);
      picks.add(last?.do === "tx" ? last.frame[LAST_OF_DESTINATION] : undefined);
      expect(matchesNearby({ head, events: made, lines })).equals(true);
    }
    expect([...picks].sort()).deep.equals([2, 3]);
  });

  it("decides nothing when a recording is what another phase gives", () => {
    const { head, events } = inputs("sleep 1.03\nclient PA data 5");
    const lines = events.map((_, index) => index);
    /** The same with a longer or shorter sleep. */
    const moved = (inputs: readonly TranscriptEvent[], seconds: number) =>
      inputs.map((event) => {
        if (event.do === "sleep") return { ...event, seconds: event.seconds + seconds };
        return event.t > 1 ? { ...event, t: event.t + seconds } : event;
      });
    const dataWentTo = new Set<string>();
    for (const seconds of [-0.1, 0.2]) {
      // What tapvs does then, written down as if it had happened at the planned time.
      const made = moved(runTranscript({ head, events: moved(events, seconds) }), -seconds).map((event) =>
        event.do === "sleep" ? { ...event, seconds: 1.03 } : event,
      );
      dataWentTo.add(JSON.stringify(made.at(-1), ["do", "dev"]));
      expect(matchesNearby({ head, events: made, lines })).equals(true);
      const wrong = made.map((event) => (event.do === "tx" ? { ...event, dev: "eth0" } : event));
      expect(matchesNearby({ head, events: wrong, lines })).equals(false);
    }
    expect([...dataWentTo]).deep.equals(['{"do":"tx","dev":"eth1"}', '{"do":"tx","dev":"eth0"}']);
  });
});
