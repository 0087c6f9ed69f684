import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript, type Transcript, type TranscriptEvent } from "../../../src/core/capture/transcript.ts";
import { compareTranscripts } from "../../../src/core/replay/compare.ts";
import { arp, bytes } from "./frames.ts";

function transcriptOf(name: string): Transcript {
  const parsed = parseTranscript(readFileSync(`fixtures/golden/${name}.jsonl`, "utf8"));
  if (parsed.kind === "errors") throw new Error(name);
  return parsed.transcript;
}

const { head } = transcriptOf("nat_http");
/** One of the director's addresses, and one that is not. */
const OWN = "0a0100fe";
const OTHER = "0a010009";

/** An IPv4 packet without options, 20 bytes of payload. */
const ipv4 = ({
  id = "1234",
  flags = "0000",
  protocol = "01",
  checksum = "abcd",
  source = OWN,
  ttl = "40",
} = {}): Uint8Array =>
  bytes(
    `020000000101 020000000164 0800 4500 0028 ${id} ${flags} ${ttl} ${protocol} ${checksum} ${source} 0a010001 ${"00".repeat(20)}`,
  );

const tx = (frame: Uint8Array, dev = "eth0"): TranscriptEvent => ({ do: "tx", t: 1, dev, frame });
const rx: TranscriptEvent = { do: "rx", t: 1, dev: "eth0", frame: ipv4() };
const isSame = (recorded: readonly TranscriptEvent[], made: readonly TranscriptEvent[]): boolean =>
  compareTranscripts({ head, events: recorded }, made).first === undefined;
const sameFrames = (a: Uint8Array, b: Uint8Array): boolean => isSame([rx, tx(a)], [rx, tx(b)]);

describe("a transcript beside its recording", () => {
  describe("may have another identification and header checksum", () => {
    it("in ICMP and IPIP that the director originates", () => {
      for (const protocol of ["01", "04"]) {
        expect(sameFrames(ipv4({ protocol }), ipv4({ protocol, id: "9999", checksum: "1111" })), protocol).equals(true);
      }
    });

    it("but not in what it forwards", () => {
      for (const other of [{ protocol: "06" }, { protocol: "11" }, { source: OTHER }]) {
        expect(sameFrames(ipv4(other), ipv4({ ...other, id: "9999", checksum: "1111" }))).equals(false);
      }
    });

    it("but not where DF is set and the identification is 0", () => {
      const fixed = { id: "0000", flags: "4000" };
      expect(sameFrames(ipv4(fixed), ipv4({ ...fixed, checksum: "1111" }))).equals(false);
      expect(sameFrames(ipv4(fixed), ipv4({ flags: "4000", id: "1234" }))).equals(false);
      expect(sameFrames(ipv4({ flags: "4000" }), ipv4({ flags: "4000", id: "9999", checksum: "1111" }))).equals(true);
    });

    it("but nothing else in them", () => {
      expect(sameFrames(ipv4(), ipv4({ ttl: "3f" }))).equals(false);
      expect(sameFrames(ipv4(), ipv4({ flags: "2000" }))).equals(false);
    });
  });

  it("may repeat an ARP request, on the same port and byte for byte", () => {
    const request = arp({ from: "02:00:00:00:01:64", sender: "10.1.0.254", target: "10.1.0.7" });
    const other = arp({ from: "02:00:00:00:01:64", sender: "10.1.0.100", target: "10.1.0.7" });
    expect(isSame([rx, tx(request)], [rx, tx(request), tx(request)])).equals(true);
    expect(isSame([rx, tx(request), rx, tx(request)], [rx, tx(request), rx])).equals(true);
    expect(isSame([rx, tx(request)], [rx, tx(request), tx(request, "eth1")])).equals(false);
    expect(isSame([rx, tx(request)], [rx, tx(request), tx(other)])).equals(false);
    const reply = arp({
      from: "02:00:00:00:01:64",
      sender: "10.1.0.254",
      target: "10.1.0.7",
      to: "02:00:00:00:01:01",
      reply: true,
    });
    expect(isSame([rx, tx(reply)], [rx, tx(reply), tx(reply)])).equals(false);
  });

  it("must send the frames of an event after that event, in order", () => {
    const [a, b] = [ipv4({ source: OTHER }), ipv4({ source: OTHER, ttl: "3f" })];
    expect(isSame([rx, tx(a), rx, tx(b)], [rx, tx(a), tx(b), rx])).equals(false);
    expect(isSame([rx, tx(a), tx(b)], [rx, tx(b), tx(a)])).equals(false);
    expect(isSame([tx(a), rx], [rx, tx(a)])).equals(false);
  });

  it("must have the same events", () => {
    const sleep: TranscriptEvent = { do: "sleep", t: 1, seconds: 1 };
    expect(isSame([rx, sleep], [rx])).equals(false);
    expect(isSame([rx], [rx, sleep])).equals(false);
    expect(isSame([sleep], [{ ...sleep, seconds: 2 }])).equals(false);
  });

  it("must give each command's exit code, output and errors", () => {
    const command = { do: "ipvsadm", t: 1, args: "-Ln", code: 0, out: "a\n", err: "" } as const;
    expect(isSame([command], [{ ...command, out: "a\n\n" }])).equals(true);
    expect(isSame([command], [{ ...command, out: "b\n" }])).equals(false);
    expect(isSame([command], [{ ...command, err: "b\n" }])).equals(false);
    expect(isSame([command], [{ ...command, code: 1 }])).equals(false);
    const silent = { ...command, args: "-C", out: "" };
    expect(isSame([silent], [{ ...silent, err: "Service not defined\n" }])).equals(false);
  });

  it("finds each change of one byte in what the kernel sent", () => {
    const { events } = transcriptOf("tun_http");
    for (const [index, event] of events.entries()) {
      if (event.do !== "tx") continue;
      for (const at of [0, 7, 14, 17, 20, 22, 26, 33, event.frame.length - 1]) {
        const frame = event.frame.slice();
        frame[at] = (frame[at] ?? 0) ^ 0x10;
        const { first } = compareTranscripts({ head, events }, events.with(index, { ...event, frame }));
        expect(first?.finding.kind, `event ${index} byte ${at}`).equals("frame");
      }
    }
    expect(compareTranscripts({ head, events }, events)).deep.equals({
      frames: events.filter((event) => event.do === "tx").length,
      first: undefined,
      findings: [],
    });
  });

  it("goes on behind the first difference as far as it is told to", () => {
    const { events } = transcriptOf("nat_http");
    const sent = events.flatMap((event, index) => (event.do === "tx" ? [index] : [])).slice(2, 7);
    const altered = events.map((event, index) => {
      if (event.do !== "tx" || !sent.includes(index)) return event;
      const frame = event.frame.slice();
      frame[22] = 7;
      return { ...event, frame };
    });
    const { findings } = compareTranscripts({ head, events }, altered, 100);
    expect(findings.map(({ finding }) => finding.kind === "frame" && finding.expected?.at)).deep.equals(sent);
    expect(compareTranscripts({ head, events }, altered, 3).findings.length).equals(3);
  });
});
