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
});
