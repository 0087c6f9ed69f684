import { expect } from "chai";
import type { Finding } from "../../../src/core/replay/difference.ts";
import { DifferenceGroups } from "../../../src/core/replay/difference-groups.ts";
import type { SentFrame } from "../../../src/core/replay/sent-frame.ts";
import { type Packet, tcp } from "../../support/packet.ts";

function sent({ bytes }: Packet): SentFrame {
  const frame = Uint8Array.from([...new Array<number>(12).fill(2), 8, 0, ...bytes]);
  return { dev: "eth1", bytes: frame, masked: frame, time: 0, at: 1, cause: 1 };
}

/** A segment that was recorded towards one server, and goes to another. */
const moved = (from: number, recorded: string, made: string): Finding => ({
  kind: "frame",
  expected: sent(tcp(`192.0.2.1:${from} > ${recorded}:80`, "S")),
  got: sent(tcp(`192.0.2.1:${from} > ${made}:80`, "S")),
});

describe("many differences", () => {
  it("are told by where packets went instead, the most frequent first, with the first places", () => {
    const groups = new DifferenceGroups(100);
    groups.add("packet 1", moved(1, "10.2.0.3", "10.2.0.2"));
    for (let at = 2; at < 7; at++) groups.add(`packet ${at}`, moved(at, "10.2.0.2", "10.2.0.3"));
    groups.add("", { kind: "text", what: "stats.txt", expected: "a", got: "b" });
    const list = groups.list();
    expect(groups.total).equals(7);
    expect(list.map(({ count }) => count)).deep.equals([5, 1, 1]);
    expect(list[0]?.title).includes("(IPv4 destination 10.2.0.3, recorded 10.2.0.2)");
    expect(list[0]?.places).deep.equals(["packet 2", "packet 3", "packet 4"]);
    expect(list.map(({ title }) => title)).includes("stats.txt differs");
  });

  it("beyond a limit are counted, and beyond fifty kinds are told together", () => {
    const few = new DifferenceGroups(2);
    for (let at = 0; at < 5; at++) few.add("", { kind: "text", what: "stats.txt", expected: "a", got: "b" });
    expect([few.total, few.list()[0]?.count]).deep.equals([5, 2]);
    const many = new DifferenceGroups(1000);
    for (let at = 0; at < 60; at++) many.add("", { kind: "text", what: `file ${at}`, expected: "a", got: "b" });
    expect(many.list().length).equals(51);
    expect(many.list()[0]).deep.equals({ title: "others", count: 10, places: [] });
  });
});
