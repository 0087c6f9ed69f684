/** NAT64: clients of IPv6, real servers of IPv4, and FULLNAT between them. Every frame's lengths and checksums are verified. */
import { expect } from "chai";
import {
  acknowledgement,
  between,
  carries,
  dontFragment,
  ends,
  expectFrame,
  flags,
  icmpError,
  icmpv6Error,
  id,
  length,
  onPort,
  quotes,
  sequence,
  tcpOptions,
  toMac,
  ttl,
} from "tapvs/testing";
import { type Frame, SEGMENT_TCPV4, SEGMENT_TCPV6 } from "../../../src/core/wire/frame.ts";
import { Conversation, type ConversationOptions } from "../../support/conversation.ts";
import { CLIENT, CLIENT6, type Lab, type LabOptions, LOCAL, macOf, SERVER, VIP, VIP6 } from "../../support/lab.ts";
import { onesComplementSum } from "../../support/ones-complement.ts";
import { counting, icmpAbout, udp } from "../../support/packet.ts";
import { addressBytes, datagramIpv6, icmpv6, ipv6 } from "../../support/packet-ipv6.ts";
import { delta, FIRST_PORT, fullnat, MSS, SERVER_PORT, type Toa } from "./fullnat-lab.ts";

const SERVICE6 = `-t [${VIP6}]:80`;
const INSIDE_ENDS = `${LOCAL}:${FIRST_PORT} > ${SERVER}:${SERVER_PORT}`;
const OUTSIDE_ENDS = `[${VIP6}]:80 > [${CLIENT6}]:40000`;
const TOA6 = [254, 20, 0x9c, 0x40, ...addressBytes(CLIENT6)];

const made64 = (options: LabOptions & { readonly toa?: Toa; readonly pool?: readonly string[] } = {}): Lab =>
  fullnat({ ipv6: true, at: SERVICE6, ...options });
const talk64 = (made: Lab, options: ConversationOptions = {}): Conversation =>
  new Conversation(made, { client: `[${CLIENT6}]`, virtual: `[${VIP6}]`, ...options });
const opened64 = (made: Lab): Conversation => talk64(made).open();

