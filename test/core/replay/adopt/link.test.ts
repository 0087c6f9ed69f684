import { expect } from "chai";
import { neighborsOf } from "../../../../src/core/replay/adopt/link.ts";
import { type Address, formatAddress, parseAddress } from "../../../../src/core/wire/address.ts";

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

const neighbors = (server: string, ...clients: readonly string[]): string[] =>
  neighborsOf(address(server), clients.map(address)).map((one) => formatAddress(one.address));

describe("clients on the server's own link", () => {
  it("are those of its /24, or of its /64 in IPv6, each once, with a station of its own", () => {
    expect(neighbors("192.0.2.7", "192.0.2.1", "192.0.3.1", "192.0.2.1", "192.0.2.200")).deep.equals([
      "192.0.2.1",
      "192.0.2.200",
    ]);
    expect(neighbors("2001:db8::7", "2001:db8::1", "2001:db8:0:1::1", "192.0.2.1")).deep.equals(["2001:db8::1"]);
    const made = neighborsOf(address("192.0.2.7"), ["192.0.2.1", "192.0.2.2"].map(address));
    expect(new Set(made.map(({ mac }) => mac)).size).equals(2);
  });

  it("are none where the network must have been another one, or has more of them than a link has room for", () => {
    expect(neighbors("192.0.2.7", "192.0.2.1", "192.0.2.255")).deep.equals([]);
    const many = Array.from({ length: 300 }, (_, index) => `2001:db8::1:${index.toString(16)}`);
    expect(neighbors("2001:db8::7", ...many)).deep.equals([]);
  });
});
