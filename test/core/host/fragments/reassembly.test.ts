/** Fragments put together, against bytes laid side by side; and what spoils a datagram. */
import { expect } from "chai";
import fc from "fast-check";
import { injectedTailroom } from "../../../../src/core/host/fragments/pieces.ts";
import { Reassembly } from "../../../../src/core/host/fragments/reassembly.ts";
import { KernelTicks } from "../../../../src/core/time/kernel-ticks.ts";
import { KernelTimers } from "../../../../src/core/time/kernel-timers.ts";
import type { Frame } from "../../../../src/core/wire/frame.ts";
import { CLIENT, VIP } from "../../../support/lab.ts";
import { counting, ipv4, type Packet } from "../../../support/packet.ts";
import { ENDS, EXPERIMENT, frameOf, LIFETIME, last, payloadOf, piece, reassembly, seenOf, whole } from "../pieces.ts";

describe("reassembly", () => {
  it("pieces of any size in any order, some of them twice, make the datagram when the last one is there", () => {
    const sizes = fc.array(
      fc.integer({ min: 1, max: 40 }).map((eighths) => eighths * 8),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 7 }), fc.array(fc.nat()), (lengths, tail, order) => {
        const total = lengths.reduce((sum, length) => sum + length, 0) + tail;
        let offset = 0;
        const pieces = [...lengths, tail].map((length) => {
          const made = piece(offset, length, offset + length < total);
          offset += length;
          return made;
        });
        // A shuffle, with repetitions before the last piece comes.
        const left = [...pieces];
        const { add } = reassembly();
        for (const drawn of order) {
          const again = pieces[drawn % pieces.length];
          const held = left.length < pieces.length && again !== undefined && !left.includes(again);
          if (held && drawn % 3 === 0) expect(add(again)).to.equal("invalid");
          if (left.length === 1) break;
          const [next] = left.splice(drawn % left.length, 1);
          if (next !== undefined) expect(add(next)).to.equal("held");
        }
        while (left.length > 1) {
          const next = left.shift();
          if (next !== undefined) expect(add(next)).to.equal("held");
        }
        const [final] = left;
        if (final === undefined) return;
        const made = whole(add(final));
        expect(payloadOf(made)).to.deep.equal([...counting(total)]);
        expect(seenOf(made).problem).to.equal("");
        expect(made.fragmentLengths).to.deep.equal([...lengths, tail]);
      }),
    );
  });

  it("datagrams are kept apart by source, destination, identification and protocol", () => {
    const { add } = reassembly();
    const start = piece(0, 8, true, { id: 7 });
    expect(add(start)).to.equal("held");
    for (const other of [
      piece(8, 8, false, { id: 8 }),
      ipv4(`198.51.100.2 > ${VIP}`, EXPERIMENT, counting(8), { offset: 8, id: 7 }),
      ipv4(`${CLIENT} > 203.0.113.101`, EXPERIMENT, counting(8), { offset: 8, id: 7 }),
      ipv4(ENDS, 6, counting(8), { offset: 8, id: 7 }),
    ]) {
      expect(add(other), `${other}`).to.equal("held");
    }
    expect(payloadOf(whole(add(piece(8, 8, false, { id: 7 }))))).to.deep.equal([...counting(16)]);
  });

  it("the header is the first fragment's; its flags are gone", () => {
    const made = whole(last([piece(8, 8, false, { ttl: 9, tos: 4 }), piece(0, 8, true, { ttl: 50, tos: 8, id: 1 })]));
    const seen = seenOf(made);
    expect([seen.ttl, seen.tos, seen.moreFragments, seen.dontFragment]).to.deep.equal([50, 8, false, false]);
  });

  it("an overlap spoils the datagram, an exact repetition does not", () => {
    const { add } = reassembly();
    add(piece(0, 16, true));
    expect(add(piece(0, 16, true)), "again").to.equal("invalid");
    expect(add(piece(8, 8, true)), "within").to.equal("invalid");
    expect(add(piece(16, 16, true))).to.equal("held");
    expect(add(piece(8, 16, true)), "covered by both").to.equal("invalid");
    expect(add(piece(24, 16, true)), "overlap").to.equal("invalid");
    expect(add(piece(32, 8, false)), "all is lost").to.equal("held");
    expect(add(piece(0, 16, true))).to.equal("held");
    expect(payloadOf(whole(add(piece(16, 16, true))))).to.have.length(40);
  });

  it("a fragment without payload takes the whole datagram with it, as in the kernel", () => {
    for (const [empty, end] of [
      [piece(16, 0, true), 16],
      [piece(24, 0, false), 16],
    ] as const) {
      const { add } = reassembly();
      expect(add(piece(0, 16, true))).to.equal("held");
      expect(add(empty)).to.equal("invalid");
      expect(add(piece(end, 8, false)), "the beginning is gone").to.equal("held");
    }
  });

  it("ends that contradict each other spoil it", () => {
    for (const spoiling of [
      [piece(0, 16, true), piece(24, 8, false), piece(16, 4, false)],
      [piece(24, 8, false), piece(32, 8, true)],
      [piece(24, 8, true), piece(16, 8, false)],
      [piece(16, 8, false), piece(24, 8, false)],
    ]) {
      expect(last(spoiling), spoiling.map(String).join("; ")).to.equal("invalid");
    }
  });

  it("what is not a multiple of eight is cut off, where more follows", () => {
    const made = whole(last([piece(0, 13, true), piece(8, 4, false)]));
    expect(payloadOf(made)).to.deep.equal([...counting(12)]);
  });

  it("nothing is longer than 65535 bytes", () => {
    expect(last([piece(65528, 8, false)])).to.equal("invalid");
    expect(last([piece(65512, 3, false)])).to.equal("held");
  });

  it("all or none of the fragments know ECN, and one that experienced congestion says so for all", () => {
    for (const [first, second, outcome] of [
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2],
      [1, 2, 1],
      [2, 3, 3],
      [3, 2, 3],
      [0, 2, "invalid"],
      [3, 0, "invalid"],
    ] as const) {
      const made = last([piece(0, 8, true, { tos: 0x40 | first }), piece(8, 8, false, { tos: 0x40 | second })]);
      expect(typeof made === "string" ? made : seenOf(made).tos & 3, `${first} and ${second}`).to.equal(outcome);
    }
  });

  it("DF stays if the largest fragment had it", () => {
    for (const [first, second, kept] of [
      [true, true, true],
      [true, false, true],
      [false, true, false],
      [false, false, false],
    ] as const) {
      const made = whole(
        last([piece(0, 32, true, { dontFragment: first }), piece(32, 8, false, { dontFragment: second })]),
      );
      expect([seenOf(made).dontFragment, made.copiesDontFragment], `${first} ${second}`).to.deep.equal([kept, kept]);
      expect(made.largestFragment).to.equal(52);
    }
  });

  it("thirty seconds after its first fragment a datagram is given up; its first fragment, if there, is told", () => {
    for (const [offset, told] of [
      [0, true],
      [8, false],
    ] as const) {
      const { add, agenda, lost } = reassembly();
      add(piece(offset, 8, true), 5_000_000);
      add(piece(offset + 16, 8, true), 20_000_000);
      expect(agenda.next).to.be.within(35_000_000, 35_000_000 + 30e6 / 8);
      agenda.takeDue(agenda.next)?.run(agenda.next);
      expect(lost).to.have.length(1);
      expect(lost[0] !== undefined).to.equal(told);
      expect(add(piece(offset + 8, 8, true)), "what is late begins anew").to.equal("held");
    }
  });

  it("a complete or spoilt datagram leaves no timer behind", () => {
    const { add, agenda } = reassembly();
    add(piece(0, 8, true));
    add(piece(8, 8, false));
    add(piece(0, 16, true));
    add(piece(8, 16, true));
    expect(agenda.next).to.equal(Number.POSITIVE_INFINITY);
  });

  it("a flood of fragments takes no more than ipfrag_high_thresh; then none is taken until others have expired", () => {
    // As recorded: a datagram of a small fragment counts 968 bytes, of a long one 2504.
    for (const [length, counts] of [
      [8, 968],
      [1400, 2504],
    ] as const) {
      const { add, agenda } = reassembly(false, 10 * counts);
      for (let id = 0; id < 11; id++) expect(add(piece(0, length, true, { id })), `${id}`).to.equal("held");
      expect(add(piece(0, length, true, { id: 11 }))).to.equal("full");
      expect(add(piece(length, 8, false, { id: 0 })), "nor the rest of one").to.equal("full");
      for (let due = agenda.takeDue(LIFETIME * 2); due !== undefined; due = agenda.takeDue(LIFETIME * 2))
        due.run(due.at);
      for (let id = 0; id < 11; id++) expect(add(piece(0, length, true, { id })), `${id} again`).to.equal("held");
      expect(add(piece(0, length, true, { id: 11 }))).to.equal("full");
    }
  });

  it("what becomes whole, or is spoilt, gives its memory back", () => {
    const { add } = reassembly(false, 2 * 968);
    for (let id = 0; id < 100; id++) {
      add(piece(0, 8, true, { id }));
      expect(add(piece(8, 8, false, { id }))).to.not.be.a("string");
      add(piece(0, 16, true, { id }));
      expect(add(piece(8, 16, true, { id }))).to.equal("invalid");
    }
    for (let id = 0; id < 3; id++) expect(add(piece(0, 8, true, { id })), `${id}`).to.equal("held");
    expect(add(piece(0, 8, true, { id: 3 }))).to.equal("full");
  });

  it("the bytes that came are copied: the frame may be used again", () => {
    const { table } = reassembly();
    const frame = frameOf(piece(0, 8, true));
    table.add(frame, 0, LIFETIME);
    frame.bytes.fill(0xa5);
    const made = table.add(frameOf(piece(8, 8, false)), 0, LIFETIME);
    expect(payloadOf(whole(made))).to.deep.equal([...counting(16)]);
  });

  it("for the host, pieces merge into the first as long as they fit the room behind it", () => {
    const agenda = new KernelTimers(new KernelTicks(100));
    const table = new Reassembly(agenda, { used: 0, high: 1e6 }, true, () => {});
    const add = (packet: Packet): Frame | string => {
      const frame = frameOf(packet);
      frame.tailroom = injectedTailroom(frame.length);
      return table.add(frame, 0, LIFETIME);
    };
    for (const [lengths, kept] of [
      [[16, 24, 32], [72]],
      [[256, 264], [520]],
      [
        [800, 1256],
        [800, 1256],
      ],
      [
        [104, 104, 1000],
        [104, 104, 1000],
      ],
    ] as const) {
      let offset = 0;
      const total = lengths.reduce((sum: number, length) => sum + length, 0);
      const results = lengths.map((length) => {
        const made = add(piece(offset, length, offset + length < total));
        offset += length;
        return made;
      });
      const merged = whole(results.at(-1) ?? "").fragmentLengths ?? [];
      expect(merged.reduce((sum, length) => sum + length, 0)).to.equal(total);
      if (kept.length === 1) expect(merged, `${lengths}`).to.deep.equal(kept);
      else expect(merged.length, `${lengths}`).to.be.above(1);
    }
  });
});
