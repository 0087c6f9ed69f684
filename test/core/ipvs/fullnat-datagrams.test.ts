/** FULLNAT beside TCP: datagrams, fragments, packets that are too long, and ICMP errors both ways. */
import { expect } from "chai";
import fc from "fast-check";
import {
  between,
  carries,
  checksumField,
  dontFragment,
  ends,
  expectFrame,
  expectFrames,
  fragment,
  icmpError,
  length,
  onPort,
  quotes,
  sequence,
  toMac,
} from "tapvs/testing";
import { CLIENT, INSIDE, type Lab, LOCAL, macOf, SERVER, VIP } from "../../support/lab.ts";
import { counting, fragments, icmpAbout, tcp, udp } from "../../support/packet.ts";
import { Seen } from "../../support/seen.ts";
import { delta, fullnat, opened } from "./fullnat-lab.ts";

const DNS = `-u ${VIP}:53`;
const dns = (options = {}): Lab => fullnat({ at: DNS, servers: [`${SERVER}:5353`], ...options });
const QUESTION = `${CLIENT}:40000 > ${VIP}:53`;
const ASKED = `${LOCAL}:5000 > ${SERVER}:5353`;
const ANSWER = `${SERVER}:5353 > ${LOCAL}:5000`;
const ANSWERED = `${VIP}:53 > ${CLIENT}:40000`;

describe("FULLNAT datagrams", () => {
  it("both addresses and both ports change, both ways", () => {
    const made = dns();
    const asked = made.receive(udp(QUESTION, { data: "who?" })).sent;
    expectFrames(asked, [onPort("eth1"), toMac(macOf(SERVER)), ends(ASKED), carries("who?")]);
    const answered = made.receive(udp(ANSWER, { data: "me" })).sent;
    expectFrames(answered, [onPort("eth0"), toMac(macOf(CLIENT)), ends(ANSWERED), carries("me")]);
  });

  it("without a checksum they stay without one", () => {
    const made = dns();
    const [asked] = made.receive(udp(QUESTION, { data: "who?", unchecked: true })).sent;
    expectFrame(asked, ends(ASKED), checksumField(0), carries("who?"));
    const [answered] = made.receive(udp(ANSWER, { data: "me", unchecked: true })).sent;
    expectFrame(answered, ends(ANSWERED), checksumField(0), carries("me"));
  });

  it("with one they never lose it: what comes out as 0 is sent as ffff", () => {
    const made = dns();
    made.receive(udp(QUESTION));
    for (const ends0 of [QUESTION, ANSWER]) {
      const [zeros] = made.receive(udp(ends0, { data: Uint8Array.of(0, 0) })).sent;
      // A word of data that is the checksum of none makes the sum ffff, and its complement 0.
      const word = zeros?.checksum ?? 0;
      const [seen] = made.receive(udp(ends0, { data: Uint8Array.of(word >> 8, word & 255) })).sent;
      expectFrame(seen, checksumField(0xffff));
    }
  });

  it("a question too short for a UDP header ends here", () => {
    const made = dns();
    made.receive(udp(QUESTION));
    const short = udp(QUESTION, { totalLength: 27 }).bytes.slice(0, 27);
    expect(made.receive(short, "eth0").verdict).to.equal("header-truncated");
  });

  it("any data, any length: the checksum is right and the data as it was", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (question, answer) => {
        const made = dns({ silent: true });
        expectFrame(made.receive(udp(QUESTION, { data: question })).sent[0], ends(ASKED), carries(question));
        expectFrame(made.receive(udp(ANSWER, { data: answer })).sent[0], ends(ANSWERED), carries(answer));
      }),
    );
  });
});

describe("FULLNAT fragments", () => {
  it("a fragmented datagram goes through as a whole and leaves in pieces, both ways", () => {
    const made = dns();
    for (const [packet, there] of [
      [udp(QUESTION, { data: counting(1000) }), ASKED],
      [udp(ANSWER, { data: counting(1000, 7) }), ANSWERED],
    ] as const) {
      const pieces = fragments(packet, 400);
      const outcomes = pieces.map((piece) => made.receive(piece));
      expect(outcomes.map(({ verdict }) => verdict)).to.deep.equal(["held", "held", "sent"]);
      const sent = outcomes.flatMap((outcome) => outcome.sent);
      expectFrames(sent, [fragment(0, true)], [fragment(400, true)], [fragment(800, false)]);
      expectFrame(Seen.joined(sent), ends(there), carries(packet.bytes.slice(28)));
    }
  });

  it("pieces in any order and sent twice make the same datagram", () => {
    const made = dns();
    const packet = udp(QUESTION, { data: counting(1000) });
    const [one, two, three] = fragments(packet, 400);
    if (one === undefined || two === undefined || three === undefined) return expect.fail("three pieces");
    const sent = [three, one, one, two].flatMap((piece) => made.receive(piece).sent);
    expectFrame(Seen.joined(sent), ends(ASKED), carries(counting(1000)));
    return undefined;
  });

  it("what is longer than the way allows is cut, if it may be", () => {
    const made = dns({ mtu: [576, 576] });
    const { sent } = made.receive(udp(QUESTION, { data: counting(1000) }));
    expectFrames(sent, [fragment(0, true), length(572)], [fragment(552, false)]);
    expectFrame(Seen.joined(sent), ends(ASKED), carries(counting(1000)));
  });
});

