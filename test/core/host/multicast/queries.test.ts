/** How a host replies to routers that ask for its multicast groups: the packets are those of the real kernel, and their times within its bounds. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { runIpvsadm, wordsOf } from "../../../../src/core/control/interpreter.ts";
import { Director } from "../../../../src/core/host/director.ts";
import { Frame } from "../../../../src/core/wire/frame.ts";
import { readIgmpQuery, readMldQuery } from "../../../../src/core/wire/group-query.ts";
import { transcriptOf } from "../../../kernel/verdict.ts";

/** Where the network header begins, and what a frame of an IGMP or MLD message from the host says: without its MAC addresses. */
const packetOf = (frame: Uint8Array): string => Buffer.from(frame.subarray(14)).toString("hex");

interface Step {
  readonly what: string;
  readonly recorded: readonly string[];
  readonly ours: readonly string[];
}

/** Plays a recording's events; what was sent behind each of them, there and here. */
function played(name: string): readonly Step[] {
  const { head, events } = transcriptOf(readFileSync(`fixtures/recordings/${name}.jsonl`, "utf8"), name);
  const sent: string[] = [];
  const director = new Director(head, { link: { send: (frame) => sent.push(packetOf(frame.contents())) } });
  director.advance(0);
  const steps: { what: string; recorded: string[]; ours: readonly string[] }[] = [];
  const step = (what: string): void => {
    const last = steps.at(-1);
    if (last !== undefined) last.ours = sent.splice(0);
    sent.length = 0;
    steps.push({ what, recorded: [], ours: [] });
  };
  for (const event of events) {
    if (event.do === "tx") steps.at(-1)?.recorded.push(packetOf(event.frame));
    if (event.do !== "rx" && event.do !== "ipvsadm") continue;
    director.advance(Math.round(event.t * 1e6));
    step(event.do === "rx" ? packetOf(event.frame) : event.args);
    if (event.do === "rx") director.receive(Frame.of(event.frame), director.ifindexOf(event.dev), director.now);
    else expect(runIpvsadm(wordsOf(event.args), { server: director.server }).err).to.equal("");
  }
  director.advance(director.now + 12_000_000);
  step("the end");
  return steps.filter(({ what }) => !what.startsWith("-"));
}

describe("a host that is asked for its multicast groups", () => {
  it("replies to each IGMP query as the kernel does", () => {
    const steps = played("igmp_queries");
    expect(steps.filter(({ recorded }) => recorded.length > 0)).to.have.length.above(10);
    for (const { what, recorded, ours } of steps) expect(ours, what).to.deep.equal(recorded);
  });

  it("replies to each MLD query of the same groups as the kernel does, but for that of a subnet's routers", () => {
    // ff02::1:ff00:0, the solicited-node group of an anycast address; reports with many records are compared by these.
    const anycast = `ff02${"0".repeat(18)}01ff000000`;
    const groups = (packets: readonly string[]): string[] =>
      packets
        .flatMap((packet) => {
          const message = packet.slice(96);
          const type = message.slice(0, 2);
          if (type !== "8f") return [`${type} ${message.slice(16)}`];
          return (message.slice(16).match(/.{40}/g) ?? []).map((record) => `${type} ${record}`);
        })
        .filter((line) => !line.endsWith(anycast))
        .sort();
    const steps = played("mld_queries");
    expect(steps.filter(({ recorded }) => recorded.length > 0)).to.have.length.above(8);
    for (const { what, recorded, ours } of steps) expect(groups(ours), what).to.deep.equal(groups(recorded));
  });
});

describe("a query for multicast groups", () => {
  it("has a time with an exponent, if it is long", () => {
    const igmp = (code: number): number | undefined =>
      readIgmpQuery(new DataView(Uint8Array.of(0x11, code, ...new Array<number>(10).fill(0)).buffer), 0, 12)?.within;
    // RFC 3376, section 4.1.1: 127 tenths; (0 | 16) << 3; (15 | 16) << 10.
    expect([0x7f, 0x80, 0xff].map(igmp)).to.deep.equal([12_700_000, 12_800_000, 3_174_400_000]);
    const mld = (code: number): number | undefined =>
      readMldQuery(
        new DataView(Uint8Array.of(130, 0, 0, 0, code >> 8, code & 255, ...new Array<number>(22).fill(0)).buffer),
        0,
        28,
      )?.within;
    // RFC 3810, section 5.1.3: 32767 ms; (0 | 0x1000) << 3; (0xfff | 0x1000) << 10.
    expect([0x7fff, 0x8000, 0xffff].map(mld)).to.deep.equal([32_767_000, 32_768_000, 8_387_584_000]);
  });
});
