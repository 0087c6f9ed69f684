/** Packets as a test writes them: what is built is read back, right unless it says otherwise. The judge is the tests' own arithmetic. */
import { inspect } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import {
  ethernet,
  Fields,
  fragments,
  icmp,
  icmpAbout,
  icmpv6,
  icmpv6About,
  ip,
  packet,
  tcp,
  tunnel,
  UsageError,
  udp,
} from "tapvs/packet";
import { internetChecksum } from "../support/ones-complement.ts";

const IPV4 = "10.1.0.1:40000 > 10.1.0.100:80";
const IPV6 = "[2001:db8::1]:40000 > [2001:db8::100]:80";

/** The pseudo header of either family, by hand. */
function pseudo(bytes: Uint8Array, protocol: number, length: number): Uint8Array {
  const ends = (bytes[0] ?? 0) >> 4 === 4 ? bytes.subarray(12, 20) : bytes.subarray(8, 40);
  return Uint8Array.from([...ends, 0, 0, length >> 8, length & 255, 0, 0, 0, protocol]);
}

describe("a packet that is built", () => {
  for (const [family, ends, header] of [
    ["IPv4", IPV4, 20],
    ["IPv6", IPV6, 40],
  ] as const) {
    it(`has the fields that were given, in ${family}`, () => {
      const { fields } = tcp(ends, "P.", { sequence: 7, acknowledgement: 9, ttl: 3, tos: 8, mss: 1400, data: "GET /" });
      expect(fields.ends).equals(ends);
      expect([fields.flags, fields.sequence, fields.acknowledgement, fields.ttl, fields.tos]).deep.equals([
        "P.",
        7,
        9,
        3,
        8,
      ]);
      expect([fields.mss, fields.headerLength, fields.dataOffset]).deep.equals([1400, header, 24]);
      expect(new TextDecoder().decode(fields.data)).equals("GET /");
      expect(fields.problem).equals("");
    });

    it(`has right checksums, in ${family}`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(0xffff_ffff), (data, sequence) => {
          for (const [made, protocol] of [
            [tcp(ends, "S", { data, sequence }), 6],
            [udp(ends, { data }), 17],
          ] as const) {
            const payload = made.bytes.subarray(header);
            expect(internetChecksum(pseudo(made.bytes, protocol, payload.length), payload)).equals(0);
            if (header === 20) expect(internetChecksum(made.bytes.subarray(0, 20))).equals(0);
            expect(made.fields.problem).equals("");
          }
        }),
      );
    });

    it(`is wrong in just the way that was asked for, in ${family}`, () => {
      expect(tcp(ends, "S", { error: 1 }).fields.problem).equals("tcp checksum");
      expect(tcp(ends, "S", { error: 5 }).fields.checksumError).equals(5);
      expect(udp(ends, { error: 1 }).fields.problem).equals("udp checksum");
      expect(tcp(ends, "S", { totalLength: 99 }).fields.problem).matches(/^(total|payload) length 99 of /);
    });

    it(`comes in fragments, in ${family}`, () => {
      const whole = udp(ends, { data: new Uint8Array(100).fill(7) });
      const pieces = fragments(whole, 48);
      expect(pieces.map(({ fields }) => [fields.offset, fields.moreFragments])).deep.equals([
        [0, true],
        [48, true],
        [96, false],
      ]);
      expect(pieces.map(({ fields }) => fields.problem)).deep.equals(["", "", ""]);
      const joined = pieces.flatMap(({ fields }) => [...fields.payload]);
      expect(joined).deep.equals([...whole.fields.payload]);
    });

    it(`may be in a tunnel, in ${family}`, () => {
      for (const outer of ["10.9.0.1 > 10.9.0.2", "2001:db8:9::1 > 2001:db8:9::2"]) {
        const { fields } = tunnel(outer, tcp(ends, "S"));
        expect(`${fields.source} > ${fields.destination}`).equals(outer);
        expect(fields.inner.ends).equals(ends);
        expect(fields.problem).equals("");
      }
    });
  }

  it("may be an ICMP error about another", () => {
    const about = icmpAbout("10.1.0.254 > 10.1.0.1", 3, 4, tcp(IPV4, "S"), { rest: 1400 });
    expect([about.fields.icmpType, about.fields.icmpCode, about.fields.icmpRest]).deep.equals([3, 4, 1400]);
    expect(about.fields.inner.ends).equals(IPV4);
    expect(about.fields.problem).equals("");
    const inIpv6 = icmpv6About("2001:db8::ff > 2001:db8::1", 2, 0, tcp(IPV6, "S"), { rest: 1280 });
    expect(inIpv6.fields.inner.ends).equals(IPV6);
    expect(inIpv6.fields.problem).equals("");
    expect(icmp("10.1.0.1 > 10.1.0.100", 8, 0, { error: 1 }).fields.problem).equals("ICMP checksum");
    expect(icmpv6("2001:db8::1 > 2001:db8::2", 128, 0, { error: 1 }).fields.problem).equals("ICMPv6 checksum");
  });

  it("may have extension headers", () => {
    const { fields } = ip("2001:db8::1 > 2001:db8::2", 17, new Uint8Array(8), {
      extensions: [[60, [0, 1, 4, 0, 0, 0, 0]]],
    });
    expect([fields.protocol, fields.headerLength]).deep.equals([17, 48]);
  });

  it("may be said in words", () => {
    expect(packet("tcp 10.1.0.1:40000 > 10.1.0.100:80 S seq 1000").bytes).deep.equals(tcp(IPV4, "S").bytes);
    expect(packet("icmp 10.1.0.1 > 10.1.0.100 echo ttl 3").fields.ttl).equals(3);
    const made = [tcp(IPV6, "P.", { data: "GET /", mss: 1400, ttl: 9 }), udp(IPV4), icmp("10.1.0.1 > 10.1.0.2", 8, 0)];
    for (const one of made) expect(packet(String(one)).bytes).deep.equals(one.bytes);
  });

  it("is refused where it cannot be", () => {
    for (const [build, message] of [
      [() => tcp("10.1.0.1:1", "S"), /expected the ends of a packet/],
      [() => tcp("10.1.0.1:70000 > 10.1.0.2:1", "S"), /expected the ends of a packet/],
      [() => tcp("10.1.0.1:1 > [2001:db8::1]:1", "S"), /both ends in one family/],
      [() => tcp(IPV4, "Q"), /expected TCP flags/],
      [() => tcp(IPV6, "S", { dontFragment: true }), /no such field in a packet of IPv6/],
      [() => icmp("2001:db8::1 > 2001:db8::2", 8, 0), /icmpv6 is for the other family/],
      [() => tcp(IPV4, "S", { ttl: 300 }), /^ttl: expected a whole number from 0 to 255, got 300$/],
      [() => udp(IPV4, { id: -1 }), /^id: expected a whole number from 0 to 65535, got -1$/],
      [() => icmp("10.1.0.1 > 10.1.0.2", 8, 0, { rest: 0.5 }), /^rest: expected a whole number/],
      [() => tcp(IPV4, "S", { tcpOptions: [1] }), /^tcpOptions: expected a multiple of 4 bytes, at most 40, got 1$/],
      [() => udp(IPV4, { offset: 9 }), /^offset: expected a multiple of 8 bytes, got 9$/],
      [() => tcp(IPV4, "S", { options: new Array(44).fill(1) }), /^options: expected a multiple of 4 bytes/],
      [() => tcp(Number.NaN as never, "S"), /^NaN: expected the ends of a packet/],
      [() => fragments(tcp(IPV4, "S"), 9), /a multiple of 8/],
      [() => ethernet("02:00", "02:00:00:00:00:01", tcp(IPV4, "S")), /expected a MAC address/],
      [() => tcp(IPV4, undefined as never), /^undefined: expected TCP flags/],
      [() => tcp(IPV4, "S", null as never), /^expected an object with any of ttl, .*; got null$/],
      [() => tcp(IPV4, "S", "ttl 3" as never), /^expected an object with any of ttl, .*; got "ttl 3"$/],
      [() => tcp(IPV4, "S", { seq: 1 } as never), /^seq: no such field; expected one of ttl, .*sequence/],
      [() => tcp(IPV4, "P.", { data: 5 as never }), /^data: expected bytes or a text, got 5$/],
      [() => udp(IPV4, { unchecked: 1 as never }), /^unchecked: expected true or false, got 1$/],
      [() => udp(IPV4, { data: "x".repeat(65_508) }), /^expected a packet of at most 65535 bytes, got 65536$/],
      [() => udp("10.1.0.1 > 10.1.0.2:53"), /^"10.1.0.1 > 10.1.0.2:53": expected a port at both ends/],
      [() => tcp("2001:db8::1 > 2001:db8::2", "S"), /expected a port at both ends/],
      [
        () => icmp("10.1.0.1 > 10.1.0.2", "echo" as never, 0),
        /^type: expected a whole number from 0 to 255, got "echo"$/,
      ],
      [
        () => icmpAbout("10.1.0.1 > 10.1.0.2", 3, 1, undefined as never),
        /^expected a packet of tapvs\/packet, or bytes/,
      ],
      [() => icmpv6About("::1 > ::2", 1, 1, tcp(IPV6, "S"), { size: 9 } as never), /^size: no such field/],
      [() => tunnel("10.1.0.1 > 10.1.0.2", "S" as never), /^expected a packet of tapvs\/packet, or bytes, got "S"/],
      [() => fragments("S" as never, 8), /^expected a packet of tapvs\/packet, or bytes, got "S"/],
      [() => ip("10.1.0.1 > 10.1.0.2", 300, new Uint8Array()), /^protocol: expected a whole number from 0 to 255/],
      [() => ip("10.1.0.1 > 10.1.0.2", 47, "x" as never), /^payload: expected bytes, got "x"$/],
      [() => packet(5 as never), /^expected a packet in words, got 5$/],
      [() => packet("tcp 10.1.0.1 > 10.1.0.2 S"), /word 2, "10.1.0.1": expected a source/],
    ] as const)
      expect(build).throws(UsageError, message);
  });
});

