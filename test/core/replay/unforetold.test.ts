import { expect } from "chai";
import type { HostConfig } from "../../../src/core/host/config/config.ts";
import { AskedOnce, type SentFrame } from "../../../src/core/replay/sent-frame.ts";
import { labelsFlows, masked, originatorOf } from "../../../src/core/replay/unforetold.ts";
import { parseAddress } from "../../../src/core/wire/address.ts";

const address = (text: string, prefix: number) => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(text);
  return { address: parsed, prefix };
};
const HOST: HostConfig = {
  interfaces: [
    {
      name: "eth0",
      mac: Uint8Array.of(2, 0, 0, 0, 1, 0x64),
      mtu: 1500,
      addresses: [address("10.1.0.1", 24), address("fd00:1::1", 64)],
    },
  ],
  routes: [],
  neighbors: [],
  marks: [],
  sysctl: {},
};
const OWN = originatorOf(HOST, ["-a -t 10.1.0.1:80 -r 10.2.0.2 -i --tun-type gue --tun-port 7000"]);
const MACS = "020000000164020000000101";
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/[\s:]/g, ""), "hex"));

/** An IPv4 header (id 1234, no DF unless given) and what follows it. */
const ipv4 = (protocol: string, rest: string, source = "0a010001", fragment = "0000", id = "1234"): Uint8Array =>
  hex(`${MACS}0800 45000000 ${id}${fragment} 40${protocol}beef ${source} 0a020002 ${rest}`);
const ipv6 = (next: string, rest: string, source = "fd000001000000000000000000000001"): Uint8Array =>
  hex(`${MACS}86dd 60000000 0010${next}40 ${source} fd000002000000000000000000000002 ${rest}`);
const datagram = (port: string): string => `c0de${port}0008abcd`;
const different = (frame: Uint8Array): string => {
  const mask = masked(frame, OWN);
  return [...frame.keys()].filter((at) => frame[at] !== mask[at]).join();
};

describe("what cannot be foretold of a frame", () => {
  for (const [title, frame, offsets] of [
    ["the id of ICMP", ipv4("01", ""), "18,19,24,25"],
    ["the id of an IPIP tunnel", ipv4("04", ""), "18,19,24,25"],
    ["the id of an IPv6-in-IPv4 tunnel", ipv4("29", ""), "18,19,24,25"],
    ["the id of GRE", ipv4("2f", ""), "18,19,24,25"],
    ["the id and the source port of GUE", ipv4("11", datagram("17c0")), "18,19,24,25,34,35,40,41"],
    ["those of GUE to a port of its own", ipv4("11", datagram("1b58")), "18,19,24,25,34,35,40,41"],
    ["those of synchronisation", ipv4("11", datagram("2290")), "18,19,24,25,34,35,40,41"],
    ["not the id 0 of a packet with DF", ipv4("04", "", "0a010001", "4000", "0000"), ""],
    ["not of a datagram to a client", ipv4("11", datagram("9c40")), ""],
    ["not of a segment to a client", ipv4("06", datagram("9c40")), ""],
    ["not of somebody else's packet", ipv4("04", "", "0a010002"), ""],
    ["the id of an IPv6 fragment", ipv6("2c", "11000001 89abcdef c0de9c400008abcd"), "58,59,60,61"],
    ["the source port of GUE over IPv6", ipv6("11", datagram("17c0")), "54,55,60,61"],
    [
      "the source port of synchronisation from a link-local address",
      ipv6("11", datagram("2290"), "fe80000000000000000000fffe000164"),
      "54,55,60,61",
    ],
    ["not of a datagram over IPv6 to a client", ipv6("11", datagram("9c40")), ""],
    ["not that of somebody else's GUE", ipv6("11", datagram("17c0"), "fd000001000000000000000000000009"), ""],
  ] as const) {
    it(title, () => expect(different(frame)).equals(offsets));
  }

  it("of GUE in fragments the id of each, once the first has told whose they are", () => {
    const later = (id: string): Uint8Array => ipv4("11", "c0de9c400008abcd", "0a010001", "0005", id);
    expect(different(later("4321"))).equals("");
    expect(different(ipv4("11", datagram("17c0"), "0a010001", "2000", "4321"))).equals("18,19,24,25,34,35,40,41");
    expect(different(later("4321"))).equals("18,19,24,25");
    expect(different(later("1234"))).equals("");
  });

  it("flow labels of the host's own packets in IPv6, where Linux makes them", () => {
    const labelled = (next: string, rest: string, source?: string): Uint8Array => {
      const frame = ipv6(next, rest, source);
      frame.set([0x60, 0x03, 0x95, 0x96], 14);
      return frame;
    };
    const masks = (frame: Uint8Array, labels: boolean): string => {
      const mask = masked(frame, { ...OWN, labels });
      return [...frame.keys()].filter((at) => frame[at] !== mask[at]).join();
    };
    const reset = `${datagram("9c40")}00000000 50140000 00000000`;
    const push = `${datagram("9c40")}00000000 50180000 00000000`;
    for (const [next, rest, bytes] of [
      ["3a", "8100 0000 00000000", "15,16,17"],
      ["06", reset, "15,16,17"],
      ["06", push, ""],
    ] as const) {
      expect(masks(labelled(next, rest), true)).equals(bytes);
      expect(masks(labelled(next, rest), false)).equals("");
      expect(masks(labelled(next, rest, "fd000001000000000000000000000009"), true)).equals("");
    }
    expect([labelsFlows({}, true), labelsFlows({}, false)]).deep.equals([true, false]);
    expect(labelsFlows({ "net.ipv6.auto_flowlabels": "0" }, true)).equals(false);
  });

  it("leaves frames alone that are cut off anywhere", () => {
    const whole = ipv6("2c", "11000001 89abcdef c0de17c00008abcd");
    for (let end = 0; end <= whole.length; end++) expect(masked(whole.subarray(0, end), OWN)).has.length(end);
  });
});

describe("frames that count once or not at all", () => {
  const sent = (bytes: Uint8Array, dev = "eth0"): SentFrame => ({
    dev,
    bytes,
    masked: bytes,
    time: 0,
    at: 0,
    cause: 0,
  });
  const solicitation = ipv6("3a", "8700 0000 00000000 fd000001000000000000000000000009");

  it("a neighbor solicitation counts once on each port", () => {
    const asked = new AskedOnce();
    expect([asked.counts(sent(solicitation)), asked.counts(sent(solicitation))]).deep.equals([true, false]);
    expect(asked.counts(sent(solicitation, "eth1"))).equals(true);
    expect(asked.counts(sent(ipv6("3a", "8800 0000 00000000")))).equals(true);
  });

  it("reports of multicast groups do not count", () => {
    const asked = new AskedOnce();
    expect(asked.counts(sent(ipv4("02", "1600")))).equals(false);
    expect(asked.counts(sent(ipv6("00", "3a00050200000000 8f000000")))).equals(false);
    expect(asked.counts(sent(ipv6("00", "3a00050200000000 80000000")))).equals(true);
  });
});
