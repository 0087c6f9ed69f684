import { expect } from "chai";
import { connectionListings, listsConnections, plainTexts, procFiles } from "../../../src/core/replay/listings.ts";

const same = ({ expected, got }: { expected: string; got: string }): boolean => expected === got;

const HEAD = "IPVS connection entries\npro expire state       source             virtual            destination\n";
const ROWS = [
  "TCP 14:59  ESTABLISHED 10.1.0.1:40000     10.1.0.100:80      10.2.0.4:80\n",
  "TCP 00:58  SYN_RECV    10.1.0.1:40001     10.1.0.100:80      10.2.0.3:80\n",
  "UDP 04:58  UDP         10.1.0.1:5000      10.1.0.100:53      10.2.0.2:53\n",
] as const;
const LISTING = HEAD + ROWS.join("");

describe("listings of connections", () => {
  it("may come in any order", () => {
    expect(same(connectionListings(LISTING, HEAD + [...ROWS].reverse().join("")))).equals(true);
  });

  for (const [seconds, is] of [
    ["14:57", true],
    ["15:01", true],
    ["14:56", false],
    ["15:02", false],
  ] as const) {
    it(`${is ? "may" : "may not"} say ${seconds} where 14:59 was recorded`, () => {
      expect(same(connectionListings(LISTING, LISTING.replace("14:59", seconds)))).equals(is);
    });
  }

  it("compare each connection with one of its own", () => {
    const twice = (first: string, second: string): string =>
      HEAD + [first, second].map((time) => ROWS[0].replace("14:59", time)).join("");
    expect(same(connectionListings(twice("01:00", "02:00"), twice("02:01", "00:59")))).equals(true);
    expect(same(connectionListings(twice("01:00", "02:00"), twice("01:00", "01:01")))).equals(false);
  });

  it("may differ in nothing else", () => {
    for (const [from, to] of [
      ["ESTABLISHED", "FIN_WAIT   "],
      ["10.2.0.3:80", "10.2.0.3:81"],
      [ROWS[1], ""],
      [ROWS[1], ROWS[1] + ROWS[1]],
      ["pro expire", "pro"],
    ] as const) {
      expect(same(connectionListings(LISTING, LISTING.replace(from, to))), from).equals(false);
    }
  });

  it("leave only what differs where they are laid side by side", () => {
    const { expected, got } = connectionListings(
      LISTING,
      LISTING.replace("14:59", "14:58").replace("SYN_RECV", "CLOSE   "),
    );
    const lines = new Set(expected.split("\n"));
    expect(got.split("\n").filter((line) => !lines.has(line))).deep.equals([
      ROWS[1].replace("SYN_RECV", "CLOSE   ").trimEnd(),
    ]);
  });
});

describe("other texts", () => {
  it("may differ in blanks and empty lines at their end only", () => {
    expect(same(plainTexts("a\nb  \n\n", "a\nb"))).equals(true);
    expect(same(plainTexts("a \nb", "a\nb"))).equals(false);
  });

  it("are told from listings of connections by the command line", () => {
    for (const args of ["-Lnc", "-Lc", "-L -n -c", "--list --connection", "-lnc"])
      expect(listsConnections(args), args).equals(true);
    for (const args of ["-Ln", "-C", "-L --daemon", "-A -t 10.0.0.1:80 -s rr", "--set 1 2 3", "-Ln --exact"]) {
      expect(listsConnections(args), args).equals(false);
    }
  });
});

describe("files of /proc/net", () => {
  const conn = (state: string, seconds: string): string =>
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n" +
    `TCP 0A010001 9C40 0A010064 0050 0A020004 0050 ${state.padEnd(11)} ${seconds.padStart(7)}\n`;

  it("have the freedom of listings where they list connections", () => {
    expect(same(procFiles("ip_vs_conn", conn("ESTABLISHED", "899"), conn("ESTABLISHED", "897")))).equals(true);
    expect(same(procFiles("ip_vs_conn", conn("ESTABLISHED", "899"), conn("ESTABLISHED", "896")))).equals(false);
    expect(same(procFiles("ip_vs_conn", conn("ESTABLISHED", "899"), conn("SYN_RECV", "899")))).equals(false);
  });

  it("may have services in another order, but not destinations", () => {
    const table = (...parts: string[]): string =>
      `IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port\n  -> Remote\n${parts.join("")}`;
    const tcp = "TCP  0A010064:0050 rr\n  -> 0A020002:0050\n  -> 0A020003:0050\n";
    const udp = "UDP  0A010064:0035 sh\n";
    expect(same(procFiles("ip_vs", table(tcp, udp), table(udp, tcp)))).equals(true);
    const swapped = "TCP  0A010064:0050 rr\n  -> 0A020003:0050\n  -> 0A020002:0050\n";
    expect(same(procFiles("ip_vs", table(tcp, udp), table(udp, swapped)))).equals(false);
  });

  it("may have other rates, but not other counters", () => {
    const stats = (packets: string, rate: string): string =>
      `   Total Incoming\n   Conns  Packets\n  1 ${packets}\n\n Conns/s   Pkts/s\n  0 ${rate}\n`;
    expect(same(procFiles("ip_vs_stats", stats("5", "1"), stats("5", "0")))).equals(true);
    expect(same(procFiles("ip_vs_stats", stats("5", "1"), stats("6", "1")))).equals(false);
  });
});
