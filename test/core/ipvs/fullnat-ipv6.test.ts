/** FULLNAT in IPv6: the same as in IPv4, but for what a longer address changes. Every frame's checksums are verified. */
import { expect } from "chai";
import fc from "fast-check";
import {
  acknowledgement,
  between,
  carries,
  ends,
  expectFrame,
  flags,
  icmpv6Error,
  length,
  onPort,
  quotes,
  sequence,
  tcpOptions,
  toMac,
  ttl,
  wrong,
} from "tapvs/testing";
import { Conversation, type ConversationOptions } from "../../support/conversation.ts";
import { CLIENT, CLIENT6, type Lab, type LabOptions, macOf, SERVER, SERVER6, VIP6 } from "../../support/lab.ts";
import { counting } from "../../support/packet.ts";
import { addressBytes, discovery, icmpv6 } from "../../support/packet-ipv6.ts";
import { delta, FIRST_PORT, fullnat, hasToa, MSS, SERVER_PORT, type Toa } from "./fullnat-lab.ts";

const SERVICE6 = `-t [${VIP6}]:80`;
/** No interface has it: `-P` alone makes it the director's. */
const LOCAL6 = "2001:db8:2::101";
const INSIDE_ENDS = `[${LOCAL6}]:${FIRST_PORT} > [${SERVER6}]:${SERVER_PORT}`;
const OUTSIDE_ENDS = `[${VIP6}]:80 > [${CLIENT6}]:40000`;
/** Kind 254, length 20, port 40000, 2001:db8:1::1. */
const TOA6 = [254, 20, 0x9c, 0x40, ...addressBytes(CLIENT6)];

const made6 = (options: LabOptions & { readonly toa?: Toa } = {}): Lab =>
  fullnat({ ipv6: true, at: SERVICE6, pool: [LOCAL6], servers: [`[${SERVER6}]:${SERVER_PORT}`], ...options });
const talk6 = (made: Lab, options: ConversationOptions = {}): Conversation =>
  new Conversation(made, { client: `[${CLIENT6}]`, virtual: `[${VIP6}]`, ...options });
const opened6 = (made: Lab, options: ConversationOptions = {}): Conversation => talk6(made, options).open();