describe("FULLNAT packets that are too long and may not be cut", () => {
  it("of a client: it is told the MTU towards the server, and nothing goes on", () => {
    const made = fullnat({ mtu: [1500, 576] });
    const talk = opened(made);
    const packet = talk.request("P.", { data: counting(600), dontFragment: true });
    const { verdict, sent } = made.receive(packet);
    expect(verdict).to.equal("too-big");
    expectFrames(sent, [
      onPort("eth0"),
      between(`${VIP} > ${CLIENT}`),
      icmpError(3, 4, 576),
      quotes(ends(`${CLIENT}:40000 > ${VIP}:80`)),
    ]);
    expect(Array.from(sent[0]?.inner.packet ?? []), "as it came").to.deep.equal(Array.from(packet.bytes.slice(0, 548)));
  });

  it("of a server: it is told the MTU towards the client, from the local address", () => {
    const made = fullnat({ mtu: [576, 1500] });
    const talk = opened(made);
    const packet = talk.reply("P.", { data: counting(600), dontFragment: true });
    const { verdict, sent } = made.receive(packet);
    expect(verdict).to.equal("too-big");
    expectFrames(sent, [
      onPort("eth1"),
      between(`${LOCAL} > ${SERVER}`),
      icmpError(3, 4, 576),
      quotes(ends(`${talk.server} > ${talk.peer}`)),
    ]);
  });

  it("of a server without DF: it is cut", () => {
    const made = fullnat({ mtu: [576, 1500] });
    const talk = opened(made);
    const { sent } = made.receive(talk.reply("P.", { data: counting(600) }));
    expectFrames(sent, [fragment(0, true), dontFragment(false)], [fragment(552, false), dontFragment(false)]);
    expectFrame(Seen.joined(sent), ends(`${VIP}:80 > ${CLIENT}:40000`), carries(counting(600)));
  });
});

