/** Which segments connection tracking counts as part of a connection. The recordings fixtures/recordings/ftp_* have many more. */
import { expect } from "chai";
import { readSegment } from "../../../../src/core/ipvs/tracking/segment.ts";
import { TcpTracking } from "../../../../src/core/ipvs/tracking/tcp-tracking.ts";
import { AddressTable } from "../../../../src/core/wire/address-table.ts";
import { Frame } from "../../../../src/core/wire/frame.ts";
import { readIpv4 } from "../../../../src/core/wire/ipv4.ts";
import { CLIENT, VIP } from "../../../support/lab.ts";
import { ethernet, tcp } from "../../../support/packet.ts";

const MAC = "02:00:00:00:00:01";
const SECOND = 1e6;

function segment(flags: string, sequence: number, acknowledgement = 0, data = "") {
  const packet = tcp(`${CLIENT}:40000 > ${VIP}:21`, flags, { sequence, acknowledgement, data });
  const frame = Frame.of(ethernet(MAC, MAC, packet));
  readIpv4(frame, new AddressTable());
  const read = readSegment(frame);
  if (read === undefined) throw new Error(`no segment: ${flags}`);
  return read;
}

function opened(): TcpTracking {
  const tracking = TcpTracking.begin(segment("S", 1000), true, 1, 0);
  if (tracking === undefined) throw new Error("a SYN begins a connection");
  expect(tracking.accepts(segment("S.", 5000, 1001), false, 0)).to.equal(true);
  expect(tracking.accepts(segment(".", 1001, 5001), true, 0)).to.equal(true);
  return tracking;
}

describe("connection tracking", () => {
  it("begins with a SYN or an ACK, and nothing else", () => {
    for (const flags of ["S", "."])
      expect(TcpTracking.begin(segment(flags, 1, 1), true, 1, 0), flags).not.to.equal(undefined);
    for (const flags of ["S.", "F.", "R"])
      expect(TcpTracking.begin(segment(flags, 1, 1), true, 1, 0), flags).to.equal(undefined);
  });

  it("counts nothing that acknowledges what was not sent, or lies beyond the window", () => {
    const tracking = opened();
    expect(tracking.accepts(segment(".", 1001, 5002), true, 0)).to.equal(false);
    expect(tracking.accepts(segment("P.", 1001 + 500_000, 5001, "x"), true, 0)).to.equal(false);
    expect(tracking.accepts(segment("P.", 1001, 5001, "x"), true, 0)).to.equal(true);
  });

  it("takes the shift into account: a client acknowledges the longer text", () => {
    const tracking = opened();
    expect(tracking.accepts(segment("P.", 5001, 1001, "0123456789"), false, 0)).to.equal(true);
    tracking.outShift.grow(5001, 2);
    expect(tracking.accepts(segment(".", 1001, 5014), true, 0)).to.equal(false);
    expect(tracking.accepts(segment(".", 1001, 5013), true, 0)).to.equal(true);
  });

  it("lets a client begin anew after the end, and forgets with time", () => {
    const tracking = opened();
    tracking.accepts(segment("F.", 1001, 5001), true, 0);
    tracking.accepts(segment("F.", 5001, 1002), false, 0);
    expect(tracking.accepts(segment(".", 1002, 5002), true, 0)).to.equal(true);
    expect(tracking.hasExpired(119 * SECOND)).to.equal(false);
    expect(tracking.hasExpired(120 * SECOND)).to.equal(true);
    expect(tracking.accepts(segment("S", 90_000), true, SECOND)).to.equal("again");
  });

  it("finds windows out anew after it was off", () => {
    const tracking = opened();
    const far = segment(".", 900_001, 800_001);
    expect(tracking.accepts(far, true, 0)).to.equal(false);
    tracking.resume(2);
    expect(tracking.accepts(far, true, 0)).to.equal(true);
  });
});
