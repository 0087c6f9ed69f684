/** The host around IPVS: what it takes for a packet, what it forwards, and what it says for itself. */
import { expect } from "chai";
import fc from "fast-check";
import { markOf, UNREADABLE } from "../../../src/core/director/marks.ts";
import { blankUncopiedOptions, obeyOptions, SOURCE_ROUTED } from "../../../src/core/director/ip-options.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import {
  acknowledgement,
  between,
  carries,
  dontFragment,
  ends,
  expectFrame,
  expectFrames,
  flags,
  icmpError,
  id,
  length,
  onPort,
  quotes,
  sequence,
  tos,
  ttl,
} from "../../support/check.ts";
import { CLIENT, CLIENT2, DIRECTOR, DIRECTOR_MACS, FAR_CLIENT, INSIDE, lab, macOf, SERVER, VIP } from "../../support/lab.ts";
import { counting, ethernet, icmp, icmpAbout, ip, ipv4, repairHeader, tcp, udp } from "../../support/packet.ts";

const ACROSS = `${FAR_CLIENT}:1 > ${SERVER}:2`;

describe("what is a packet", () => {
  it("padding behind a packet is cut off and never sent on", () => {
    const packet = udp(ACROSS, { data: "x" });
    const padded = Uint8Array.from([...packet.bytes, ...new Uint8Array(17).fill(0xa5)]);
    expectFrame(lab().receive(padded, "eth0").sent[0], length(29), carries("x"));
  });

  it("a header that lies about its own length, or the packet's, is none", () => {
    const made = lab();
    for (const [fields, verdict] of [
      [{ version: 6 }, "ipv4-malformed"],
      [{ headerWords: 4 }, "ipv4-malformed"],
      [{ headerWords: 0 }, "ipv4-malformed"],
      [{ headerWords: 15 }, "ipv4-truncated"],
      [{ totalLength: 19 }, "ipv4-malformed"],
      [{ totalLength: 65535 }, "ipv4-truncated"],
      [{ headerError: 1 }, "ipv4-bad-checksum"],
    ] as const) {
      const packet = udp(ACROSS, fields).bytes;
      if (!("headerError" in fields)) repairHeader(packet);
      expect(made.receive(packet, "eth0").verdict, JSON.stringify(fields)).to.equal(verdict);
    }
    for (let size = 14; size < 34; size++) {
      const frame = ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), udp(ACROSS)).slice(0, size);
      expect(made.receiveFrame(frame).verdict, `${size} bytes`).to.equal("ipv4-truncated");
    }
  });

  it("addresses that cannot be anybody's, or are the director's own, do not come from the wire", () => {
    const made = lab();
    for (const [source, target, verdict] of [
      ["127.0.0.1", SERVER, "martian-source"],
      ["224.0.0.1", SERVER, "martian-source"],
      ["239.255.255.255", SERVER, "martian-source"],
      ["255.255.255.255", SERVER, "martian-source"],
      ["0.0.0.0", SERVER, "martian-source"],
      [VIP, SERVER, "martian-source"],
      [INSIDE, VIP, "martian-source"],
      [CLIENT, "127.0.0.1", "martian-destination"],
      [CLIENT, "0.0.0.0", "martian-destination"],
      [CLIENT, "224.0.0.5", "martian-destination"],
      ["0.0.0.0", "255.255.255.255", "host-silent"],
      ["0.0.0.0", "0.0.0.0", "host-silent"],
      [CLIENT, "198.51.100.255", "host-silent"],
      [VIP, "203.0.113.7", "no-route"],
    ] as const) {
      expect(made.receive(udp(`${source}:1 > ${target}:2`), "eth0").verdict, `${source} > ${target}`).to.equal(verdict);
    }
  });

  it("rp_filter 1 wants the way back by the same port, 2 any way back", () => {
    const verdict = (filter: number, source: string, port: string): string =>
      lab([], { sysctl: { "net.ipv4.conf.all.rp_filter": filter } }).receive(udp(`${source}:1 > ${DIRECTOR}:9`), port).verdict;
    expect([0, 1, 2].map((filter) => verdict(filter, CLIENT, "eth0"))).to.deep.equal(["delivered", "delivered", "delivered"]);
    expect([0, 1, 2].map((filter) => verdict(filter, CLIENT, "eth1"))).to.deep.equal(["delivered", "reverse-path", "delivered"]);
    expect([1, 2].map((filter) => verdict(filter, "203.0.113.7", "eth0"))).to.deep.equal(["reverse-path", "reverse-path"]);
  });
});

