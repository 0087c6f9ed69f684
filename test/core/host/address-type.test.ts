/** Which addresses may be real servers'. */

import { expect } from "chai";
import { isUnicastOrLocal } from "../../../src/core/host/address-type.ts";
import { prefixed } from "../../../src/core/host/config/config.ts";
import { ANY, parseAddress, parseIpv4 } from "../../../src/core/wire/address.ts";

const ip = (text: string): number => parseIpv4(text) ?? 0;
const OWN = [prefixed(ip("10.0.0.100"), 24), prefixed(ip("192.168.1.1"), 31), prefixed(ip("172.16.0.255"), 16)];
const isFit = (text: string): boolean => isUnicastOrLocal(parseAddress(text) ?? ANY, OWN);

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
