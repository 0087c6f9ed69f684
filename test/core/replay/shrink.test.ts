import { expect } from "chai";
import fc from "fast-check";
import { parseCase } from "../../../src/core/capture/case-text.ts";
import { formatCase } from "../../../src/core/capture/case-writer.ts";
import type { Transcript } from "../../../src/core/capture/transcript.ts";
import { differenceTitle } from "../../../src/core/replay/difference-text.ts";
import { minimize } from "../../../src/core/replay/shrink/minimize.ts";
import { shrink } from "../../../src/core/replay/shrink/shrink.ts";
import { verifyTranscript } from "../../../src/core/replay/transcript-case.ts";
import { runTranscript } from "../../../src/core/replay/transcript-run.ts";

const read = (text: string): Transcript => {
  const parsed = parseCase(text);
  if (parsed.kind === "errors") throw new Error(JSON.stringify(parsed.errors));
  return parsed.transcript;
};

const BUSY = read(`director eth0 10.1.0.254/24 10.1.0.100/32, eth1 10.2.0.1/24
sysctl net.ipv4.vs.conn_reuse_mode=1
-A -t 10.1.0.100:80 -s rr
-a -t 10.1.0.100:80 -r 10.2.0.{2,3,4} -m
-A -u 10.1.0.100:53 -s rr
-a -u 10.1.0.100:53 -r 10.2.0.2 -m
tcp 10.1.0.{1..20}:40000 > 10.1.0.100:80 {S,.} seq 7
udp 10.1.0.{1..20}:40000 > 10.1.0.100:53
-Ln --stats
tcp 10.1.0.7:40000 > 10.1.0.100:80 P. seq 8 ttl 1
tcp 10.1.0.8:40000 > 10.1.0.100:80 P. seq 8`);

const arrivals = ({ events }: Transcript): string[] =>
  events.flatMap((event) => (event.do === "rx" ? [event.packet ?? ""] : []));

describe("a list made as small as can be", () => {
  it("has what is asked for, and nothing that it could do without", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200), { maxLength: 60 }), fc.integer({ min: 1, max: 7 }), (items, divisor) => {
        const wanted = items.filter((item) => item % divisor === 3 % divisor).slice(0, 4);
        const keeps = (rest: readonly number[]): boolean => wanted.every((item) => rest.includes(item));
        expect(minimize(items, keeps)).deep.equals(wanted);
      }),
    );
  });
});

describe("a case made as small as can be", () => {
  it("still drops the packet for the same reason", () => {
    const { transcript, shows } = shrink(BUSY, { kind: "drop", reason: "ttl-exceeded", packet: undefined }) ?? {};
    expect(shows).equals("dropped ttl-exceeded");
    expect(transcript && formatCase(transcript).split("\n").slice(0, -1)).deep.equals([
      "director eth0 10.1.0.254/24 10.1.0.100/32, eth1 10.2.0.1/24",
      "",
      "-A -t 10.1.0.100:80 -s rr",
      "-a -t 10.1.0.100:80 -r 10.2.0.2 -m",
      "at 0.012 s: tcp 10.1.0.7:40000 > 10.1.0.100:80 S seq 7",
      "at 0.06 s: tcp 10.1.0.7:40000 > 10.1.0.100:80 P. seq 8 ttl 1",
    ]);
  });

  it("still has the same first difference", () => {
    const events = runTranscript(BUSY).filter((event) => event.do !== "ipvsadm" || !event.args.startsWith("-L"));
    const at = events.findLastIndex((event) => event.do === "tx");
    const [sent] = events.slice(at);
    if (sent?.do !== "tx") throw new Error("nothing was sent");
    const frame = sent.frame.with(22, 9);
    const recording = { ...BUSY, events: events.with(at, { ...sent, frame }), lines: events.map(() => 0) };
    const { transcript, shows } = shrink(recording, { kind: "difference" }) ?? {};
    expect(shows).equals("another frame was sent on eth1: IPv4 TTL");
    expect(transcript && arrivals(transcript)).deep.equals([
      "tcp 10.1.0.7:40000 > 10.1.0.100:80 S seq 7",
      "tcp 10.1.0.8:40000 > 10.1.0.100:80 S seq 7",
      "tcp 10.1.0.8:40000 > 10.1.0.100:80 P. seq 8",
    ]);
    const again = transcript && verifyTranscript(read(formatCase(transcript))).difference;
    expect(again && differenceTitle(again)).includes(shows);
  });

  it("is nothing where there is no such thing", () => {
    expect(shrink(BUSY, { kind: "drop", reason: "no-destination", packet: undefined })).equals(undefined);
    expect(shrink(BUSY, { kind: "drop", reason: undefined, packet: 1 })).equals(undefined);
  });
});
