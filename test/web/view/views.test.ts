import { expect } from "chai";
import fc from "fast-check";
import type { MODES } from "../../../src/core/simulator/layout.ts";
import { momentOf } from "../../../src/web/page/model/moment.ts";
import { Run } from "../../../src/web/page/model/run.ts";
import { FIRST_SETUP } from "../../../src/web/page/model/setup.ts";
import { exchanges, faultNotes } from "../../../src/web/page/view/exchanges.ts";
import { ladder } from "../../../src/web/page/view/ladder.ts";
import { html } from "../../../src/web/page/view/markup.ts";
import { niceCeiling, plot } from "../../../src/web/page/view/plot.ts";
import { connectionsTable, servicesTable } from "../../../src/web/page/view/tables.ts";
import { clockText, durationText } from "../../../src/web/page/view/times.ts";
import { walk } from "../../../src/web/page/view/walk.ts";

/** The run after so many moments. */
function runFor(moments: number, mode: (typeof MODES)[number] = "nat"): Run {
  const run = new Run({ ...FIRST_SETUP, mode }, [{ kind: "request", client: 0, at: 0 }]);
  while (run.stops.length < moments && run.due < Number.POSITIVE_INFINITY) run.step();
  return run;
}

describe("markup", () => {
  it("lets no input become markup", () => {
    const dangerous = fc.string({ unit: fc.constantFrom("<", ">", '"', "'", "&", "a", "script") });
    const property = fc.property(dangerous, (text) => {
      const made = html`<p title="${text}">${text}</p>`.text;
      expect(made.match(/[<>"]/g)).deep.equals(["<", '"', '"', ">", "<", ">"]);
    });
    fc.assert(property);
    expect(html`${html`<b>`}${["<", 1]}${undefined}${false}`.text).equals("<b>&lt;1");
  });
});

describe("the ladder", () => {
  it("has a row for each frame, and marks what a host changed", () => {
    const run = runFor(99);
    const { text } = ladder(run, false);
    const { hops } = run.topology.network;
    for (const { number } of hops) expect(text).includes(`data-key="${number}"`);
    expect(text.match(/class="ladder-row/g)).have.length(hops.length);
    expect(text).includes("<mark>172.16.1.2:80</mark>");
    expect(text).includes("<mark>12.11.0.101:80</mark>");
  });

  it("says of frames that are still under way that they are", () => {
    expect(ladder(runFor(2), false).text.match(/in-flight/g)).have.length(1);
  });
});

describe("what is told of a moment", () => {
  it("is the director's decision in words and the headers with what changed", () => {
    // The SYN is released by the answer of ARP, and goes on to the real server with another destination.
    const run = runFor(99);
    const moments = run.stops.map((stop) => {
      const replayed = new Run(FIRST_SETUP, [{ kind: "request", client: 0, at: 0 }]);
      replayed.advance(stop);
      return walk(momentOf(replayed), "director").text;
    });
    expect(moments.some((text) => text.includes("The scheduler rr") && text.includes("picks 172.16.1.2:80"))).equals(
      true,
    );
    const rewritten = /<dt>destination<\/dt><dd><del>12\.11\.0\.101<\/del>[\s\S]*?<ins>172\.16\.1\.2<\/ins>/;
    expect(moments.some((text) => rewritten.test(text))).equals(true);
    expect(moments.some((text) => /<dt>TTL<\/dt><dd><del>64<\/del>[\s\S]*?<ins>63<\/ins>/.test(text))).equals(true);
  });

  it("calls each host by its name", () => {
    const { text } = walk(momentOf(runFor(3)), "director");
    expect(text).includes("client learns the MAC address of 12.11.0.101 by ARP");
    expect(text).not.includes("the director learns");
  });

  it("marks a header that a tunnel puts before the packet as new", () => {
    const run = runFor(99, "tun");
    const texts = run.stops.map((stop) => {
      const replayed = new Run({ ...FIRST_SETUP, mode: "tun" }, [{ kind: "request", client: 0, at: 0 }]);
      replayed.advance(stop);
      return walk(momentOf(replayed), "director").text;
    });
    expect(
      texts.some((text) => text.includes('<section class="layer new"><h4>outer IPv4 <span class="badge">new</span>')),
    ).equals(true);
  });

  it("tells of connections that expired while time passed", () => {
    const run = runFor(99);
    run.advance(run.now + 200_000_000);
    expect(walk(momentOf(run), "director").text).includes("A connection expired in the state TIME_WAIT");
  });

  it("has something to say before anything happens", () => {
    expect(walk(momentOf(new Run(FIRST_SETUP, [])), "director").text).includes("Nothing has been sent yet");
  });
});

describe("tables", () => {
  it("show counters, the scheduler's numbers and the time that connections have left", () => {
    const run = runFor(99);
    const { stack } = run.topology.director;
    const services = servicesTable(stack, run.topology.client.address).text;
    expect(services).includes("pointer at 172.16.1.2:80");
    expect(services).includes("place 2 of 2 after the last pick");
    const connections = connectionsTable(stack).text;
    expect(connections).includes("TIME_WAIT");
    expect(connections).includes("12.11.0.10:40000 → 12.11.0.101:80 → 172.16.1.2:80");
    expect(connections).matches(/>[12]:\d\d</);
  });

  it("say what became of each exchange, and what is wrong on purpose", () => {
    const run = new Run({ ...FIRST_SETUP, faults: ["gateway"] }, [{ kind: "request", client: 0, at: 0 }]);
    expect(faultNotes(run.simulation).text).includes("default gateway is not the director");
    run.advance(60_000_000);
    expect(exchanges(run.simulation).text).includes('<li class="bad">');
  });
});

describe("numbers for people", () => {
  it("are times as clocks have them", () => {
    expect([0, 150, 999_999, 1e6, 59_999_000, 60e6, 3_661e6].map(clockText)).deep.equals([
      "0.000 ms",
      "0.150 ms",
      "999.999 ms",
      "1.000 s",
      "59.999 s",
      "1:00 min",
      "1:01:01 min",
    ]);
    expect([0, 59, 60, 899].map(durationText)).deep.equals(["0:00", "0:59", "1:00", "14:59"]);
  });

  it("stand in plots under a round ceiling", () => {
    expect([0, 1, 1.2, 3, 7, 99, 101, Number.NaN].map(niceCeiling)).deep.equals([1, 1, 2, 5, 10, 100, 200, 1]);
    const { text } = plot("Packets", [{ name: "in", values: [0, 5, 10] }], 5);
    expect(text).includes('points="150.0,62.0 225.0,33.0 300.0,4.0"');
  });
});
