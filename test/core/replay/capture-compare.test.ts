import { expect } from "chai";
import { CaptureComparison, isComparable } from "../../../src/core/replay/capture-compare.ts";
import type { FrameFinding } from "../../../src/core/replay/difference.ts";
import type { SentFrame } from "../../../src/core/replay/sent-frame.ts";
import { arp, bytes, ping } from "./frames.ts";
import { CLIENT, ETH0 } from "./worlds.ts";

let clock = 0;
const sent = (frame: Uint8Array, dev = "eth0"): SentFrame => ({
  dev,
  bytes: frame,
  masked: frame,
  time: clock++,
  at: clock,
  cause: clock,
});
const echo = (last: number): Uint8Array =>
  ping({ from: ETH0, to: CLIENT, source: "10.1.0.254", destination: `10.1.0.${last}` });
const [a, b, c] = [echo(1), echo(2), echo(3)];
const asks = (target: string, to?: string, sender = "10.1.0.254"): Uint8Array =>
  arp({ from: ETH0, sender, target, ...(to === undefined ? {} : { to }) });

/** The first of all differences. */
function compareCaptures(
  expected: readonly SentFrame[],
  got: readonly SentFrame[],
  end: number,
): FrameFinding | undefined {
  const found: FrameFinding[] = [];
  const comparison = new CaptureComparison((finding) => found.push(finding));
  for (const frame of expected) comparison.recorded(frame);
  for (const frame of got) comparison.made(frame);
  comparison.end(end);
  const time = ({ expected: a, got: b }: FrameFinding): number => Math.min(a?.time ?? Infinity, b?.time ?? Infinity);
  return found.sort((a, b) => time(a) - time(b))[0];
}

const isSame = (expected: readonly SentFrame[], got: readonly SentFrame[], end = Infinity): boolean =>
  compareCaptures(expected, got, end) === undefined;
const frames = (...list: readonly Uint8Array[]): SentFrame[] => list.map((frame) => sent(frame));

describe("frames of a capture beside the emulator's", () => {
  it("must be the same in order on each port, whatever the order across ports", () => {
    expect(isSame(frames(a, b), frames(a, b))).equals(true);
    expect(isSame(frames(a, b), frames(b, a))).equals(false);
    expect(isSame([sent(a), sent(b, "eth1")], [sent(b, "eth1"), sent(a)])).equals(true);
    expect(isSame([sent(a)], [sent(a, "eth1")])).equals(false);
  });

  it("differ first where it happened first, on whichever port", () => {
    const expected = [sent(a), sent(b, "eth1"), sent(c)];
    const finding = compareCaptures(expected, frames(a), Infinity);
    expect(finding).deep.equals({ kind: "frame", expected: expected[1], got: undefined });
  });

  it("may repeat an ARP request, which must have been made once", () => {
    expect(isSame(frames(asks("10.1.0.9"), a), frames(asks("10.1.0.9"), asks("10.1.0.9"), a))).equals(true);
    expect(isSame(frames(asks("10.1.0.9"), asks("10.1.0.9"), a), frames(asks("10.1.0.9"), a))).equals(true);
    expect(isSame(frames(asks("10.1.0.9"), a), frames(a))).equals(false);
    expect(isSame(frames(a), frames(asks("10.1.0.9"), a))).equals(false);
  });

  it("may ask single neighbors at other times or not at all, but not with other words", () => {
    const probe = asks("10.1.0.1", CLIENT);
    expect(isSame(frames(a, probe, b), frames(probe, a, b))).equals(true);
    expect(isSame(frames(a, probe), frames(a))).equals(true);
    expect(isSame(frames(a), frames(a, probe))).equals(true);
    expect(isSame(frames(a, probe), frames(a, asks("10.1.0.1", CLIENT, "10.1.0.100")))).equals(false);
    expect(isSame(frames(probe), frames(asks("10.1.0.2", CLIENT)))).equals(true);
  });

  it("may go on after the end of the recording", () => {
    const [expected, got] = [frames(a, b), frames(a, b, c)];
    const end = (got[1]?.time ?? 0) + 0.5;
    expect(isSame(expected, got, end)).equals(true);
    expect(isSame(expected, got, end + 1)).equals(false);
    expect(isSame(expected, got.slice(0, 1), end), "one is missing").equals(false);
    expect(isSame(expected, got, 0), "timers that run out later").equals(true);
    expect(isSame(frames(a, c), got, 0), "another frame").equals(false);
  });

  it("are IPv4 and ARP, and IPv6 where the director has it", () => {
    const ipv6 = bytes(`333300000002 ${"02".repeat(6)} 86dd 60`);
    for (const hasIpv6 of [true, false]) {
      expect([a, asks("10.1.0.9")].map((frame) => isComparable(frame, hasIpv6))).deep.equals([true, true]);
      expect([bytes("0000"), new Uint8Array(0)].map((frame) => isComparable(frame, hasIpv6))).deep.equals([
        false,
        false,
      ]);
      expect(isComparable(ipv6, hasIpv6)).equals(hasIpv6);
    }
  });

  it("are not what a host says when its interface comes up: asking for routers, looking for duplicates", () => {
    const from = (source: string, type: string): Uint8Array =>
      bytes(
        `333300000002 ${"02".repeat(6)} 86dd 60000000 0018 3a ff ${source} ff02${"00".repeat(13)}02 ${type}${"00".repeat(23)}`,
      );
    const linkLocal = `fe80${"00".repeat(13)}01`;
    expect(isComparable(from(linkLocal, "85"), true), "router solicitation").equals(false);
    expect(isComparable(from("00".repeat(16), "87"), true), "duplicate address detection").equals(false);
    expect(isComparable(from(linkLocal, "87"), true), "neighbor solicitation").equals(true);
  });
});
