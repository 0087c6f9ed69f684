/** FULLNAT of frames that a network card has yet to finish. */
import { expect } from "chai";
import { carries, expectFrame, tcpOptions } from "../../support/check.ts";
import { Conversation } from "../../support/conversation.ts";
import { counting, type Packet } from "../../support/packet.ts";
import type { Seen } from "../../support/seen.ts";
import { fullnat, opened } from "./fullnat-lab.ts";

/** Kind 254, length 8, port 40000, 198.51.100.1. */
const TOA = [254, 8, 0x9c, 0x40, 198, 51, 100, 1];
const MSS = [2, 4, 0x05, 0xb4];
const REDUCED_MSS = [2, 4, 0x05, 0xac];
const TIMESTAMP = [8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
const NOPS = new Array<number>(10).fill(1);
const SACK_PERMITTED = [4, 2];

const padded = (...options: readonly (readonly number[])[]): number[] => {
  const flat = options.flat();
  return [...flat, ...new Array<number>(-flat.length & 3).fill(1)];
};

const hasToa = (seen: Seen | undefined): boolean => seen?.tcpOptions[0] === 254;

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
