/** How far sequence numbers are shifted, before and behind the text that grew; also where they begin again at 0. */
import { expect } from "chai";
import { SequenceShift } from "../../../../src/core/ipvs/tracking/sequence-shift.ts";

const TOP = 2 ** 32;

describe("the shift of sequence numbers", () => {
  it("holds for what comes behind the changed segment, and acknowledgements undo it", () => {
    const shift = new SequenceShift();
    shift.grow(1000, 2);
    expect([999, 1000, 1001].map((sequence) => shift.of(sequence))).to.deep.equal([0, 0, 2]);
    expect([1000, 1001, 1050].map((acknowledgement) => shift.ofAcknowledgement(acknowledgement))).to.deep.equal([
      0, 2, 2,
    ]);
  });

  it("adds up; between two changes the first one holds", () => {
    const shift = new SequenceShift();
    shift.grow(1000, 2);
    shift.grow(2000, -5);
    expect([1500, 2000, 2001].map((sequence) => shift.of(sequence))).to.deep.equal([2, 2, -3]);
    expect([2002, 2003].map((acknowledgement) => shift.ofAcknowledgement(acknowledgement))).to.deep.equal([2, -3]);
  });

  it("is not changed by a segment that is sent again", () => {
    const shift = new SequenceShift();
    shift.grow(1000, 2);
    shift.grow(1000, 2);
    shift.grow(900, 2);
    expect(shift.of(1001)).to.equal(2);
  });

  it("knows what comes behind where numbers begin again at 0", () => {
    const shift = new SequenceShift();
    shift.grow(TOP - 10, 3);
    expect([TOP - 11, TOP - 10, TOP - 9, 0, 5].map((sequence) => shift.of(sequence))).to.deep.equal([0, 0, 3, 3, 3]);
  });
});