describe("FULLNAT ICMP errors", () => {
  it("of a server about a request: the client sees its own packet, from the virtual address", () => {
    const made = dns();
    const [asked] = made.receive(udp(QUESTION, { data: "who?" })).sent;
    const error = icmpAbout(`${SERVER} > ${LOCAL}`, 3, 3, asked?.packet ?? new Uint8Array());
    const { sent } = made.receive(error);
    expectFrames(sent, [onPort("eth0"), between(`${VIP} > ${CLIENT}`), icmpError(3, 3), quotes(ends(QUESTION))]);
    expect(sent[0]?.inner.problem, "the quoted header's checksum is right").to.not.include("IPv4");
  });

  it("of a router on the way to the server, about a TCP segment: the quoted number is the client's own", () => {
    const made = fullnat({ toa: "dpvs" });
    const talk = opened(made, { clientIsn: 1000 });
    const request = talk.say("P.", { data: counting(100) });
    const error = icmpAbout(`192.168.1.77 > ${LOCAL}`, 3, 4, request.packet, { rest: 1400 });
    const { sent } = made.receive(error);
    expectFrames(sent, [onPort("eth0"), between(`${VIP} > ${CLIENT}`), icmpError(3, 4, 1400)]);
    expectFrame(sent[0], quotes(ends(`${CLIENT}:40000 > ${VIP}:80`), sequence(1001)));
    expect(delta(made)).to.not.equal(0);
  });

  it("that quotes too little for a sequence number is passed on without one", () => {
    const made = fullnat();
    const request = opened(made).say("P.", { data: "x" });
    const { sent } = made.receive(icmpAbout(`${SERVER} > ${LOCAL}`, 11, 0, request.packet, { length: 24 }));
    expectFrames(sent, [icmpError(11, 0), quotes(ends(`${CLIENT}:40000 > ${VIP}:80`))]);
  });

  it("of a client about an answer: the server sees its own packet, from the local address", () => {
    const made = fullnat();
    const talk = opened(made, { serverIsn: 5000 });
    const answer = talk.answer("P.", { data: counting(100) });
    const { sent } = made.receive(icmpAbout(`${CLIENT} > ${VIP}`, 3, 4, answer.packet, { rest: 1400 }));
    expectFrames(sent, [onPort("eth1"), between(`${LOCAL} > ${SERVER}`), icmpError(3, 4, 1400), toMac(macOf(SERVER))]);
    expectFrame(sent[0], quotes(ends(`${talk.server} > ${talk.peer}`), sequence(5001)));
  });

  it("of a router on the way to the client, too", () => {
    const made = fullnat();
    const talk = opened(made);
    const answer = talk.answer("P.", { data: counting(100) });
    const { sent } = made.receive(icmpAbout(`198.51.100.77 > ${VIP}`, 11, 0, answer.packet));
    expectFrames(sent, [
      between(`${LOCAL} > ${SERVER}`),
      icmpError(11, 0),
      quotes(ends(`${talk.server} > ${talk.peer}`)),
    ]);
  });

  it("with a wrong checksum end here, both ways, and neither moves the connection's timer", () => {
    const made = fullnat();
    const talk = opened(made);
    const request = talk.say(".");
    const answer = talk.answer(".");
    made.wait(100);
    const left = made.connections.timers.secondsLeft(0);
    for (const [ends0, quoted] of [
      [`${SERVER} > ${LOCAL}`, request],
      [`${CLIENT} > ${VIP}`, answer],
    ] as const) {
      const { verdict } = made.receive(icmpAbout(ends0, 3, 1, quoted.packet, { error: 1 }));
      expect(verdict).to.equal("icmp-bad-checksum");
      made.receive(icmpAbout(ends0, 3, 1, quoted.packet));
      expect(made.connections.timers.secondsLeft(0)).to.equal(left);
    }
  });

  it("about nobody's packet to the local address are the director's own business", () => {
    const made = fullnat();
    opened(made);
    const stray = tcp(`${LOCAL}:5001 > ${SERVER}:8080`, ".");
    expect(made.receive(icmpAbout(`${SERVER} > ${LOCAL}`, 3, 3, stray)).verdict).to.equal("host-silent");
  });

  it("longer than the way to the server are cut, DF or not, as ICMP errors are by every method", () => {
    const made = fullnat({ mtu: [1500, 576] });
    const answer = opened(made).answer("P.", { data: counting(700) });
    const error = icmpAbout(`${CLIENT} > ${VIP}`, 3, 1, answer.packet, { length: 600, dontFragment: true });
    const { sent } = made.receive(error);
    expectFrames(sent, [fragment(0, true)], [fragment(552, false)]);
    expectFrame(Seen.joined(sent), icmpError(3, 1), between(`${LOCAL} > ${SERVER}`));
  });

  it("for a server without a way to it, or that is the director itself, end here", () => {
    for (const server of ["203.0.113.7:80", `${INSIDE}:80`]) {
      const made = fullnat({ servers: [server] });
      made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
      const answer = tcp(`${VIP}:80 > ${CLIENT}:40000`, "S.");
      const { verdict, sent } = made.receive(icmpAbout(`${CLIENT} > ${VIP}`, 3, 1, answer));
      expect([verdict, sent.length], server).to.deep.equal(["no-route-to-destination", 0]);
    }
  });

  it("the director's own, for a server that does not exist, names the virtual address", () => {
    const made = fullnat({ servers: ["203.0.113.7:80"] });
    const { verdict, sent } = made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    expect(verdict).to.equal("no-route-to-destination");
    expectFrames(sent, [between(`${VIP} > ${CLIENT}`), icmpError(3, 1), quotes(ends(`${CLIENT}:40000 > ${VIP}:80`))]);
  });

  it("a ping of the local address is answered by the director", () => {
    const made = fullnat();
    opened(made);
    const { sent } = made.receive(icmpAbout(`${SERVER} > ${LOCAL}`, 8, 0, counting(56), { length: 56, rest: 7 }));
    expectFrames(sent, [between(`${LOCAL} > ${SERVER}`), icmpError(0, 0, 7)]);
    expect(made.receive(icmpAbout(`${SERVER} > ${INSIDE}`, 8, 0, counting(8), { length: 8 })).verdict).to.equal(
      "delivered",
    );
  });
});
