/** An IPv6 packet that a router passes on, and what its trace says. */
import { expect } from "chai";
import { AF_INET6 } from "../../../src/core/wire/address.ts";
import { CLIENT, CLIENT6, DIRECTOR_MACS, lab, macOf, SERVER6 } from "../../support/lab.ts";
import { ethernet } from "../../support/packet.ts";
import { tcp6 } from "../../support/packet-ipv6.ts";

describe("an IPv6 packet to another host", () => {
  it("leaves with a hop limit that is one less, and the trace says so", () => {
    const made = lab([], { ipv6: true });
    const packet = tcp6(`${CLIENT6}:40000 > ${SERVER6}:80`, 2, { hops: 9 });
    const { sent } = made.receiveFrame(ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), packet, 0x86dd));
    expect(sent.map(({ bytes }) => bytes[14 + 7])).to.deep.equal([8]);
    expect(made.events.filter(({ kind }) => kind === "ttl")).to.deep.equal([
      { kind: "ttl", family: AF_INET6, before: 9, after: 8 },
    ]);
  });

  it("whose length is 0 before hop-by-hop options leaves with all the bytes it came with (ip6_rcv_core)", () => {
    const made = lab([], { ipv6: true });
    const padding = [0, 1, 4, 0, 0, 0, 0] as const;
    const packet = tcp6(`${CLIENT6}:40000 > ${SERVER6}:80`, 2, { payloadLength: 0, extensions: [[0, padding]] });
    const { sent } = made.receiveFrame(ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), packet, 0x86dd));
    expect(sent.map(({ bytes }) => bytes.length)).to.deep.equal([14 + packet.bytes.length]);
  });

  it("whose length is 0 before anything else leaves as its header alone", () => {
    const made = lab([], { ipv6: true });
    const packet = tcp6(`${CLIENT6}:40000 > ${SERVER6}:80`, 2, { payloadLength: 0 });
    const { sent } = made.receiveFrame(ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), packet, 0x86dd));
    expect(sent.map(({ bytes }) => bytes.length)).to.deep.equal([14 + 40]);
  });
});