describe("FULLNAT in IPv6", () => {
  it("handshake, data both ways, close: each side sees its own addresses and its own numbers", () => {
    const made = made6();
    const talk = talk6(made, { clientIsn: 1000, serverIsn: 5000 });
    const syn = talk.say("S");
    const shift = delta(made);
    expect(shift).to.not.equal(0);
    expectFrame(syn, onPort("eth1"), toMac(macOf(SERVER)), ends(INSIDE_ENDS), sequence(1000 + shift), ttl(64));
    const synAck = talk.answer("S.");
    expectFrame(synAck, onPort("eth0"), toMac(macOf(CLIENT)), ends(OUTSIDE_ENDS), acknowledgement(1001));
    expectFrame(talk.say("."), ends(INSIDE_ENDS), flags("."), sequence(1001 + shift), acknowledgement(5001));
    expectFrame(talk.say("P.", { data: "GET / HTTP/1.0\r\n\r\n" }), carries("GET / HTTP/1.0\r\n\r\n"));
    const reply = talk.answer("P.", { data: counting(1440) });
    expectFrame(reply, flags("P."), sequence(5001), acknowledgement(1019), carries(counting(1440)));
    expectFrame(talk.say("F."), flags("F."), sequence(1019 + shift));
    expectFrame(talk.answer("F."), flags("F."), acknowledgement(1020));
    talk.say(".");
    expect(made.listing()[0]).to.match(/^TCP TIME_WAIT /);
  });

  it("hop limit and traffic class stay in both directions", () => {
    const talk = talk6(made6());
    expect(expectFrame(talk.say("S", { ttl: 1, tos: 0xb9 }), ttl(1)).tos).to.equal(0xb9);
    expect(expectFrame(talk.answer("S.", { ttl: 1, tos: 0x28 }), ttl(1)).tos).to.equal(0x28);
  });

  it("TOA is 20 bytes long, and the MSS that the client hears leaves room for it", () => {
    const made = made6({ toa: "dpvs" });
    const talk = talk6(made);
    expectFrame(talk.say("S", { tcpOptions: MSS }), tcpOptions(...MSS));
    expectFrame(talk.answer("S.", { tcpOptions: MSS }), tcpOptions(2, 4, 0x05, 0xb4 - 20));
    expectFrame(talk.say("."), tcpOptions(...TOA6));
    const request = talk.say("P.", { tcpOptions: [1, 1, 1, 1], data: counting(500) });
    expectFrame(request, tcpOptions(...TOA6, 1, 1, 1, 1), carries(counting(500)), length(40 + 20 + 20 + 4 + 500));
    talk.answer("P.", { data: "200" });
    expect(hasToa(talk.say("."))).to.equal(false);
  });

  it("TOA goes in as long as header and way have room for it", () => {
    for (const [options, data, fits] of [
      [20, 10, true],
      [24, 10, false],
      [0, 1420, true],
      [0, 1421, false],
    ] as const) {
      const asked = new Array<number>(options).fill(1);
      const seen = opened6(made6({ toa: "dpvs" })).say("P.", { tcpOptions: asked, data: counting(data) });
      expectFrame(seen, tcpOptions(...(fits ? [...TOA6, ...asked] : asked)), carries(counting(data)));
    }
  });

  it("a wrong checksum stays wrong by the same amount, a right one right, whatever is sent", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 30 }),
        fc.nat(0xffffffff),
        fc.constantFrom(0, 1, 0x1234, 0xfffe),
        (data, clientIsn, error) => {
          const talk = opened6(made6({ toa: "dpvs", silent: true }), { clientIsn });
          const check = error === 0 ? [] : [wrong("tcp checksum")];
          const asked = expectFrame(talk.say("P.", { data, error }), ...check, carries(data));
          const answered = expectFrame(talk.answer("P.", { data, error }), ...check, carries(data));
          if (error !== 0) for (const seen of [asked, answered]) expect(seen.checksumError).to.equal(error);
        },
      ),
    );
  });

  it("a request too big for the way to the server: packet too big to the client; an answer, to the server", () => {
    const talk = opened6(made6({ mtu: [1500, 1400] }));
    const { verdict, sent } = talk.sayTo("P.", { data: counting(1400) });
    expect(verdict).to.equal("too-big");
    expectFrame(sent[0], onPort("eth0"), between(`${VIP6} > ${CLIENT6}`), icmpv6Error(2, 0, 1400));
    const back = opened6(made6({ mtu: [1400, 1500] }));
    const refused = back.lab.receive(back.reply("P.", { data: counting(1400) }));
    expect(refused.verdict).to.equal("too-big");
    expectFrame(refused.sent[0], onPort("eth1"), between(`${LOCAL6} > ${SERVER6}`), icmpv6Error(2, 0, 1400));
  });

  it("an ICMPv6 error about a request reaches the client, who finds its own packet and number in it", () => {
    const made = made6();
    const talk = opened6(made);
    const request = talk.say("P.", { data: "GET" });
    const quoted = request.packet.slice();
    const error = icmpv6("2001:db8:2::3 > 2001:db8:2::101", 1, 4, { data: quoted });
    const { verdict, sent } = made.receive(error);
    expect(verdict).to.equal("sent");
    expectFrame(
      sent[0],
      onPort("eth0"),
      between(`${VIP6} > ${CLIENT6}`),
      icmpv6Error(1, 4),
      quotes(ends(`[${CLIENT6}]:40000 > [${VIP6}]:80`), sequence(talk.clientNext - 3)),
    );
  });

  it("an ICMPv6 error about an answer reaches the server, who finds its own packet in it", () => {
    const made = made6();
    const talk = opened6(made);
    const answer = talk.answer("P.", { data: counting(1000) });
    const error = icmpv6(`${CLIENT6} > ${VIP6}`, 2, 0, { rest: 1280, data: answer.packet.slice() });
    expectFrame(
      made.receive(error).sent[0],
      onPort("eth1"),
      between(`${LOCAL6} > ${SERVER6}`),
      icmpv6Error(2, 0, 1280),
      quotes(ends(`[${SERVER6}]:${SERVER_PORT} > [${LOCAL6}]:${FIRST_PORT}`)),
    );
  });

  it("an ICMPv6 error with a wrong checksum goes nowhere", () => {
    const made = made6();
    const request = opened6(made).say("P.", { data: "GET" });
    const error = icmpv6(`${SERVER6} > ${LOCAL6}`, 1, 4, { data: request.packet.slice(), error: 1 });
    expect(made.receive(error)).to.deep.equal({ verdict: "icmp-bad-checksum", sent: [] });
  });

  it("neighbors find a local address that nobody configured but -P, until -Q takes it away", () => {
    const made = made6();
    const ask = discovery(`${SERVER6} > ff02::1:ff00:101`, 135, LOCAL6, { mac: macOf(SERVER) });
    expectFrame(made.receive(ask).sent[0], onPort("eth1"), icmpv6Error(136, 0, 0xe0000000));
    made.ipvsadm(`-Q ${SERVICE6} -z ${LOCAL6}`);
    expect(made.receive(ask).sent).to.deep.equal([]);
  });

  it("-G lists the pool, -S writes it, and what -S writes makes the same rules", () => {
    const made = made6({ toa: "dpvs" });
    expect(made.ipvsadm("-G")).to.contain(LOCAL6);
    const saved = made.ipvsadm("-S -n");
    expect(saved).to.contain(`-P -t [${VIP6}]:80 -z ${LOCAL6}`);
    made.ipvsadm("-C");
    for (const line of saved.trim().split("\n")) made.ipvsadm(line);
    expect(made.ipvsadm("-S -n")).to.equal(saved);
    expectFrame(talk6(made).say("S"), ends(INSIDE_ENDS));
  });
});
