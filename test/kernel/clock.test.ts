import { expect } from "chai";
import type { TranscriptEvent } from "../../src/core/capture/transcript.ts";
import { REFERENCE_KERNEL } from "../../src/core/kernel/releases.ts";
import { runTranscript } from "../../src/core/replay/transcript-run.ts";
import { matchesNearby, steadyPart } from "./clock.ts";
import { compileScenario } from "./scenario/scenario.ts";

/** Where the last byte of an IPv4 destination stands in a frame. */
const LAST_OF_DESTINATION = 33;

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
