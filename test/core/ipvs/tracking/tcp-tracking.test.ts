/** Which segments connection tracking counts as part of a connection. The recordings fixtures/recordings/ftp_* have many more. */
import { expect } from "chai";
import { readSegment } from "../../../../src/core/ipvs/tracking/segment.ts";
import { TcpTracking } from "../../../../src/core/ipvs/tracking/tcp-tracking.ts";
import { AddressTable } from "../../../../src/core/wire/address-table.ts";
import { Frame } from "../../../../src/core/wire/frame.ts";
import { readIpv4 } from "../../../../src/core/wire/ipv4.ts";
import { CLIENT, VIP } from "../../../support/lab.ts";
import { ethernet, type TcpFields, tcp } from "../../../support/packet.ts";

const MAC = "02:00:00:00:00:01";
const SECOND = 1e6;

function segment(flags: string, sequence: number, acknowledgement = 0, data = "", more: TcpFields = {}) {
  const packet = tcp(`${CLIENT}:40000 > ${VIP}:21`, flags, { sequence, acknowledgement, data, ...more });
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

  it("scales windows, but for those of SYNs", () => {
    /** A scale of 7. */
    const tcpOptions = [3, 3, 7, 0];
    const tracking = TcpTracking.begin(segment("S", 1000, 0, "", { window: 1000, tcpOptions }), true, 1, 0);
    if (tracking === undefined) return expect.fail("a SYN begins a connection");
    expect(tracking.accepts(segment("S.", 5000, 1001, "", { window: 1000, tcpOptions }), false, 0)).to.equal(true);
    expect(tracking.accepts(segment(".", 1001, 5001, "", { window: 1000 }), true, 0)).to.equal(true);
    const far = () => tracking.accepts(segment("P.", 1001 + 50_000, 5001, "x"), true, 0);
    expect(far(), "the server's window is 1000").to.equal(false);
    expect(tracking.accepts(segment(".", 5001, 1001, "", { window: 1000 }), false, 0)).to.equal(true);
    expect(far(), "now 128 times that").to.equal(true);
    return undefined;
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

  it("forgets nothing for a segment that does not count: a reset right behind the client's last data still closes", () => {
    const tracking = opened();
    expect(tracking.accepts(segment("P.", 1001, 5001, "x"), true, 0)).to.equal(true);
    expect(tracking.accepts(segment("P.", 5001 + 500_000, 1001, "x"), false, 0)).to.equal(false);
    expect(tracking.accepts(segment("R", 1002), true, 0)).to.equal(true);
    expect(tracking.accepts(segment("S", 9000), true, 0)).to.equal("again");
  });

  it("finds windows out anew after it was off", () => {
    const tracking = opened();
    const far = segment(".", 900_001, 800_001);
    expect(tracking.accepts(far, true, 0)).to.equal(false);
    tracking.resume(2);
    expect(tracking.accepts(far, true, 0)).to.equal(true);
  });
});
