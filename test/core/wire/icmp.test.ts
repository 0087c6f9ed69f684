import { expect } from "chai";
import { icmpName, isIcmpError, mayCauseError } from "../../../src/core/wire/icmp.ts";

describe("ICMP messages (RFC 792)", () => {
  it("have the names that people call them by", () => {
    for (const [type, code, name] of [
      [0, 0, "echo reply"],
      [3, 0, "network unreachable"],
      [3, 1, "host unreachable"],
      [3, 2, "protocol unreachable"],
      [3, 3, "port unreachable"],
      [3, 4, "fragmentation needed"],
      [3, 5, "code 5 unreachable"],
      [3, 9, "administratively prohibited"],
      [3, 13, "administratively prohibited"],
      [4, 0, "source quench"],
      [5, 1, "redirect"],
      [8, 0, "echo request"],
      [11, 0, "TTL exceeded"],
      [11, 1, "reassembly time exceeded"],
      [12, 0, "parameter problem"],
      [200, 7, "ICMP type 200 code 7"],
    ] as const) {
      expect(icmpName(type, code)).to.equal(name);
    }
  });

  it("every type and code has one", () => {
    for (let type = 0; type < 256; type++) {
      for (const code of [0, 1, 4, 5, 15, 255]) expect(icmpName(type, code), `${type}/${code}`).to.match(/\w/);
    }
  });

  it("five types report errors and quote a packet", () => {
    const errors = Array.from({ length: 256 }, (_, type) => type).filter(isIcmpError);
    expect(errors).to.deep.equal([3, 4, 5, 11, 12]);
  });

  it("an error may be reported about echoes, timestamps, information and masks, and nothing else", () => {
    const types = Array.from({ length: 256 }, (_, type) => type).filter(mayCauseError);
    expect(types).to.deep.equal([0, 8, 13, 14, 15, 16, 17, 18]);
  });
});
