/** Addresses, held against node:net: isIP for what is one, SocketAddress for how it is printed. */
import { isIPv4, isIPv6, SocketAddress } from "node:net";
import { expect } from "chai";
import fc from "fast-check";
import {
  AF_INET,
  AF_INET6,
  ANY,
  firstWord,
  formatAddress,
  formatIpv4,
  formatMac,
  ipv4,
  netmask,
  parseAddress,
  parseIpv4,
  parseIpv6,
  parseMac,
  sameAddress,
} from "../../../src/core/wire/address.ts";

/** Texts made of the pieces that addresses are made of: now and then one is an address. */
const nearlyIpv4 = fc
  .array(fc.constantFrom("0", "1", "9", "25", "255", "256", "00", "01", "1e1", "", " ", "-1", "a"), {
    minLength: 3,
    maxLength: 5,
  })
  .map((parts) => parts.join("."));

const nearlyIpv6 = fc
  .array(
    fc.constantFrom(
      ":",
      ":",
      ":",
      "::",
      "0",
      "1",
      "ffff",
      "FFFF",
      "10000",
      "dead",
      "g",
      "1.2.3.4",
      "1.2.3",
      "255.255.255.256",
    ),
    {
      maxLength: 17,
    },
  )
  .map((parts) => parts.join(""));

const words = fc.tuple(
  ...([0, 1, 2, 3] as const).map(() => fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 1, 0xffff))),
);
const ipv6 = words.map(([a, b, c, d]) => ({ family: AF_INET6, words: [a ?? 0, b ?? 0, c ?? 0, d ?? 0] }) as const);

describe("IPv4 addresses", () => {
  it("any 32-bit number prints as a text that isIPv4 takes and that reads back", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        const text = formatIpv4(value);
        expect(isIPv4(text), text).to.equal(true);
        expect(parseIpv4(text)).to.equal(value);
        expect(formatIpv4(value | 0), "the same number, signed").to.equal(text);
      }),
    );
  });

  it("reads exactly what isIPv4 takes", () => {
    fc.assert(
      fc.property(fc.oneof(nearlyIpv4, fc.ipV4(), fc.string()), (text) => {
        expect(parseIpv4(text) !== undefined, JSON.stringify(text)).to.equal(isIPv4(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("puts the first number into the highest byte", () => {
    expect(parseIpv4("1.2.3.4")).to.equal(0x01020304);
    expect(parseIpv4("255.0.0.1")).to.equal(0xff000001);
  });

  it("an address of a number is unsigned in its first word", () => {
    expect(firstWord(ipv4(-1))).to.equal(0xffffffff);
    expect(ipv4(0)).to.deep.equal(ANY);
  });

  it("a netmask has as many ones as its prefix", () => {
    for (let prefix = 0; prefix <= 32; prefix++) {
      const bits = netmask(prefix).toString(2).padStart(32, "0");
      expect(bits).to.equal("1".repeat(prefix).padEnd(32, "0"));
    }
  });
});

describe("IPv6 addresses", () => {
  it("print as SocketAddress prints them, and read back", () => {
    fc.assert(
      fc.property(ipv6, (address) => {
        const text = formatAddress(address);
        expect(isIPv6(text), text).to.equal(true);
        expect(new SocketAddress({ address: text, family: "ipv6" }).address).to.equal(text);
        expect(parseIpv6(text)).to.deep.equal(address);
      }),
      { numRuns: 1000 },
    );
  });

  it("reads exactly what isIPv6 takes without a zone, as the same address", () => {
    fc.assert(
      fc.property(fc.oneof({ weight: 3, arbitrary: nearlyIpv6 }, fc.ipV6(), fc.string()), (text) => {
        if (text.includes("%")) return;
        const parsed = parseIpv6(text);
        expect(parsed !== undefined, JSON.stringify(text)).to.equal(isIPv6(text));
        if (parsed === undefined) return;
        expect(formatAddress(parsed)).to.equal(new SocketAddress({ address: text, family: "ipv6" }).address);
      }),
      { numRuns: 5000 },
    );
  });

  it("shortens the longest run of zero groups, the first of equals, and no single one (RFC 5952, section 4.2)", () => {
    for (const [text, short] of [
      ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
      ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
      ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
      ["0:0:0:0:0:0:0:0", "::"],
      ["0:0:0:0:0:0:0:1", "::1"],
      ["1:0:0:0:0:0:0:0", "1::"],
      ["2001:DB8::A", "2001:db8::a"],
    ] as const) {
      const address = parseIpv6(text);
      if (address === undefined) expect.fail(`${text} was not read`);
      expect(formatAddress(address)).to.equal(short);
    }
  });

  it("prints an embedded IPv4 address as glibc does", () => {
    for (const text of ["::ffff:192.0.2.1", "::192.0.2.1", "::ffff", "::1"]) {
      const address = parseIpv6(text);
      if (address === undefined) expect.fail(`${text} was not read`);
      expect(formatAddress(address)).to.equal(text);
    }
  });
});

describe("addresses of either family", () => {
  it("are told apart by their text", () => {
    expect(parseAddress("192.0.2.1")?.family).to.equal(AF_INET);
    expect(parseAddress("2001:db8::1")?.family).to.equal(AF_INET6);
    expect(parseAddress("example.org")).to.equal(undefined);
  });

  it("are the same if family and all words are", () => {
    fc.assert(
      fc.property(ipv6, fc.nat(3), fc.nat(31), (address, word, bit) => {
        const changed = address.words.map((value, index) => (index === word ? (value ^ (1 << bit)) >>> 0 : value));
        const [a = 0, b = 0, c = 0, d = 0] = changed;
        expect(sameAddress(address, { ...address })).to.equal(true);
        expect(sameAddress(address, { family: AF_INET6, words: [a, b, c, d] })).to.equal(false);
      }),
    );
    expect(sameAddress(ipv4(0), { family: AF_INET6, words: [0, 0, 0, 0] })).to.equal(false);
  });
});

describe("MAC addresses", () => {
  it("read back as they print", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        expect(parseMac(formatMac(bytes))).to.deep.equal(bytes);
        expect(parseMac(formatMac(bytes).toUpperCase())).to.deep.equal(bytes);
      }),
    );
  });

  it("are six pairs of hexadecimal digits and nothing else", () => {
    for (const text of [
      "",
      "02:00:00:00:01",
      "02:00:00:00:01:64:00",
      "2:0:0:0:1:64",
      "02-00-00-00-01-64",
      "02:00:00:00:01:6g",
    ]) {
      expect(parseMac(text), text).to.equal(undefined);
    }
  });
});
