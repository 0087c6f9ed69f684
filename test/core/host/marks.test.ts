import { expect } from "chai";
import fc from "fast-check";
import { prefixed } from "../../../src/core/host/config/config.ts";
import { Marks, UNREADABLE } from "../../../src/core/host/marks.ts";
import { AddressTable } from "../../../src/core/wire/address-table.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { readIpv4 } from "../../../src/core/wire/ipv4.ts";
import { CLIENT, CLIENT2, DIRECTOR_MACS, macOf, VIP } from "../../support/lab.ts";
import { counting, ethernet, ip, ipv4, tcp, udp } from "../../support/packet.ts";

const ADDRESSES = new AddressTable();

function read(frame: Frame): Frame {
  readIpv4(frame, ADDRESSES);
  return frame;
}

describe("marks", () => {
  const rule = (mark: number, portFirst: number, portLast: number, protocol: 6 | 17 = 6) => ({
    protocol,
    destination: prefixed(ip("203.0.113.0"), 24),
    portFirst,
    portLast,
    mark,
  });
  const mark = (bytes: Uint8Array, rules = [rule(1, 80, 90), rule(2, 85, 85), rule(3, 1, 65535, 17)]): number =>
    new Marks(rules, ADDRESSES).of(read(Frame.of(ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), bytes))));
  const to = (port: number, address = VIP) => tcp(`${CLIENT}:1 > ${address}:${port}`, "S").bytes;

  it("the last rule that matches protocol, destination and port wins", () => {
    expect([79, 80, 84, 85, 90, 91].map((port) => mark(to(port)))).to.deep.equal([0, 1, 1, 2, 1, 0]);
    expect(mark(udp(`${CLIENT}:1 > ${VIP}:80`).bytes)).to.equal(3);
    expect(mark(to(80, CLIENT2))).to.equal(0);
    expect(mark(to(80), [])).to.equal(0);
  });

  it("later fragments match no rule; what a rule would match but cannot read is dropped", () => {
    const later = ipv4(`${CLIENT} > ${VIP}`, 6, counting(40), { offset: 80 }).bytes;
    expect(mark(later)).to.equal(0);
    expect(mark(ipv4(`${CLIENT} > ${VIP}`, 6, counting(40), { offset: 8 }).bytes)).to.equal(UNREADABLE);
    expect(mark(ipv4(`${CLIENT} > ${VIP}`, 6, counting(19)).bytes)).to.equal(UNREADABLE);
    expect(mark(ipv4(`${CLIENT} > ${VIP}`, 17, counting(7)).bytes)).to.equal(UNREADABLE);
    expect(mark(ipv4(`${CLIENT} > ${CLIENT2}`, 6, counting(19)).bytes)).to.equal(0);
  });

  it("thousands of rules mark as a look at each of them does, from the first to the last", () => {
    const port = fc.oneof(fc.nat(12), fc.nat(65535));
    const drawn = fc.record({
      protocol: fc.constantFrom(6 as const, 17 as const),
      destination: fc
        .tuple(fc.nat(255), fc.constantFrom(0, 8, 24, 28, 31, 32))
        .map(([last, prefix]) =>
          prefixed((ip("203.0.113.0") + last) & (prefix === 0 ? 0 : -1 << (32 - prefix)), prefix),
        ),
      portFirst: port,
      portLast: port,
      mark: fc.integer({ min: 1, max: 99 }),
    });
    const asked = fc.tuple(fc.nat(255), port, fc.boolean());
    fc.assert(
      fc.property(
        fc.array(drawn, { maxLength: 60 }),
        fc.array(asked, { minLength: 1, maxLength: 20 }),
        (rules, packets) => {
          const marks = new Marks(rules, ADDRESSES);
          for (const [last, to, isTcp] of packets) {
            const ends = `${CLIENT}:1 > 203.0.113.${last}:${to}`;
            const packet = isTcp ? tcp(ends, "S") : udp(ends);
            const frame = read(Frame.of(ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), packet.bytes)));
            const matching = rules.filter(
              ({ protocol, destination, portFirst, portLast }) =>
                protocol === frame.protocol &&
                ADDRESSES.samePrefix(frame.destination, ADDRESSES.of(destination.address), destination.prefix) &&
                portFirst <= to &&
                to <= portLast,
            );
            expect(marks.of(frame)).to.equal(matching.at(-1)?.mark ?? 0);
          }
        },
      ),
    );
  });
});
