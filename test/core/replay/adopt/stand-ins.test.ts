import { expect } from "chai";
import { isRoutable, StandIns } from "../../../../src/core/replay/adopt/stand-ins.ts";
import { type Address, AF_INET, formatAddress, ipv4, parseAddress } from "../../../../src/core/wire/address.ts";

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

describe("an address that no router carries", () => {
  it("is loopback, group, broadcast, link-local or none", () => {
    for (const text of ["127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "ff02::1"])
      expect(isRoutable(address(text)), text).equals(false);
    for (const text of ["10.0.0.1", "240.0.0.1", "2001:db8::1", "fd00::1"])
      expect(isRoutable(address(text)), text).equals(true);
  });

  it("gets a made-up one, always the same, different for each client", () => {
    const standIns = new StandIns(77, address("127.0.0.1"));
    const replaced = ["127.0.0.1", "127.0.0.2", "127.0.0.1", "192.0.2.1"].map((text) =>
      formatAddress(standIns.client(address(text))),
    );
    expect(formatAddress(standIns.server)).equals("10.77.3.1");
    expect(replaced).deep.equals(["10.77.128.1", "10.77.128.2", "10.77.128.1", "192.0.2.1"]);
    const own = new StandIns(77, address("2001:db8::7"));
    expect(formatAddress(own.server)).equals("2001:db8::7");
    expect(formatAddress(own.client(address("2001:db8::7")))).equals("fd00:4d:80::1");
  });

  it("is never the first or the last of a network, and one of its own for each of many", () => {
    for (const server of ["192.0.2.7", "2001:db8::7"]) {
      const standIns = new StandIns(77, address(server));
      const { family } = standIns.server;
      const client = (index: number): Address =>
        family === AF_INET ? ipv4(0x7f000001 + index) : { family, words: [0xfe800000, 0, 0, 1 + index] };
      const replaced = Array.from({ length: 1000 }, (_, index) => standIns.client(client(index)));
      expect(new Set(replaced.map(formatAddress)).size).equals(1000);
      const hosts = replaced.map(({ words }) => (family === AF_INET ? words[0] & 0xff : words[3]));
      expect([Math.min(...hosts), Math.max(...hosts)], server).deep.equals([1, 254]);
    }
  });
});
