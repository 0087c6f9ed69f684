/** FULLNAT of frames that a network card has yet to finish. */
import { expect } from "chai";
import { carries, expectFrame, tcpOptions } from "tapvs/testing";
import { Conversation } from "../../support/conversation.ts";
import { counting, type Packet } from "../../support/packet.ts";
import { fullnat, MSS, opened, padded, TOA } from "./fullnat-lab.ts";

describe("FULLNAT, frames that a card has yet to finish", () => {
  /** Leaves the checksum as a sender with checksum offload does: the pseudo header's sum only. */
  const partial = (packet: Packet): Uint8Array => {
    const bytes = packet.bytes.slice();
    const payload = bytes.subarray(20);
    const pseudo = [...bytes.subarray(12, 20), 0, 6, payload.length >> 8, payload.length & 255];
    let sum = 0;
    for (let at = 0; at < 12; at += 2) sum += ((pseudo[at] ?? 0) << 8) + (pseudo[at + 1] ?? 0);
    const folded = (sum & 0xffff) + (sum >>> 16);
    bytes.set([folded >> 8, folded & 255], 36);
    return bytes;
  };

  it("a partial checksum stays partial and right, with the option and without", () => {
    for (const toa of ["off", "dpvs"] as const) {
      const talk = opened(fullnat({ toa }));
      const { sent } = talk.lab.receive(partial(talk.request("P.", { data: counting(101) })), "eth0", (frame) => {
        frame.checksumStart = 34;
        frame.checksumOffset = 16;
      });
      expectFrame(sent[0], carries(counting(101)), tcpOptions(...(toa === "dpvs" ? TOA : [])));
      expect(sent[0]?.checksumStart).to.equal(34);
    }
  });

  it("a partial checksum of an answer, too, its SACK blocks and MSS changed", () => {
    const made = fullnat({ toa: "dpvs" });
    const talk = new Conversation(made);
    talk.say("S");
    const packet = talk.reply("S.", { tcpOptions: padded([1], MSS, [5, 10, 1, 2, 3, 4, 5, 6, 7, 8]) });
    const { sent } = made.receive(partial(packet), "eth1", (frame) => {
      frame.checksumStart = 34;
      frame.checksumOffset = 16;
    });
    expectFrame(sent[0]);
    expect(sent[0]?.checksumStart).to.equal(34);
  });

  it("a frame that stands for many segments goes on as one, judged by its segments", () => {
    for (const [size, fits] of [
      [1440, true],
      [1452, true],
      [1453, false],
      [1460, false],
    ] as const) {
      const talk = opened(fullnat({ toa: "dpvs" }));
      const packet = talk.request("P.", { data: counting(4000), dontFragment: true });
      const { sent } = talk.lab.receive(partial(packet), "eth0", (frame) => {
        frame.checksumStart = 34;
        frame.checksumOffset = 16;
        frame.segmentSize = size;
        frame.segmentType = 1;
      });
      expect(sent).to.have.length(1);
      expect(sent[0]?.segmentSize, "what the card is told").to.equal(size);
      expectFrame(sent[0], carries(counting(4000)), tcpOptions(...(fits ? TOA : [])));
    }
  });
});
