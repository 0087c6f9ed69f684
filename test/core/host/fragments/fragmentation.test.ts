/** Datagrams cut into fragments, and back. */
import { expect } from "chai";
import fc from "fast-check";
import { fragment } from "../../../../src/core/host/fragments/fragmentation.ts";
import { AddressTable } from "../../../../src/core/wire/address-table.ts";
import type { Frame } from "../../../../src/core/wire/frame.ts";
import { readIpv4 } from "../../../../src/core/wire/ipv4.ts";
import { counting, fragments } from "../../../support/packet.ts";
import { Seen } from "../../../support/seen.ts";
import { datagram, frameOf, LIFETIME, last, payloadOf, piece, reassembly, seenOf, whole } from "../pieces.ts";

describe("fragmentation", () => {
  const cut = (frame: Frame, mtu: number): Seen[] => {
    const pieces: Seen[] = [];
    fragment(frame, mtu, (part) => pieces.push(seenOf(part)));
    return pieces;
  };

  it("pieces fit the MTU, end on multiples of eight, and make the datagram again", () => {
    const header = fc.integer({ min: 0, max: 10 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 68, max: 1500 }),
        header,
        (length, mtu, words) => {
          const options = new Array<number>(words * 4).fill(1);
          const packet = datagram(length, { options, tos: 0x10, id: 77 });
          const pieces = cut(frameOf(packet), mtu);
          for (const [index, part] of pieces.entries()) {
            expect(part.problem).to.equal("");
            expect(part.packet.length).to.be.at.most(mtu);
            expect(part.moreFragments).to.equal(index < pieces.length - 1);
            if (part.moreFragments) expect(part.payload.length % 8).to.equal(0);
            expect([part.id, part.tos, part.dontFragment]).to.deep.equal([77, 0x10, false]);
          }
          expect([...Seen.joined(pieces).payload]).to.deep.equal([...counting(length)]);
        },
      ),
    );
  });

  it("a fragment that is cut again keeps its place, and more follow its last piece if more followed it", () => {
    const packet = datagram(1000, { id: 77 });
    for (const [own, fields] of [
      [0x2000, [0x2000, 0x2000 | 72]],
      [0x2000 | 125, [0x2000 | 125, 0x2000 | 197]],
      [125, [0x2000 | 125, 197]],
    ] as const) {
      const frame = frameOf(packet);
      frame.view.setUint16(frame.network + 6, own);
      const seen: number[] = [];
      fragment(frame, 600, ({ view, network }) => seen.push(view.getUint16(network + 6)));
      expect(seen).to.deep.equal(fields);
    }
  });

  it("a reassembled datagram leaves in the pieces it came in, where those fit", () => {
    for (const [mtu, lengths] of [
      [1500, [800, 400, 100]],
      [820, [800, 400, 100]],
      [819, [792, 508]],
      [500, [480, 480, 340]],
    ] as const) {
      const pieces = [piece(0, 800, true), piece(800, 400, true), piece(1200, 100, false)];
      const sent = cut(whole(last(pieces)), mtu);
      expect(
        sent.map(({ payload }) => payload.length),
        `MTU ${mtu}`,
      ).to.deep.equal(lengths);
      expect([...Seen.joined(sent).payload]).to.deep.equal([...counting(1300)]);
    }
  });

  it("no piece is larger than the largest that came, even where the MTU allows", () => {
    const made = whole(last([piece(0, 400, true), piece(400, 400, true), piece(800, 200, false)]));
    made.fragmentLengths = undefined;
    expect(cut(made, 1500).map(({ payload }) => payload.length)).to.deep.equal([400, 400, 200]);
  });

  it("DF is put on again only where a datagram whose largest fragment had it is cut anew", () => {
    const parts = [piece(0, 400, true, { dontFragment: true }), piece(400, 100, false, { dontFragment: true })];
    expect(cut(whole(last(parts)), 1500).map(({ dontFragment }) => dontFragment)).to.deep.equal([false, false]);
    const anew = whole(last(parts));
    anew.fragmentLengths = undefined;
    expect(cut(anew, 1500).map(({ dontFragment }) => dontFragment)).to.deep.equal([true, true]);
  });

  it("options without the copied bit are blanked behind the first fragment", () => {
    const options = [0x94, 4, 0, 0, 0x44, 4, 5, 0];
    const [first, second] = cut(frameOf(datagram(200, { options })), 128);
    expect([...(first?.packet.subarray(20, 28) ?? [])]).to.deep.equal(options);
    expect([...(second?.packet.subarray(20, 28) ?? [])]).to.deep.equal([0x94, 4, 0, 0, 1, 1, 1, 1]);
    expect(second?.problem).to.equal("");
  });

  it("what was cut comes back whole from a host that puts it together", () => {
    fc.assert(
      fc.property(fc.integer({ min: 600, max: 3000 }), fc.integer({ min: 100, max: 599 }), (length, mtu) => {
        const { table } = reassembly();
        const frame = frameOf(datagram(length));
        let made: Frame | string = "";
        fragment(frame, mtu, (part) => {
          readIpv4(part, new AddressTable());
          made = table.add(part, 0, LIFETIME);
        });
        expect(payloadOf(whole(made))).to.deep.equal([...counting(length)]);
      }),
    );
  });

  it("splits as the tests' own builder does", () => {
    const packet = datagram(1000);
    const expected = fragments(packet, 480).map(({ bytes }) => [...bytes.subarray(20)]);
    expect(cut(frameOf(packet), 500).map(({ payload }) => [...payload])).to.deep.equal(expected);
  });
});
