/** The option by which FULLNAT tells a real server who the client is: where it is put, and what it must not spoil. */
import { expect } from "chai";
import fc from "fast-check";
import { carries, expectFrame, expectFrames, fragment, length, sequence, tcpOptions } from "tapvs/testing";
import { Conversation } from "../../support/conversation.ts";
import { CLIENT, VIP } from "../../support/lab.ts";
import { counting, fragments, type Packet, tcp } from "../../support/packet.ts";
import { Seen } from "../../support/seen.ts";
import {
  delta,
  fullnat,
  hasToa,
  MSS,
  opened,
  padded,
  SACK_PERMITTED,
  TIMESTAMP,
  TOA,
  type Toa,
} from "./fullnat-lab.ts";

/** Which segments of a client carry the option. */
function carriers(toa: Toa): string[] {
  const made = fullnat({ toa });
  const talk = new Conversation(made, { serverIsn: 5000 });
  const carried: string[] = [];
  const say = (name: string, flags: string, fields = {}): void => {
    if (hasToa(talk.say(flags, fields))) carried.push(name);
  };
  say("SYN", "S");
  talk.answer("S.");
  say("ACK", ".");
  say("reset", "R", { acknowledgement: 5001 });
  // The reset closed the entry's state, not the entry.
  say("request", "P.", { data: "GET" });
  say("request again", "P.", { data: "GET", sequence: 1001 });
  talk.answer(".");
  say("request still", "P.", { data: "GET", sequence: 1001 });
  say("FIN before data", "F.");
  talk.answer("P.", { data: "200" });
  say("later ACK", ".");
  say("old ACK", ".", { acknowledgement: 5001 });
  say("later request", "P.", { data: "GET" });
  say("FIN", "F.");
  return carried;
}

