/** Numbers and addresses as the command line takes them. */

import { expect } from "chai";
import fc from "fast-check";
import { inetAton, parseEndpoint, parseMulticastGroup } from "../../../src/core/control/addresses.ts";
import { portNamesOnly } from "../../../src/core/control/names.ts";
import { atoi, parseNumber } from "../../../src/core/control/numbers.ts";
import { formatAddress, formatIpv4 } from "../../../src/core/wire/address.ts";
import { PROTOCOL_TCP } from "../../../src/core/wire/ipv4.ts";

describe("inet_aton", () => {
  it("reads back every dotted quad", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 0xffffffff }), (ip) => inetAton(formatIpv4(ip)) === ip));
  });

  it("reads one to four parts, in three bases, and stops at a blank", () => {
    const cases: Readonly<Record<string, number>> = {
      "10.1": 0x0a000001,
      "1.2.65535": 0x0102ffff,
      "1.16777215": 0x01ffffff,
      "4294967295": 0xffffffff,
      "0x0A000065": 0x0a000065,
      "012.0.0.0146": 0x0a000066,
      "0": 0,
      "10.0.0.100 anything": 0x0a000064,
      "10.0.0.100\tx": 0x0a000064,
    };
    for (const [text, ip] of Object.entries(cases)) expect(inetAton(text), text).to.equal(ip);
  });

  it("refuses everything else", () => {
    const cases = ["", " 1.2.3.4", "1.2.3.4.5", "1..2", ".1", "1.", "256.1.1.1", "1.2.65536", "08.1.1.1", "0x", "1x"];
    for (const text of [...cases, "-1", "4294967296"]) expect(inetAton(text), text).to.equal(undefined);
  });
});

describe("addresses with ports", () => {
  const parse = (text: string): string | undefined => {
    const endpoint = parseEndpoint(text, PROTOCOL_TCP, portNamesOnly);
    return endpoint === undefined ? undefined : `${formatAddress(endpoint.address)} ${endpoint.port}`;
  };

  it("has no port behind a bare IPv6 address", () => {
    expect(parse("2001:db8::1:80")).to.equal("2001:db8::1:80 undefined");
    expect(parse("[2001:db8::1]:80")).to.equal("2001:db8::1 80");
    expect(parse("[2001:db8::1]")).to.equal(undefined);
  });

  it("loses the port of an IPv4 address in brackets, and takes one inside", () => {
    expect(parse("[10.0.0.100]:80")).to.equal("10.0.0.100 undefined");
    expect(parse("[10.0.0.100:81]:80")).to.equal("10.0.0.100 81");
  });

  it("takes names of ports, and refuses digits alone", () => {
    expect(parse("10.0.0.100:https")).to.equal("10.0.0.100 443");
    expect(parse("80")).to.equal(undefined);
    expect(parse("")).to.equal(undefined);
  });

  it("knows multicast groups of both families", () => {
    for (const text of ["224.0.0.81", "239.255.255.255", "ff02::81"]) {
      expect(parseMulticastGroup(text), text).not.to.equal(undefined);
    }
    for (const text of ["223.255.255.255", "240.0.0.0", "224.1", "fe80::1", "", "ff02::zz"]) {
      expect(parseMulticastGroup(text), text).to.equal(undefined);
    }
  });
});

describe("numbers", () => {
  it("may have blanks and a sign before them, and nothing behind", () => {
    for (const [text, value] of [
      ["\t +7", 7],
      ["010", 10],
      ["-0", 0],
    ] as const) {
      expect(parseNumber(text, 0, 100), text).to.equal(value);
    }
    for (const text of ["", " ", "7 ", "0x7", "1e1", "1.0", "+", "٣"]) {
      expect(parseNumber(text, 0, 100), text).to.equal(undefined);
    }
  });

  it("keep to their range", () => {
    expect(parseNumber("255", 0, 255)).to.equal(255);
    expect(parseNumber("256", 0, 255)).to.equal(undefined);
    expect(parseNumber("9".repeat(400), 0, 255)).to.equal(undefined);
  });

  it("are cut to 32 bits by atoi", () => {
    const cases: Readonly<Record<string, number>> = {
      " 48x": 48,
      "-1": -1,
      x: 0,
      "4294967360": 64,
      "-4294967232": 64,
      "18446744073709551680": -1,
    };
    for (const [text, value] of Object.entries(cases)) expect(atoi(text), text).to.equal(value);
  });
});
