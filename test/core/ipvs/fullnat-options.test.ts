/** What FULLNAT does to the options of others: timestamps, and the size of segments. */
import { carries, expectFrame, tcpOptions } from "tapvs/testing";
import { Conversation } from "../../support/conversation.ts";
import type { Lab } from "../../support/lab.ts";
import type { Seen } from "../../support/seen.ts";
import { fullnat, MSS, NOPS, opened, padded, REDUCED_MSS, SACK_PERMITTED, TIMESTAMP } from "./fullnat-lab.ts";

describe("FULLNAT, options of the SYN", () => {
  it("a timestamp becomes no-operations, wherever it stands", () => {
    for (const before of [[], [1], [1, 1], MSS, [...MSS, ...SACK_PERMITTED], [...MSS, 1]]) {
      const asked = padded(before, TIMESTAMP, [3, 3, 7]);
      const got = padded(before, NOPS, [3, 3, 7]);
      expectFrame(new Conversation(fullnat()).say("S", { tcpOptions: asked }), tcpOptions(...got));
    }
  });

  it("a timestamp at the very end of the longest header, too", () => {
    const filler = new Array<number>(29).fill(1);
    const seen = new Conversation(fullnat()).say("S", { tcpOptions: [...filler, ...TIMESTAMP, 1], data: "x" });
    expectFrame(seen, tcpOptions(...filler, ...NOPS, 1), carries("x"));
  });

  it("only the SYN's timestamp, and only with fullnat_timestamp_remove_entry", () => {
    const asked = padded(TIMESTAMP);
    expectFrame(opened(fullnat()).say("P.", { tcpOptions: asked, data: "x" }), tcpOptions(...asked));
    const kept = fullnat({ sysctl: { fullnat_timestamp_remove_entry: 0 } });
    expectFrame(new Conversation(kept).say("S", { tcpOptions: asked }), tcpOptions(...asked));
  });

  it("an option that only looks like a timestamp stays", () => {
    const odd = [8, 6, 0, 0, 0, 1, 1, 1];
    expectFrame(new Conversation(fullnat()).say("S", { tcpOptions: odd }), tcpOptions(...odd));
    const inside = [2, 10, ...TIMESTAMP.slice(0, 8), 1, 1];
    expectFrame(new Conversation(fullnat()).say("S", { tcpOptions: inside }), tcpOptions(...inside));
  });
});

describe("FULLNAT, MSS of the SYN-ACK", () => {
  const answered = (made: Lab, options: readonly number[]): Seen => {
    const talk = new Conversation(made);
    talk.say("S");
    return talk.answer("S.", { tcpOptions: options });
  };

  it("leaves room for the option where TOA is on, wherever it stands", () => {
    for (const before of [[], [1], [1, 1], SACK_PERMITTED, [...TIMESTAMP, 1]]) {
      for (const toa of ["dpvs", "alibaba"] as const) {
        expectFrame(answered(fullnat({ toa }), padded(before, MSS)), tcpOptions(...padded(before, REDUCED_MSS)));
      }
      expectFrame(answered(fullnat({ toa: "off" }), padded(before, MSS)), tcpOptions(...padded(before, MSS)));
    }
  });

  it("stays with fullnat_mss_adjust_entry off, and where it is smaller than the option", () => {
    const kept = fullnat({ toa: "dpvs", sysctl: { fullnat_mss_adjust_entry: 0 } });
    expectFrame(answered(kept, MSS), tcpOptions(...MSS));
    for (const [asked, got] of [
      [0, 0],
      [7, 7],
      [8, 0],
      [9, 1],
    ] as const) {
      expectFrame(answered(fullnat({ toa: "dpvs" }), [2, 4, 0, asked]), tcpOptions(2, 4, 0, got));
    }
  });

  it("of a client's SYN stays", () => {
    const seen = new Conversation(fullnat({ toa: "dpvs" })).say("S", { tcpOptions: MSS });
    expectFrame(seen, tcpOptions(...MSS));
  });
});