describe("FULLNAT, TOA", () => {
  it("is on the segments that acknowledge nothing but the server's SYN, as DPVS has it", () => {
    expect(carriers("dpvs")).to.deep.equal([
      "ACK",
      "request",
      "request again",
      "request still",
      "FIN before data",
      "old ACK",
    ]);
  });

  it("is on the SYN, too, and on no FIN, as alibaba/LVS has it", () => {
    expect(carriers("alibaba")).to.deep.equal(["SYN", "ACK", "request", "request again", "request still", "old ACK"]);
  });

  it("is nowhere if nobody asked for it", () => {
    expect(carriers("off")).to.deep.equal([]);
  });

  it("names client and port, before all other options; numbers, options and data stay", () => {
    const made = fullnat({ toa: "dpvs" });
    const talk = opened(made);
    const next = talk.clientNext;
    const seen = talk.say("P.", { tcpOptions: padded([1, 1], TIMESTAMP), data: counting(500) });
    expectFrame(seen, tcpOptions(...TOA, 1, 1, ...TIMESTAMP), carries(counting(500)), sequence(next + delta(made)));
    expectFrame(seen, length(20 + 20 + 8 + 12 + 500));
  });

  it("is there for a server that begins at the highest sequence number", () => {
    const made = fullnat({ toa: "dpvs" });
    const talk = new Conversation(made, { serverIsn: 0xffffffff });
    talk.say("S");
    talk.answer("S.");
    expect(hasToa(talk.say("."))).to.equal(true);
  });

  it("goes in as long as the header has room for it", () => {
    for (const [options, fits] of [
      [28, true],
      [32, true],
      [36, false],
      [40, false],
    ] as const) {
      const talk = opened(fullnat({ toa: "dpvs" }));
      const asked = new Array<number>(options).fill(1);
      const seen = talk.say("P.", { tcpOptions: asked, data: "data" });
      expectFrame(seen, tcpOptions(...(fits ? [...TOA, ...asked] : asked)), carries("data"));
    }
  });

  it("goes in as long as the packet fits the way to the server", () => {
    for (const [size, fits] of [
      [1452, true],
      [1453, false],
      [1460, false],
    ] as const) {
      const talk = opened(fullnat({ toa: "dpvs" }));
      const seen = talk.say("P.", { data: counting(size), dontFragment: true });
      expect(hasToa(seen), `${size} bytes`).to.equal(fits);
      expectFrame(seen, carries(counting(size)), length(40 + size + (fits ? 8 : 0)));
    }
  });

  it("goes in where the frame has no room before it, too", () => {
    const talk = opened(fullnat({ toa: "dpvs" }));
    const request = talk.request("P.", { data: counting(100) });
    const { sent } = talk.lab.receive(request, "eth0", (frame) => {
      frame.bytes = frame.contents().slice();
      frame.view = new DataView(frame.bytes.buffer);
      frame.start = 0;
      frame.end = frame.bytes.length;
    });
    expectFrame(sent[0], tcpOptions(...TOA), carries(counting(100)));
  });

  it("a client that puts the option there itself is not believed: the director's comes first", () => {
    const forged = [254, 8, 0, 80, 192, 0, 2, 99];
    const seen = opened(fullnat({ toa: "dpvs" })).say("P.", { tcpOptions: forged, data: "x" });
    expectFrame(seen, tcpOptions(...TOA, ...forged), carries("x"));
  });

  it("goes into a request that came in fragments, and all of it arrives", () => {
    const talk = opened(fullnat({ toa: "dpvs" }));
    const request = talk.request("P.", { data: counting(600) });
    const sent = fragments(request, 400).flatMap((piece) => talk.lab.receive(piece).sent);
    const [whole] = sent.length === 1 ? sent : [Seen.joined(sent)];
    expectFrame(whole, tcpOptions(...TOA), carries(counting(600)));
  });

  it("a request too long for the way to the server, DF clear, is cut with everything in it", () => {
    const talk = opened(fullnat({ toa: "dpvs", mtu: [1500, 576] }));
    const { sent } = talk.lab.receive(talk.request("P.", { data: counting(1000) }));
    expectFrames(sent, [fragment(0, true)], [fragment(552, false)]);
    // It does not fit as it is, so the option is left out.
    expectFrame(Seen.joined(sent), tcpOptions(), carries(counting(1000)));
  });

  it("with any options, data and numbers the checksum is right and all else as it was", () => {
    const option = fc.oneof(
      fc.constantFrom([1], MSS, SACK_PERMITTED, TIMESTAMP, [3, 3, 7], [254, 8, 1, 2, 3, 4, 5, 6]),
      fc.uint8Array({ maxLength: 9 }).map((bytes) => [30, bytes.length + 2, ...bytes]),
    );
    const options = fc
      .array(option, { maxLength: 6 })
      .map((list) => padded(...list))
      .filter((list) => list.length <= 40);
    const modes = fc.constantFrom<Toa>("off", "dpvs", "alibaba");
    fc.assert(
      fc.property(
        modes,
        options,
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(0xffffffff),
        (toa, list, data, serverIsn) => {
          const made = fullnat({ toa, silent: true });
          const talk = new Conversation(made, { serverIsn });
          const syn = talk.say("S", { tcpOptions: list });
          expectFrame(syn);
          talk.answer("S.");
          const seen = talk.say("P.", { tcpOptions: list, data });
          const fits = list.length <= 32 && toa !== "off";
          expectFrame(seen, tcpOptions(...(fits ? [...TOA, ...list] : list)), carries(data));
          expectFrame(talk.answer("P.", { tcpOptions: padded([1, 1]), data }), carries(data));
        },
      ),
    );
  });

  it("headers that lie about their length are passed on without a look behind their end", () => {
    for (let offset = 0; offset < 16; offset++) {
      for (const options of [[], padded(TIMESTAMP), new Array<number>(40).fill(1)]) {
        const made = fullnat({ toa: "alibaba" });
        const packet = (flags: string): Packet =>
          tcp(`${CLIENT}:40000 > ${VIP}:80`, flags, { dataOffset: offset, tcpOptions: options });
        const opening = made.receive(packet("S"));
        expect(opening.verdict, `data offset ${offset}`).to.equal("sent");
        const sound = offset >= 5 && offset * 4 <= 20 + options.length && offset <= 13;
        expectFrame(opening.sent[0], length(40 + options.length + (sound ? 8 : 0)));
        const answer = tcp(opening.sent[0]?.ends.split(" > ").reverse().join(" > ") ?? "", "S.", {
          dataOffset: offset,
          tcpOptions: options,
        });
        expectFrame(made.receive(answer).sent[0]);
      }
    }
  });
});
