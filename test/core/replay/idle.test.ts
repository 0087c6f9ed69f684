import { expect } from "chai";
import { CaptureRun } from "../../../src/core/replay/capture-run.ts";
import { idleReason } from "../../../src/core/replay/idle.ts";
import { loadRules } from "../../../src/core/replay/rules.ts";
import { Counting, type ReplaySummary } from "../../../src/core/replay/summary.ts";
import { tcp } from "../../support/packet.ts";
import { tcpIpv6 } from "../../support/packet-ipv6.ts";
import { CLIENT, ETH0, packet, twoPorts } from "./worlds.ts";

const OTHER = "02:00:00:00:99:99";
const pairs = (mac: string): number[] => mac.split(":").map((pair) => Number.parseInt(pair, 16));

/** An Ethernet frame; `type` is what stands before the packet. */
const frame = (to: string, from: string, type: readonly number[], bytes: Uint8Array): Uint8Array =>
  Uint8Array.from([...pairs(to), ...pairs(from), ...type, ...bytes]);

function summaryOf(...frames: readonly Uint8Array[]): ReplaySummary {
  const counting = new Counting();
  const run = new CaptureRun(
    twoPorts("rules: |\n  -A -t 10.1.0.100:80 -s rr\n  -a -t 10.1.0.100:80 -r 10.2.0.2 -m\n"),
    {
      arrives: (arriving, port) => counting.arrives(arriving, port),
      arrived: (arrival) => counting.arrived(arrival),
      sent: (departure) => counting.sent(departure),
      skipped: (skipped, placement) => counting.skipped(skipped, placement),
    },
  );
  const { rules } = twoPorts("rules: |\n  -A -t 10.1.0.100:80 -s rr\n  -a -t 10.1.0.100:80 -r 10.2.0.2 -m\n");
  loadRules(run.director, rules);
  for (const bytes of frames) run.packet(packet(bytes, 0, "eth0"));
  return counting.summary(run.director, run.last);
}

const IPV4 = [8, 0];
const syn = (port: number) => tcp(`10.1.0.1:40000 > 10.1.0.100:${port}`, "S", {}).bytes;

describe("why nothing was balanced", () => {
  for (const [what, frames, reason] of [
    ["the frames go to another station", [frame(OTHER, CLIENT, IPV4, syn(80))], `1 go to ${OTHER}: take that one`],
    ["all frames are the director's own", [frame(CLIENT, ETH0, IPV4, syn(80))], "those of its clients are missing"],
    ["the frames have VLAN tags", [frame(ETH0, CLIENT, [0x81, 0, 0, 100, 8, 0], syn(80))], "take the tags off"],
    [
      "the packets are IPv6, and the director is not",
      [frame(ETH0, CLIENT, [0x86, 0xdd], tcpIpv6("2001:db8::1 > 2001:db8::2", [4000, 80], "S").bytes)],
      "most packets are IPv6, and the director has no IPv6 address",
    ],
    [
      "the IPv4 headers are wrong",
      [frame(ETH0, CLIENT, IPV4, tcp("10.1.0.1:40000 > 10.1.0.100:80", "S", { headerError: 1 }).bytes)],
      "--offloads on puts checksums right",
    ],
    ["packets were truncated", [frame(ETH0, CLIENT, IPV4, syn(80).slice(0, 30))], "record whole packets"],
    ["there are no packets", [], "the capture has no packets"],
  ] as const) {
    it(`is told with what helps where ${what}`, () => {
      expect(idleReason(summaryOf(...frames)))
        .includes("nothing was balanced: ")
        .and.includes(reason);
    });
  }

  it("is nothing where something was, or where no service is", () => {
    const balanced = summaryOf(frame(ETH0, CLIENT, IPV4, syn(80)));
    expect(idleReason(balanced)).equals(undefined);
    expect(idleReason({ ...summaryOf(), services: [] })).equals(undefined);
  });
});