describe("fields", () => {
  it("are printed by console.log: those that the protocol has", () => {
    const { fields } = udp(IPV4, { tos: 4, error: 1 });
    const printed = inspect(fields, { breakLength: Number.POSITIVE_INFINITY });
    expect(printed).matches(
      /^Fields \{ toMac: .*source: '10.1.0.1', destination: '10.1.0.100', protocol: 17, ttl: 64, tos: 4/,
    );
    expect(printed).includes("destinationPort: 80").and.includes("problem: ").and.not.includes("sequence");
    expect(inspect(tcp(IPV4, "S"))).equals("Packet <tcp 10.1.0.1:40000 > 10.1.0.100:80 S>");
  });

  it("of any bytes can be read", () => {
    const getters = Object.entries(Object.getOwnPropertyDescriptors(Fields.prototype)).filter(([, { get }]) => get);
    expect(getters.length).greaterThan(25);
    const types = fc.constantFrom([8, 0], [0x86, 0xdd], [8, 6], [1, 2]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), types, (bytes, type) => {
        bytes.set(type.slice(0, Math.max(0, bytes.length - 12)), Math.min(12, bytes.length));
        const fields = new Fields(bytes);
        for (const [, { get }] of getters) get?.call(fields);
        expect(String(fields)).a("string");
      }),
    );
  });
});
