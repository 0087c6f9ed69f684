/** What the director says for itself: echoes, resets, errors. */
import { expect } from "chai";
import {
  acknowledgement,
  between,
  dontFragment,
  ends,
  expectFrame,
  expectFrames,
  flags,
  icmpError,
  id,
  length,
  sequence,
  tos,
  ttl,
} from "tapvs/testing";
import { CLIENT, DIRECTOR, FAR_CLIENT, INSIDE, lab, macOf, SERVER } from "../../support/lab.ts";
import { counting, ethernet, icmp, icmpAbout, ipv4, tcp, udp } from "../../support/packet.ts";

const ACROSS = `${FAR_CLIENT}:1 > ${SERVER}:2`;

describe("the host's own words", () => {
  it("a ping is answered with the same data, TOS and rest, from the address that was pinged", () => {
    const ping = icmp(`${CLIENT} > ${INSIDE}`, 8, 0, { rest: 0x00070001, data: counting(100), tos: 0x2f });
    const [pong] = lab().receive(ping).sent;
    expectFrame(
      pong,
      between(`${INSIDE} > ${CLIENT}`),
      icmpError(0, 0, 0x00070001),
      tos(0x2f),
      ttl(64),
      dontFragment(false),
    );
    expect(pong?.payload.slice(8)).to.deep.equal(counting(100));
    const silent = lab([], { sysctl: { "net.ipv4.icmp_echo_ignore_all": 1 } });
    expect(silent.receive(ping).verdict).to.equal("host-silent");
    expect(lab().receive(icmp(`${CLIENT} > ${INSIDE}`, 8, 0, { error: 5 })).verdict).to.equal("host-checksum");
  });

  it("a ping in fragments is answered in fragments", () => {
    const made = lab([], { mtu: [576, 1500] });
    const ping = icmp(`${CLIENT} > ${DIRECTOR}`, 8, 0, { data: counting(1000) });
    const { sent } = made.receive(ping);
    expect(sent).to.have.length(2);
  });

  it("a segment for a closed port is reset as RFC 9293 says (section 3.10.7.1)", () => {
    const reset = (letters: string, fields = {}) =>
      lab().receive(tcp(`${CLIENT}:40000 > ${DIRECTOR}:22`, letters, { sequence: 1000, ...fields })).sent;
    const header = [ends(`${DIRECTOR}:22 > ${CLIENT}:40000`), id(0), dontFragment(true), ttl(64), length(40)];
    expectFrames(reset("S"), [...header, flags("R."), sequence(0), acknowledgement(1001)]);
    expectFrames(reset("F", { data: "abc" }), [...header, flags("R."), sequence(0), acknowledgement(1004)]);
    expectFrames(reset("", { data: "abc" }), [...header, flags("R."), acknowledgement(1003)]);
    expectFrames(reset("S", { sequence: 0xffffffff }), [...header, acknowledgement(0)]);
    expectFrames(reset(".", { acknowledgement: 777 }), [...header, flags("R"), sequence(777), acknowledgement(0)]);
    expectFrames(reset("S.", { acknowledgement: 777, tos: 0xff }), [...header, flags("R"), tos(0xfc)]);
    expect(reset("R")).to.have.length(0);
    expect(reset("R.")).to.have.length(0);
    expect(reset("S", { error: 1 })).to.have.length(0);
  });

  it("a datagram for a closed port earns port unreachable, if its checksum is right", () => {
    const told = (fields = {}) =>
      lab().receive(udp(`${CLIENT}:1 > ${DIRECTOR}:9`, { data: "abc", ...fields })).sent.length;
    expect([
      told(),
      told({ unchecked: true }),
      told({ error: 1 }),
      told({ length: 7 }),
      told({ length: 12 }),
    ]).to.deep.equal([1, 1, 0, 0, 0]);
  });

  it("a protocol that the host does not speak is refused", () => {
    const answer = (protocol: number, bytes = 20) => {
      const { verdict, sent } = lab().receive(ipv4(`${CLIENT} > ${DIRECTOR}`, protocol, counting(bytes)));
      return [verdict, sent[0]?.icmpType, sent[0]?.icmpCode];
    };
    expect(answer(253)).to.deep.equal(["delivered", 3, 2]);
    expect(answer(4)).to.deep.equal(["delivered", 3, 3]);
    expect(answer(4, 19)).to.deep.equal(["host-truncated", undefined, undefined]);
    expect(answer(2)).to.deep.equal(["host-checksum", undefined, undefined]);
  });

  it("an error keeps the offender's TOS but its lowest bit, and 548 bytes of it at most", () => {
    for (const [asked, told] of [
      [0x00, 0xc0],
      [0x1f, 0xde],
      [0xff, 0xde],
      [0x01, 0xc0],
      [0x03, 0xc2],
    ] as const) {
      const { sent } = lab().receive(udp(`${CLIENT}:1 > ${DIRECTOR}:9`, { tos: asked, data: counting(800) }));
      expectFrames(sent, [tos(told), length(576), icmpError(3, 3)]);
    }
  });

  it("nothing is told about errors, unknown messages, later fragments, broadcasts, and frames for everybody", () => {
    const made = lab();
    const quiet = [
      icmpAbout(`${CLIENT} > ${SERVER}`, 3, 1, udp(ACROSS), { ttl: 1 }),
      icmpAbout(`${CLIENT} > ${SERVER}`, 6, 0, udp(ACROSS), { ttl: 1 }),
      icmpAbout(`${CLIENT} > ${SERVER}`, 19, 0, udp(ACROSS), { ttl: 1 }),
      ipv4(`${CLIENT} > ${SERVER}`, 17, counting(20), { ttl: 1, offset: 8 }),
      udp(`${CLIENT}:1 > 198.51.100.255:9`),
    ];
    for (const packet of quiet) expect(made.receive(packet).sent, `${packet}`).to.have.length(0);
    const everybody = ethernet("ff:ff:ff:ff:ff:ff", macOf(CLIENT), udp(`${CLIENT}:1 > ${DIRECTOR}:9`));
    expect(made.receiveFrame(everybody).sent).to.have.length(0);
    expect(made.receive(icmp(`${CLIENT} > ${SERVER}`, 8, 0, { ttl: 1 })).sent, "a ping may be").to.have.length(1);
  });
});
