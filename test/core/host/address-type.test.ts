/** Which addresses may be real servers'. */
import { expect } from "chai";
import { isUnicastOrLocal } from "../../../src/core/host/address-type.ts";
import { ANY, parseAddress, parseIpv4 } from "../../../src/core/wire/address.ts";

const ip = (text: string): number => parseIpv4(text) ?? 0;
const INTERFACES = [
  { addresses: [{ ip: ip("10.0.0.100"), prefix: 24 }] },
  {
    addresses: [
      { ip: ip("192.168.1.1"), prefix: 31 },
      { ip: ip("172.16.0.255"), prefix: 16 },
    ],
  },
];
const isFit = (text: string): boolean => isUnicastOrLocal(parseAddress(text) ?? ANY, INTERFACES);

describe("addresses of real servers", () => {
  it("may be unicast or the host's own", () => {
    const cases = ["10.0.0.100", "10.0.0.0", "10.0.0.7", "192.168.1.1", "192.168.1.255", "172.16.0.255", "127.0.0.1"];
    for (const text of [...cases, "0.1.2.3", "240.0.0.1", "203.0.113.1"]) expect(isFit(text), text).to.equal(true);
    const ipv6 = ["2001:db8::1", "::1", "::1.2.3.4", "fc00::1", "fec0::1", "64:ff9b::1", "::1:0:0"];
    for (const text of ipv6) expect(isFit(text), text).to.equal(true);
  });

  it("may not be broadcast, multicast or nobody's", () => {
    const cases = ["0.0.0.0", "255.255.255.255", "224.0.0.1", "239.255.255.255", "10.0.0.255", "172.16.255.255"];
    for (const text of [...cases, "127.255.255.255"]) expect(isFit(text), text).to.equal(false);
    const ipv6 = ["::", "ff02::1", "fe80::1", "febf::1", "::ffff:192.168.1.1"];
    for (const text of ipv6) expect(isFit(text), text).to.equal(false);
  });
});
