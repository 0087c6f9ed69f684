/** Whole conversations through FULLNAT: who sees which addresses, ports and numbers. Every frame's checksums are verified. */
import { expect } from "chai";
import fc from "fast-check";
import {
  acknowledgement,
  carries,
  ends,
  expectFrame,
  flags,
  onPort,
  sequence,
  tcpOptions,
  toMac,
  ttl,
  wrong,
} from "tapvs/testing";
import { Conversation } from "../../support/conversation.ts";
import { CLIENT, CLIENT2, FAR_CLIENT, LOCAL, lab, macOf, SERVER, SERVER2, VIP } from "../../support/lab.ts";
import { counting, flagsOf, tcp } from "../../support/packet.ts";
import { delta, FIRST_PORT, fullnat, opened, SERVER_PORT, SERVICE } from "./fullnat-lab.ts";

const INSIDE_ENDS = `${LOCAL}:${FIRST_PORT} > ${SERVER}:${SERVER_PORT}`;
const OUTSIDE_ENDS = `${VIP}:80 > ${CLIENT}:40000`;

describe("FULLNAT conversation", () => {
  it("numbers that the director chooses depend on whole microseconds, as a transcript has them", () => {
    const chosenAt = (microseconds: number): number => {
      const made = fullnat();
      made.director.advance(microseconds);
      new Conversation(made, { clientIsn: 1000, serverIsn: 5000 }).say("S");
      return delta(made);
    };
    expect(chosenAt(0.001992 * 1e6)).equals(chosenAt(1992));
    expect(chosenAt(1992.3)).equals(chosenAt(1992));
    expect(chosenAt(1996)).not.equals(chosenAt(1992));
  });

  it("handshake, data both ways, close: each side sees its own addresses and its own numbers", () => {
    const made = fullnat();
    const talk = new Conversation(made, { clientIsn: 1000, serverIsn: 5000 });
    const syn = talk.say("S");
    const shift = delta(made);
    expectFrame(
      syn,
      onPort("eth1"),
      toMac(macOf(SERVER)),
      ends(INSIDE_ENDS),
      flags("S"),
      sequence(1000 + shift),
      ttl(64),
    );
    const synAck = talk.answer("S.");
    expectFrame(
      synAck,
      onPort("eth0"),
      toMac(macOf(CLIENT)),
      ends(OUTSIDE_ENDS),
      flags("S."),
      sequence(5000),
      acknowledgement(1001),
    );
    expectFrame(talk.say("."), ends(INSIDE_ENDS), flags("."), sequence(1001 + shift), acknowledgement(5001));
    const request = talk.say("P.", { data: "GET / HTTP/1.0\r\n\r\n" });
    expectFrame(request, flags("P."), sequence(1001 + shift), acknowledgement(5001), carries("GET / HTTP/1.0\r\n\r\n"));
    const reply = talk.answer("P.", { data: counting(1460) });
    expectFrame(reply, flags("P."), sequence(5001), acknowledgement(1019), carries(counting(1460)));
    expectFrame(talk.say("F."), flags("F."), sequence(1019 + shift), acknowledgement(6461));
    expectFrame(talk.answer("F."), flags("F."), sequence(6461), acknowledgement(1020));
    expectFrame(talk.say("."), flags("."), sequence(1020 + shift), acknowledgement(6462));
    expect(made.listing()).to.deep.equal([`TCP TIME_WAIT ${CLIENT}:40000 ${VIP}:80 ${SERVER}:${SERVER_PORT}`]);
  });

  it("the director chooses the sequence number that the server sees", () => {
    const made = fullnat();
    expect(new Conversation(made).say("S").sequence).to.not.equal(1000);
    expect(delta(made)).to.not.equal(0);
  });

  it("a SYN that is sent again keeps its number; a new connection gets another", () => {
    const made = fullnat();
    const first = made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S")).sent[0];
    made.wait(1);
    const again = made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S")).sent[0];
    expect(again?.sequence).to.equal(first?.sequence);
    expect(again?.ends).to.equal(first?.ends);
    const other = made.receive(tcp(`${CLIENT}:40001 > ${VIP}:80`, "S")).sent[0];
    expect(other?.sequence).to.not.equal(first?.sequence);
  });

  it("a local port used again begins higher than before, so that the server takes it for a new connection", () => {
    const made = fullnat({ sysctl: { fullnat_lport_min: 5000, fullnat_lport_max: 5000 } });
    const numbers: number[] = [];
    for (let round = 0; round < 4; round++) {
      const talk = new Conversation(made, { port: 40000 + round, clientIsn: 77 });
      numbers.push(talk.say("S").sequence);
      talk.answer("R.");
      made.wait(20);
      expect(made.listing()).to.deep.equal([]);
    }
    const steps = numbers.slice(1).map((number, index) => (number - (numbers[index] ?? 0)) >>> 0);
    for (const step of steps) expect(step, "in units of 4 µs").to.equal(20e6 / 4);
  });

  it("numbers wrap around at 2^32 in both directions", () => {
    const made = fullnat();
    const talk = new Conversation(made, { clientIsn: 0xffffffff, serverIsn: 0xfffffffe });
    talk.open();
    const shift = delta(made);
    for (const length of [1, 2, 1000]) {
      const before = talk.clientNext;
      expectFrame(talk.say("P.", { data: counting(length) }), sequence(before + shift));
      expectFrame(talk.answer("P.", { data: counting(length) }), acknowledgement(before + length));
    }
  });

  it("several clients on one local address: each gets its own answers and nobody else's", () => {
    const made = fullnat();
    const talks = [CLIENT, CLIENT2, FAR_CLIENT].flatMap((client) =>
      [40000, 40001].map((port, index) => new Conversation(made, { client, port, clientIsn: index * 7_000_000 })),
    );
    for (const talk of talks) talk.say("S");
    expect(talks.map(({ peer }) => peer)).to.deep.equal(talks.map((_, index) => `${LOCAL}:${FIRST_PORT + index}`));
    for (const talk of talks) talk.answer("S.");
    for (const talk of [...talks].reverse()) talk.say(".");
    for (const [index, talk] of talks.entries()) {
      talk.say("P.", { data: `I am ${index}` });
      const answer = talk.answer("P.", { data: `you are ${index}` });
      expectFrame(
        answer,
        ends(`${VIP}:80 > ${talk.client}:${talk.port}`),
        acknowledgement(talk.clientNext),
        carries(`you are ${index}`),
      );
      expectFrame(answer, toMac(macOf(talk.client)));
    }
    expect(made.counts(SERVER)).to.equal("6/0");
  });

  it("a local port serves several real servers at once", () => {
    const servers = [`${SERVER}:${SERVER_PORT}`, `${SERVER2}:${SERVER_PORT}`];
    const made = fullnat({ servers, sysctl: { fullnat_lport_min: 6000, fullnat_lport_max: 6000 } });
    const [one, two] = [40000, 40001].map((port) => opened(made, { port }));
    expect([one?.peer, two?.peer]).to.deep.equal([`${LOCAL}:6000`, `${LOCAL}:6000`]);
    expect(new Set([one?.server, two?.server]).size).to.equal(2);
    expectFrame(one?.answer("P.", { data: "one" }), ends(`${VIP}:80 > ${CLIENT}:40000`));
    expectFrame(two?.answer("P.", { data: "two" }), ends(`${VIP}:80 > ${CLIENT}:40001`));
  });

  it("a reset of the server reaches the client, with or without an acknowledgement", () => {
    const made = fullnat();
    const refused = new Conversation(made, { clientIsn: 1000 });
    refused.say("S");
    expectFrame(refused.answer("R.", { sequence: 0 }), flags("R."), sequence(0), acknowledgement(1001));
    const cut = opened(made, { port: 40001 });
    expectFrame(cut.answer("R"), flags("R"), acknowledgement(0));
  });

  it("a reset of the client has the number that the server knows", () => {
    const made = fullnat();
    const talk = opened(made);
    const next = talk.clientNext;
    expectFrame(talk.say("R"), flags("R"), sequence(next + delta(made)));
  });

  it("edges of SACK blocks are shifted back, whatever stands around them", () => {
    const made = fullnat();
    const talk = opened(made);
    const shift = delta(made);
    const edge = (value: number): number[] =>
      [value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 255);
    const seen = (value: number): number[] => edge((value + shift) >>> 0);
    for (const before of [[1, 1], [1], [], [8, 10, 1, 2, 3, 4, 5, 6, 7, 8]]) {
      const blocks = [2000, 3000, 0, 0xffffffff];
      const padding = new Array((4 - ((before.length + 18) % 4)) % 4).fill(1);
      const asked = [...before, 5, 18, ...blocks.flatMap(seen), ...padding];
      const got = [...before, 5, 18, ...blocks.flatMap(edge), ...padding];
      expectFrame(talk.answer(".", { tcpOptions: asked }), tcpOptions(...got));
    }
  });

  it("SACK blocks of the client are about the server's numbers and stay", () => {
    const talk = opened(fullnat());
    const sack = [1, 1, 5, 10, 0, 0, 20, 0, 0, 0, 30, 0];
    expectFrame(talk.say(".", { tcpOptions: sack }), tcpOptions(...sack));
  });

  it("the TTL stays, even where it is 1", () => {
    const made = fullnat();
    const talk = new Conversation(made);
    expectFrame(talk.say("S", { ttl: 1 }), ttl(1));
    expectFrame(talk.answer("S.", { ttl: 1 }), ttl(1));
  });

  it("a wrong checksum stays wrong by the same amount, a right one right, whatever is sent", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 30 }),
        fc.nat(0xffffffff),
        fc.nat(0xffff),
        fc.constantFrom(0, 1, 0x1234, 0xfffe),
        fc.constantFrom("P.", ".", "F.", "PU."),
        (data, clientIsn, urgent, error, letters) => {
          const made = fullnat({ toa: "dpvs", silent: true });
          const talk = opened(made, { clientIsn });
          const fields = { data, urgent, error };
          const check = error === 0 ? [] : [wrong("tcp checksum")];
          const asked = expectFrame(talk.say(letters, fields), ...check, carries(data));
          const answered = expectFrame(talk.answer(letters, fields), ...check, carries(data));
          if (error === 0) return;
          for (const seen of [asked, answered]) expect(seen.checksumError).to.equal(error);
        },
      ),
    );
  });

  it("answers find their way when nobody configured the local address but -P", () => {
    const bare = "192.168.1.150";
    const made = fullnat({ pool: [bare] });
    const talk = opened(made);
    expect(talk.peer).to.equal(`${bare}:${FIRST_PORT}`);
    const asks = [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 2, 2, 192, 168, 1, 2, 0, 0, 0, 0, 0, 0, 192, 168, 1, 150];
    const arp = Uint8Array.from([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 2, 2, 8, 6, ...asks]);
    expect(made.receiveFrame(arp, "eth1").sent.map(({ etherType }) => etherType)).to.deep.equal([0x0806]);
  });

  it("a connection keeps its local address when -Q takes that from the pool", () => {
    const made = fullnat();
    const talk = opened(made);
    made.ipvsadm(`-Q ${SERVICE} -z ${LOCAL}`);
    talk.say("P.", { data: "still" });
    expectFrame(talk.answer("P.", { data: "here" }), carries("here"));
    expect(made.receive(tcp(`${CLIENT}:40001 > ${VIP}:80`, "S")).verdict).to.equal("no-local-port");
  });

  it("states follow both directions, as with NAT", () => {
    const made = fullnat();
    const talk = new Conversation(made);
    const states: string[] = [];
    const note = (): void => void states.push(made.listing()[0]?.split(" ")[1] ?? "");
    talk.say("S");
    note();
    talk.answer("S.");
    note();
    talk.say(".");
    note();
    talk.answer("F.");
    note();
    talk.say("F.");
    note();
    expect(states).to.deep.equal(["SYN_RECV", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "TIME_WAIT"]);
  });

  it("a stranger's packet to the local address is the director's own business", () => {
    const made = fullnat();
    opened(made);
    const { verdict, sent } = made.receive(tcp(`${SERVER2}:80 > ${LOCAL}:${FIRST_PORT}`, "S."));
    expect(verdict).to.equal("delivered");
    expectFrame(sent[0], onPort("eth1"), ends(`${LOCAL}:${FIRST_PORT} > ${SERVER2}:80`), flags("R"));
  });

  it("flags of every kind pass as they are", () => {
    const made = fullnat();
    const talk = opened(made);
    for (const letters of ["", "P", "U.", "PE.", "W.", "FP.UEW"]) {
      const { sent } = talk.sayTo(letters);
      expect(flagsOf(sent[0]?.flags ?? ""), letters).to.equal(flagsOf(letters));
    }
  });

  it("without any local address the service takes nobody, and nothing is left of the attempt", () => {
    const made = lab([`-A ${SERVICE} -s rr`, `-a ${SERVICE} -r ${SERVER} -b`]);
    const { verdict, sent } = made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    expect([verdict, sent.length, made.rows.count, made.counts(SERVER)]).to.deep.equal(["no-local-port", 0, 0, "0/0"]);
  });
});