describe("NAT64", () => {
  it("handshake, data both ways, close: each side sees its own family", () => {
    const made = made64();
    const talk = talk64(made, { clientIsn: 1000, serverIsn: 5000 });
    const syn = talk.say("S");
    const shift = delta(made);
    expectFrame(syn, onPort("eth1"), toMac(macOf(SERVER)), ends(INSIDE_ENDS), flags("S"), sequence(1000 + shift));
    const synAck = talk.answer("S.");
    expectFrame(synAck, onPort("eth0"), toMac(macOf(CLIENT)), ends(OUTSIDE_ENDS), flags("S."), acknowledgement(1001));
    expectFrame(talk.say("."), ends(INSIDE_ENDS), sequence(1001 + shift), acknowledgement(5001));
    expectFrame(talk.say("P.", { data: "GET" }), carries("GET"), length(20 + 20 + 3));
    expectFrame(talk.answer("P.", { data: counting(1440) }), carries(counting(1440)), length(40 + 20 + 1440));
    expectFrame(talk.say("F."), flags("F."));
    expectFrame(talk.answer("F."), flags("F."));
    talk.say(".");
    expect(made.listing()[0]).to.match(/^TCP TIME_WAIT /);
  });

  it("TOS and traffic class are one; TTL and hop limit are one less, and who has none left is told", () => {
    const talk = talk64(made64());
    expect(expectFrame(talk.say("S", { ttl: 9, tos: 0xb9 }), ttl(8)).tos).to.equal(0xb9);
    expect(expectFrame(talk.answer("S.", { ttl: 7, tos: 0x28 }), ttl(6)).tos).to.equal(0x28);
    const asked = talk.sayTo(".", { ttl: 1 });
    expect(asked.verdict).to.equal("ttl-exceeded");
    expectFrame(asked.sent[0], onPort("eth0"), between(`${VIP6} > ${CLIENT6}`), icmpv6Error(3, 0));
    const answered = talk.lab.receive(talk.reply(".", { ttl: 1 }));
    expectFrame(answered.sent[0], onPort("eth1"), between(`${LOCAL} > ${SERVER}`), icmpError(11, 0));
  });

  it("up to 1260 bytes DF is clear and an identification there; above, DF is set", () => {
    const talk = opened64(made64());
    expectFrame(talk.say("P.", { data: counting(1220) }), length(1260), dontFragment(false));
    expectFrame(talk.say("P.", { data: counting(1221) }), length(1261), dontFragment(true), id(0));
  });

  it("TOA has the client's length in the server's packet, and the MSS leaves room for it", () => {
    const talk = talk64(made64({ toa: "dpvs" }));
    talk.say("S", { tcpOptions: MSS });
    expectFrame(talk.answer("S.", { tcpOptions: MSS }), tcpOptions(2, 4, 0x05, 0xb4 - 20));
    expectFrame(talk.say("."), tcpOptions(...TOA6), length(20 + 20 + 20));
    expectFrame(talk.say("P.", { data: counting(1440) }), tcpOptions(...TOA6), length(1500));
  });

  it("a request may be 20 bytes longer than the way to the server carries", () => {
    const talk = opened64(made64({ mtu: [1500, 1400] }));
    expectFrame(talk.say("P.", { data: counting(1360) }), length(1400));
    const { verdict, sent } = talk.sayTo("P.", { data: counting(1361) });
    expect(verdict).to.equal("too-big");
    expectFrame(sent[0], between(`${VIP6} > ${CLIENT6}`), icmpv6Error(2, 0, 1420));
  });

  it("1280 bytes always go: in pieces, if need be", () => {
    const talk = opened64(made64({ mtu: [1500, 576] }));
    const { verdict, sent } = talk.sayTo("P.", { data: counting(1220) });
    expect([verdict, sent.length]).to.deep.equal(["sent", 3]);
    expect(talk.sayTo("P.", { data: counting(1221) }).verdict).to.equal("too-big");
  });

  it("an answer with DF that becomes too long earns fragmentation needed, 20 less; without DF it is cut", () => {
    const talk = opened64(made64());
    const answer = (bytes: number, uncut: boolean) =>
      talk.lab.receive(talk.reply("P.", { data: counting(bytes), dontFragment: uncut }));
    expectFrame(answer(1440, true).sent[0], length(1500));
    const refused = answer(1441, true);
    expect(refused.verdict).to.equal("too-big");
    expectFrame(refused.sent[0], between(`${LOCAL} > ${SERVER}`), icmpError(3, 4, 1480));
    const pieces = answer(1441, false).sent;
    expect(pieces.map(({ isFragment, packet }) => [isFragment, packet.length <= 1500])).to.deep.equal([
      [true, true],
      [true, true],
    ]);
  });

  it("IPv4 options and IPv6 extension headers end at the director", () => {
    const talk = opened64(made64());
    expectFrame(talk.answer("P.", { data: "x", options: [1, 1, 1, 1] }), length(40 + 20 + 1), carries("x"));
    const [from, to] = [CLIENT6, VIP6];
    const segment = talk.request("P.", { data: "abc" }).bytes.slice(40);
    const extended = ipv6(`${from} > ${to}`, 6, segment, { extensions: [[60, [0, 1, 4, 0, 0, 0, 0]]] });
    expectFrame(talk.lab.receive(extended).sent[0], ends(INSIDE_ENDS), length(43), carries("abc"));
  });

  it("UDP: an answer without a checksum gets one, for IPv6 asks for it", () => {
    const at = `-u [${VIP6}]:53`;
    const made = fullnat({ ipv6: true, at, servers: [`${SERVER}:53`] });
    const query = ipv6(
      `${CLIENT6} > ${VIP6}`,
      17,
      datagramIpv6(`${CLIENT6} > ${VIP6}`, [40000, 53], Uint8Array.of(1, 2, 3)),
    );
    expectFrame(made.receive(query).sent[0], ends(`${LOCAL}:${FIRST_PORT} > ${SERVER}:53`), carries("\x01\x02\x03"));
    for (const unchecked of [false, true]) {
      const answer = udp(`${SERVER}:53 > ${LOCAL}:${FIRST_PORT}`, { data: "answer", unchecked });
      expectFrame(made.receive(answer).sent[0], ends(`[${VIP6}]:53 > [${CLIENT6}]:40000`), carries("answer"));
    }
  });

  /** Makes of a TCP packet one frame of many segments. */
  const asSegments =
    (segmentType: number, transport: number, size = 1400) =>
    (frame: Frame): void => {
      frame.segmentSize = size;
      frame.segmentType = segmentType;
      frame.checksumStart = transport;
      frame.checksumOffset = 16;
      const packet = frame.bytes.subarray(frame.start + 14, frame.end);
      const addresses = segmentType === SEGMENT_TCPV6 ? packet.subarray(8, 40) : packet.subarray(12, 20);
      const length = frame.end - frame.start - transport;
      const pseudo = onesComplementSum(addresses, Uint8Array.of(0, 6, length >> 8, length & 255));
      frame.view.setUint16(frame.start + transport + 16, pseudo);
    };

  it("a request in one frame of many segments leaves as one of IPv4", () => {
    const talk = opened64(made64());
    const request = talk.request("P.", { data: counting(3000) });
    const { sent } = talk.lab.receive(request, "eth0", asSegments(SEGMENT_TCPV6, 54));
    const frame = expectFrame(sent[0], ends(INSIDE_ENDS), length(20 + 20 + 3000), dontFragment(true));
    expect([frame.segmentType, frame.segmentSize]).to.deep.equal([SEGMENT_TCPV4, 1400]);
  });

  it("an answer in one frame of many segments leaves as one of IPv6", () => {
    const talk = opened64(made64());
    const answer = talk.reply("P.", { data: counting(3000) });
    const { sent } = talk.lab.receive(answer, "eth1", asSegments(SEGMENT_TCPV4, 34));
    const frame = expectFrame(sent[0], ends(OUTSIDE_ENDS), length(40 + 20 + 3000));
    expect([sent.length, frame.segmentType, frame.segmentSize]).to.deep.equal([1, SEGMENT_TCPV6, 1400]);
  });

  it("an answer whose segments are too long is cut: its sender hears of it, or each leaves in fragments", () => {
    const long = (dontFragment: boolean) => {
      const talk = opened64(made64());
      const answer = talk.reply("P.", { data: counting(2900), dontFragment });
      return talk.lab.receive(answer, "eth1", asSegments(SEGMENT_TCPV4, 34, 1450));
    };
    const refused = long(true);
    expect(refused.verdict).to.equal("too-big");
    expectFrame(refused.sent[0], between(`${LOCAL} > ${SERVER}`), icmpError(3, 4, 1480));
    expect(long(false).sent.map(({ bytes }) => bytes[14 + 6])).to.deep.equal([44, 44, 44, 44]);
  });

  it("ICMP errors about a request become ICMPv6 errors to the client, who finds its own packet in them", () => {
    for (const [type, code, rest, seen] of [
      [3, 4, 1400, [2, 0, 1420]],
      [3, 3, 0, [1, 4, 0]],
      [3, 1, 0, [1, 0, 0]],
      [3, 13, 0, [1, 1, 0]],
      [11, 0, 0, [3, 0, 0]],
    ] as const) {
      const talk = opened64(made64());
      const request = talk.say("P.", { data: "GET" });
      const error = icmpAbout(`192.168.1.3 > ${LOCAL}`, type, code, request.packet.slice(), { rest, length: 43 });
      expectFrame(
        talk.lab.receive(error).sent[0],
        onPort("eth0"),
        between(`${VIP6} > ${CLIENT6}`),
        icmpv6Error(seen[0], seen[1], seen[2]),
        quotes(ends(`[${CLIENT6}]:40000 > [${VIP6}]:80`), sequence(talk.clientNext - 3), length(40 + 20 + 3)),
      );
    }
  });

  it("ICMPv6 errors about an answer become ICMP errors to the server, who finds its own packet in them", () => {
    for (const [type, code, rest, seen] of [
      [2, 0, 1400, [3, 4, 1380]],
      [1, 4, 0, [3, 3, 0]],
      [1, 1, 0, [3, 10, 0]],
      [1, 0, 0, [3, 1, 0]],
      [3, 0, 0, [11, 0, 0]],
    ] as const) {
      const talk = opened64(made64());
      const answer = talk.answer("P.", { data: counting(100) });
      const error = icmpv6(`${CLIENT6} > ${VIP6}`, type, code, { rest, data: answer.packet.slice() });
      expectFrame(
        talk.lab.receive(error).sent[0],
        onPort("eth1"),
        between(`${LOCAL} > ${SERVER}`),
        icmpError(seen[0], seen[1], seen[2]),
        quotes(ends(`${SERVER}:${SERVER_PORT} > ${LOCAL}:${FIRST_PORT}`), length(20 + 20 + 100)),
      );
    }
  });

  it("an error without a counterpart in the other family ends at the director", () => {
    const talk = opened64(made64());
    const answer = talk.answer("P.", { data: counting(10) });
    const error = icmpv6(`${CLIENT6} > ${VIP6}`, 4, 0, { rest: 6, data: answer.packet.slice() });
    expect(talk.lab.receive(error).sent).to.deep.equal([]);
    const request = talk.say("P.", { data: "GET" });
    const quench = icmpAbout(`${SERVER} > ${LOCAL}`, 4, 0, request.packet.slice());
    expect(talk.lab.receive(quench).sent).to.deep.equal([]);
  });

  it("of a mixed pool each server gets a local address of its family; the other way round nothing is allowed", () => {
    const made = made64({ pool: ["2001:db8:2::101", LOCAL, "2001:db8:2::102"] });
    for (const port of [40000, 40001]) {
      expect(talk64(made, { port }).say("S").source).to.equal(LOCAL);
    }
    expect(() => made64({ pool: ["2001:db8:2::101"] }).ipvsadm(`-a -t ${VIP}:80 -r [2001:db8:2::2]:80 -b`)).to.throw();
    const four = fullnat({ ipv6: true });
    expect(() => four.ipvsadm(`-P -t ${VIP}:80 -z 2001:db8:2::101`)).to.throw();
    expect(() => four.ipvsadm(`-a -t ${VIP}:80 -r [2001:db8:2::2]:80 -b`)).to.throw(/Different address family/);
    const none = made64({ pool: ["2001:db8:2::101"] });
    expect(talk64(none).sayTo("S").verdict).to.equal("no-local-port");
  });

  it("what -S writes makes the same rules", () => {
    const made = made64();
    const saved = made.ipvsadm("-S -n");
    made.ipvsadm("-C");
    for (const line of saved.trim().split("\n")) made.ipvsadm(line);
    expect(made.ipvsadm("-S -n")).to.equal(saved);
    expectFrame(talk64(made).say("S"), ends(INSIDE_ENDS));
  });
});