describe("forwarding", () => {
  it("changes Ethernet addresses and TTL, and nothing else", () => {
    const packet = tcp(ACROSS, "P.", { data: counting(77), tos: 0x1e, id: 999, options: [1, 1, 1, 0], ttl: 17 });
    const [seen] = lab().receive(packet, "eth0").sent;
    expectFrame(seen, onPort("eth1"), ttl(16));
    const back = Uint8Array.from(seen?.packet ?? []);
    back[8] = 17;
    repairHeader(back);
    expect(back).to.deep.equal(packet.bytes);
  });

  it("a TTL that runs out, a packet too long, and a destination without a way are told", () => {
    const made = lab([], { mtu: [1500, 576] });
    expectFrames(made.receive(udp(ACROSS, { ttl: 1 }), "eth0").sent, [between(`${DIRECTOR} > ${FAR_CLIENT}`), icmpError(11, 0), quotes(ttl(1))]);
    const long = udp(ACROSS, { data: counting(600), dontFragment: true });
    expectFrames(made.receive(long, "eth0").sent, [icmpError(3, 4, 576), quotes(ttl(64), ends(ACROSS)), length(576)]);
    made.wait(100);
    expectFrames(made.receive(udp(`${CLIENT}:1 > 203.0.113.7:2`)).sent, [between(`${DIRECTOR} > ${CLIENT}`), icmpError(3, 0)]);
  });

  it("blanks what stands behind an end of options, and the header checksum is right", () => {
    const packet = udp(ACROSS, { options: [1, 0, 7, 9, 4, 0, 0, 3] });
    const [seen] = lab().receive(packet, "eth0").sent;
    expectFrame(seen, ends(ACROSS));
    expect([...(seen?.packet.subarray(20, 28) ?? [])]).to.deep.equal([1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("with ip_forward off only the director's own packets are taken", () => {
    const made = lab([], { sysctl: { "net.ipv4.ip_forward": 0 } });
    expect(made.receive(udp(ACROSS), "eth0")).to.deep.equal({ verdict: "forwarding-off", sent: [] });
    expect(made.receive(udp(`${CLIENT}:1 > 203.0.113.7:2`))).to.deep.equal({ verdict: "forwarding-off", sent: [] });
    expect(made.receive(icmp(`${CLIENT} > ${DIRECTOR}`, 8, 0)).verdict).to.equal("delivered");
  });
});

describe("the host's own words", () => {
  it("a ping is answered with the same data, TOS and rest, from the address that was pinged", () => {
    const ping = icmp(`${CLIENT} > ${INSIDE}`, 8, 0, { rest: 0x00070001, data: counting(100), tos: 0x2f });
    const [pong] = lab().receive(ping).sent;
    expectFrame(pong, between(`${INSIDE} > ${CLIENT}`), icmpError(0, 0, 0x00070001), tos(0x2f), ttl(64), dontFragment(false));
    expect(pong?.payload.slice(8)).to.deep.equal(counting(100));
    const silent = lab([], { sysctl: { "net.ipv4.icmp_echo_ignore_all": 1 } });
    expect(silent.receive(ping).verdict).to.equal("host-silent");
    expect(lab().receive(icmp(`${CLIENT} > ${INSIDE}`, 8, 0, { error: 5 })).verdict).to.equal("host-checksum");
  });

  it("a ping in fragments is answered in fragments", () => {
    const made = lab([], { mtu: [576, 1500] });
    const ping = icmp(`${CLIENT} > ${DIRECTOR}`, 8, 0, { data: counting(1000) });
    const { sent } = made.receive(ping);
    expect(sent).to.have.length(2);
  });

  it("a segment for a closed port is reset as RFC 9293 says (section 3.10.7.1)", () => {
    const reset = (letters: string, fields = {}) => lab().receive(tcp(`${CLIENT}:40000 > ${DIRECTOR}:22`, letters, { sequence: 1000, ...fields })).sent;
    const header = [ends(`${DIRECTOR}:22 > ${CLIENT}:40000`), id(0), dontFragment(true), ttl(64), length(40)];
    expectFrames(reset("S"), [...header, flags("R."), sequence(0), acknowledgement(1001)]);
    expectFrames(reset("F", { data: "abc" }), [...header, flags("R."), sequence(0), acknowledgement(1004)]);
    expectFrames(reset("", { data: "abc" }), [...header, flags("R."), acknowledgement(1003)]);
    expectFrames(reset("S", { sequence: 0xffffffff }), [...header, acknowledgement(0)]);
    expectFrames(reset(".", { acknowledgement: 777 }), [...header, flags("R"), sequence(777), acknowledgement(0)]);
    expectFrames(reset("S.", { acknowledgement: 777, tos: 0xff }), [...header, flags("R"), tos(0xfc)]);
    expect(reset("R")).to.have.length(0);
    expect(reset("R.")).to.have.length(0);
    expect(reset("S", { error: 1 })).to.have.length(0);
  });

  it("a datagram for a closed port earns port unreachable, if its checksum is right", () => {
    const told = (fields = {}) => lab().receive(udp(`${CLIENT}:1 > ${DIRECTOR}:9`, { data: "abc", ...fields })).sent.length;
    expect([told(), told({ unchecked: true }), told({ error: 1 }), told({ length: 7 }), told({ length: 12 })]).to.deep.equal([
      1, 1, 0, 0, 0,
    ]);
  });

  it("a protocol that the host does not speak is refused", () => {
    const answer = (protocol: number, bytes = 20) => {
      const { verdict, sent } = lab().receive(ipv4(`${CLIENT} > ${DIRECTOR}`, protocol, counting(bytes)));
      return [verdict, sent[0]?.icmpType, sent[0]?.icmpCode];
    };
    expect(answer(253)).to.deep.equal(["delivered", 3, 2]);
    expect(answer(4)).to.deep.equal(["delivered", 3, 3]);
    expect(answer(4, 19)).to.deep.equal(["host-truncated", undefined, undefined]);
    expect(answer(2)).to.deep.equal(["host-silent", undefined, undefined]);
  });

  it("an error keeps the offender's TOS but its lowest bit, and 548 bytes of it at most", () => {
    for (const [asked, told] of [
      [0x00, 0xc0],
      [0x1f, 0xde],
      [0xff, 0xde],
      [0x01, 0xc0],
      [0x03, 0xc2],
    ] as const) {
      const { sent } = lab().receive(udp(`${CLIENT}:1 > ${DIRECTOR}:9`, { tos: asked, data: counting(800) }));
      expectFrames(sent, [tos(told), length(576), icmpError(3, 3)]);
    }
  });

  it("nothing is told about errors, unknown messages, later fragments, broadcasts, and frames for everybody", () => {
    const made = lab();
    const quiet = [
      icmpAbout(`${CLIENT} > ${SERVER}`, 3, 1, udp(ACROSS), { ttl: 1 }),
      icmpAbout(`${CLIENT} > ${SERVER}`, 6, 0, udp(ACROSS), { ttl: 1 }),
      icmpAbout(`${CLIENT} > ${SERVER}`, 19, 0, udp(ACROSS), { ttl: 1 }),
      ipv4(`${CLIENT} > ${SERVER}`, 17, counting(20), { ttl: 1, offset: 8 }),
      udp(`${CLIENT}:1 > 198.51.100.255:9`),
    ];
    for (const packet of quiet) expect(made.receive(packet).sent, `${packet}`).to.have.length(0);
    const everybody = ethernet("ff:ff:ff:ff:ff:ff", macOf(CLIENT), udp(`${CLIENT}:1 > ${DIRECTOR}:9`));
    expect(made.receiveFrame(everybody).sent).to.have.length(0);
    expect(made.receive(icmp(`${CLIENT} > ${SERVER}`, 8, 0, { ttl: 1 })).sent, "a ping may be").to.have.length(1);
  });
});

describe("marks", () => {
  const rule = (mark: number, portFirst: number, portLast: number, protocol: 6 | 17 = 6) => ({
    protocol,
    destination: { ip: ip("203.0.113.0"), prefix: 24 },
    portFirst,
    portLast,
    mark,
  });
  const mark = (bytes: Uint8Array, rules = [rule(1, 80, 90), rule(2, 85, 85), rule(3, 1, 65535, 17)]): number =>
    markOf(rules, Frame.of(ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), bytes)));
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
});

describe("IPv4 options", () => {
  /** A header with these options, between bytes that are not to be touched. */
  const header = (options: readonly number[]): Uint8Array => {
    const padded = [...options, ...new Array<number>(-options.length & 3).fill(0)].slice(0, 40);
    const bytes = ipv4(`${CLIENT} > ${VIP}`, 253, counting(4), { options: padded }).bytes;
    return Uint8Array.from([0xa5, 0xa5, ...bytes]);
  };
  const obey = (bytes: Uint8Array, address?: number): number => obeyOptions(new DataView(bytes.buffer), 2, address);

  it("are sound if they follow each other to the end, or to an end of options", () => {
    for (const options of [[], [1, 1, 1, 1], [0, 0, 0, 0], [0x94, 4, 0, 0], [1, 0x94, 4, 0, 0, 1, 1, 0]]) {
      expect(obey(header(options)), `${options}`).to.equal(0);
    }
  });

  it("that are cut off, or shorter than an option can be, are told by their place", () => {
    for (const [options, place] of [
      [[1, 1, 1, 0x94], 23],
      [[0x94, 1, 0, 0], 20],
      [[1, 0x94, 5, 0], 21],
      [[0x94, 0, 0, 0], 20],
      [[0x94, 4, 0, 0, 30, 9, 0, 0], 24],
    ] as const) {
      expect(obey(header(options)), `${options}`).to.equal(place);
    }
  });

  it("a record route gets the director's address, a source route none", () => {
    const route = header([7, 7, 4, 0, 0, 0, 0, 0]);
    expect(obey(route, ip(DIRECTOR))).to.equal(0);
    expect([...route.subarray(22, 29)]).to.deep.equal([7, 7, 8, 198, 51, 100, 254]);
    const passing = header([7, 7, 4, 0, 0, 0, 0, 0]);
    obey(passing);
    expect([...passing.subarray(22, 29)]).to.deep.equal([7, 7, 4, 0, 0, 0, 0]);
    for (const type of [131, 137]) expect(obey(header([type, 7, 4, 192, 0, 2, 1, 0]))).to.equal(SOURCE_ROUTED);
  });

  it("of any bytes: the walk ends, stays inside, and says what is wrong within the header", () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 4, 7, 68, 131, 137, 148));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), fc.boolean(), (options, forUs) => {
        const bytes = header(options);
        const size = ((bytes[2] ?? 0) & 15) * 4;
        const around = [...bytes.subarray(0, 22), ...bytes.subarray(2 + size)];
        const result = obey(bytes, forUs ? ip(DIRECTOR) : undefined);
        expect([...bytes.subarray(0, 22), ...bytes.subarray(2 + size)]).to.deep.equal(around);
        if (result !== SOURCE_ROUTED && result !== 0) expect(result).to.be.within(20, size - 1);
      }),
      { numRuns: 1000 },
    );
  });

  it("what only the first fragment carries is blanked in others, once and for all", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 4, 0x94, 0x83))), (bytes) => {
        const after = Uint8Array.from([0xa5, ...bytes, 0xa5]);
        const inside = new DataView(after.buffer);
        blankUncopiedOptions(inside, 1, 1 + bytes.length);
        expect([after[0], after.at(-1)]).to.deep.equal([0xa5, 0xa5]);
        const once = after.slice();
        blankUncopiedOptions(inside, 1, 1 + bytes.length);
        expect(after, "a second time").to.deep.equal(once);
      }),
      { numRuns: 1000 },
    );
  });
});
