/** Neighbor advertisements that nobody takes anything from (net/ipv6/ndisc.c: ndisc_recv_na). */
import { expect } from "chai";
import { CLIENT6, DIRECTOR_MACS, lab, macOf, SERVER, SERVER6, VIP6 } from "../../../support/lab.ts";
import { ethernet, type Packet } from "../../../support/packet.ts";
import { addressBytes, discovery, icmpv6 } from "../../../support/packet-ipv6.ts";

const ALL_NODES = "ff02::1";
const SOLICITED = 0x40;

describe("a neighbor advertisement", () => {
  const verdictOf = (packet: Packet): string =>
    lab([], { ipv6: true }).receiveFrame(ethernet(DIRECTOR_MACS.eth1 ?? "", macOf(SERVER), packet, 0x86dd), "eth1")
      .verdict;

  it("of a neighbor is taken", () => {
    expect(verdictOf(discovery(`${SERVER6} > ${VIP6}`, 136, SERVER6, { flags: SOLICITED }))).to.equal("delivered");
    expect(verdictOf(discovery(`${SERVER6} > ${ALL_NODES}`, 136, SERVER6))).to.equal("delivered");
  });

  it("of a group is malformed", () => {
    expect(verdictOf(discovery(`${SERVER6} > ${VIP6}`, 136, ALL_NODES))).to.equal("discovery-malformed");
  });

  it("with an option that has no length is malformed", () => {
    const data = Uint8Array.from([...addressBytes(SERVER6), 2, 0, 2, 0, 0, 0, 0, 1]);
    const broken = icmpv6(`${SERVER6} > ${VIP6}`, 136, 0, { data, hops: 255 });
    expect(verdictOf(broken)).to.equal("discovery-malformed");
  });

  it("to all nodes that says it was asked for is malformed", () => {
    const asked = discovery(`${SERVER6} > ${ALL_NODES}`, 136, SERVER6, { flags: SOLICITED });
    expect(verdictOf(asked)).to.equal("discovery-malformed");
  });

  it("of somebody unknown makes no entry", () => {
    expect(verdictOf(discovery(`${SERVER6} > ${VIP6}`, 136, CLIENT6))).to.equal("discovery-not-for-us");
  });
});
