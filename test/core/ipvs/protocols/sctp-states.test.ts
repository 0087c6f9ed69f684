/** Which event a packet of SCTP makes, to the last byte of its chunks (net/netfilter/ipvs/ip_vs_proto_sctp.c: set_sctp_state). */
import { expect } from "chai";
import { sctpEvent } from "../../../../src/core/ipvs/protocols/sctp-states.ts";

const HEADER = 12;
const [DATA, INIT, ABORT, COOKIE_ECHO, COOKIE_ACK] = [0, 1, 6, 10, 11];

/** The event of a packet with these chunks of four bytes, of which `cut` bytes at the end are missing. */
function eventOf(chunks: readonly (readonly [type: number, length: number])[], cut = 0): number {
  const at = 7;
  const view = new DataView(new ArrayBuffer(at + HEADER + chunks.length * 4));
  for (const [index, [type, length]] of chunks.entries()) {
    view.setUint8(at + HEADER + index * 4, type);
    view.setUint16(at + HEADER + index * 4 + 2, length);
  }
  return sctpEvent(view, at, view.byteLength - cut);
}

describe("events of SCTP", () => {
  const alone = (type: number): number => eventOf([[type, 4]]);

  it("are none without a whole chunk header", () => {
    expect(eventOf([[INIT, 4]], 1)).to.equal(-1);
    expect(eventOf([[INIT, 4]])).to.be.at.least(0);
    expect(alone(INIT)).not.to.equal(alone(DATA));
  });

  it("are an abort if one stands right behind a cookie, whole", () => {
    for (const cookie of [COOKIE_ECHO, COOKIE_ACK]) {
      expect(
        eventOf([
          [cookie, 4],
          [ABORT, 4],
        ]),
      ).to.equal(alone(ABORT));
      expect(
        eventOf([
          [cookie, 1],
          [ABORT, 4],
        ]),
        "a length below a header's",
      ).to.equal(alone(cookie));
      expect(
        eventOf([
          [cookie, 3],
          [ABORT, 4],
        ]),
      ).to.equal(alone(cookie));
      expect(
        eventOf(
          [
            [cookie, 4],
            [ABORT, 4],
          ],
          1,
        ),
        "cut",
      ).to.equal(alone(cookie));
      expect(
        eventOf([
          [cookie, 5],
          [DATA, 4],
          [ABORT, 4],
        ]),
        "padded to four bytes",
      ).to.equal(alone(ABORT));
      expect(
        eventOf([
          [cookie, 8],
          [DATA, 4],
          [ABORT, 4],
        ]),
      ).to.equal(alone(ABORT));
      expect(
        eventOf([
          [cookie, 4],
          [DATA, 4],
          [ABORT, 4],
        ]),
        "further behind",
      ).to.equal(alone(cookie));
    }
    expect(
      eventOf([
        [DATA, 4],
        [ABORT, 4],
      ]),
      "behind data",
    ).to.equal(alone(DATA));
  });
});
