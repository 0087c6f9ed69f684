import { expect } from "chai";
import fc from "fast-check";
import { ipPacket, networkPacket } from "../../../../src/core/capture/network-packet.ts";
import { type Datagram, DatagramReader, endpointKey } from "../../../../src/core/replay/adopt/datagram.ts";
import { finishOffloads, hasWrongHeader, lendHop, readdress } from "../../../../src/core/replay/adopt/rewriting.ts";
import { segmentsOf } from "../../../../src/core/replay/adopt/segments.ts";
import { Survey } from "../../../../src/core/replay/adopt/survey.ts";
import { innermost } from "../../../../src/core/replay/adopt/tunnels.ts";
import { parseAddress } from "../../../../src/core/wire/address.ts";
import { counting, ipv4, type Packet, tcp, udp } from "../../../support/packet.ts";
import { tcpIpv6 } from "../../../support/packet-ipv6.ts";

const ENDS = "198.51.100.1:40000 > 203.0.113.7:80";

const address = (text: string) => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
};

function read(packet: Packet, reader = new DatagramReader()): Datagram {
  const datagram = reader.read(packet.bytes);
  if (typeof datagram === "string") throw new Error(datagram);
  return datagram;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("a packet to be adopted", () => {
  it("keeps its ends in later fragments, and gets others in all of them", () => {
    const whole = udp("198.51.100.1:5000 > 203.0.113.7:53", { data: counting(2000) }).bytes.slice(20);
    const ends = "198.51.100.1 > 203.0.113.7";
    const fragments = [
      ipv4(ends, 17, whole.slice(0, 1000), { id: 7, moreFragments: true }),
      ipv4(ends, 17, whole.slice(1000), { id: 7, offset: 1000 }),
    ];
    const reader = new DatagramReader();
    const moved = fragments.map((fragment) => {
      const datagram = read(fragment, reader);
      expect(endpointKey(datagram.destination)).equals("203.0.113.7 53");
      readdress(
        datagram,
        { address: address("192.0.2.9"), port: 6000 },
        { address: address("10.77.2.11"), port: 5353 },
      );
      expect(hasWrongHeader(datagram)).equals(false);
      return datagram.bytes.slice(20);
    });
    const expected = udp("192.0.2.9:6000 > 10.77.2.11:5353", { data: counting(2000) }).bytes.slice(20);
    expect(hex(Uint8Array.from(moved.flatMap((part) => [...part])))).equals(hex(expected));
    const [, later] = fragments;
    expect(new DatagramReader().read(later?.bytes ?? new Uint8Array(20))).equals(
      "fragments whose first one is missing",
    );
  });

  it("keeps a wrong checksum as wrong as it was, and a UDP one of 0", () => {
    const moved = read(tcp(ENDS, "S", { error: 5 }));
    readdress(moved, { address: address("192.0.2.9"), port: 1 }, { address: address("192.0.2.8"), port: 2 });
    expect(hex(moved.bytes)).equals(hex(tcp("192.0.2.9:1 > 192.0.2.8:2", "S", { error: 5 }).bytes));
    const unchecked = read(udp("192.0.2.1:1 > 192.0.2.2:2", { unchecked: true }));
    readdress(unchecked, unchecked.destination, unchecked.source);
    expect(hex(unchecked.bytes)).equals(hex(udp("192.0.2.2:2 > 192.0.2.1:1", { unchecked: true }).bytes));
  });

  it("gets what was left to the network card: length, header checksum, partial checksum", () => {
    for (const packet of [
      tcp(ENDS, "P.", { data: "hello" }),
      tcpIpv6("2001:db8::1 > 2001:db8::2", [40000, 80], "P."),
    ]) {
      const partial = read(packet);
      const right = hex(packet.bytes);
      const { view, transport } = partial;
      const four = transport === 20;
      if (four) {
        view.setUint16(2, 0);
        view.setUint16(10, 0);
      }
      let pseudo = 6 + packet.bytes.length - transport;
      for (let at = four ? 12 : 8; at < (four ? 20 : 40); at += 2) pseudo += view.getUint16(at);
      pseudo = (pseudo & 0xffff) + (pseudo >>> 16);
      view.setUint16(transport + 16, (pseudo & 0xffff) + (pseudo >>> 16));
      expect(finishOffloads(partial, false)).equals(true);
      expect(hex(partial.bytes)).equals(right);
      expect(finishOffloads(partial, false)).equals(false);
    }
  });

  it("that ended its hops at the server lives for one more, its header right", () => {
    const last = read(tcp(ENDS, "S", { ttl: 1 }));
    expect(lendHop(last)).equals(true);
    expect(hex(last.bytes)).equals(hex(tcp(ENDS, "S", { ttl: 2 }).bytes));
    expect(lendHop(read(tcp(ENDS, "S")))).equals(false);
  });

  it("that was merged becomes segments with the same bytes in the same order", () => {
    const data = counting(4000);
    const segments = segmentsOf(read(tcp(ENDS, "FP.", { data, id: 9 })));
    expect(segments.map(({ bytes }) => bytes.length)).deep.equals([1500, 1500, 1120]);
    const expected = [
      tcp(ENDS, ".", { data: data.slice(0, 1460), id: 9 }),
      tcp(ENDS, ".", { data: data.slice(1460, 2920), id: 10, sequence: 2460 }),
      tcp(ENDS, "FP.", { data: data.slice(2920), id: 11, sequence: 3920 }),
    ];
    expect(segments.map(({ bytes }) => hex(bytes))).deep.equals(expected.map(({ bytes }) => hex(bytes)));
  });

  it("comes out of tunnels: IP in IP, GRE with IP, GRE with Ethernet and a key", () => {
    const inside = tcp(ENDS, "S");
    const ethernet = [...new Array<number>(12).fill(2), 8, 0];
    const around = (protocol: number, header: readonly number[]): Uint8Array =>
      ipv4("192.0.2.1 > 192.0.2.2", protocol, Uint8Array.from([...header, ...inside.bytes])).bytes;
    for (const packet of [
      around(4, []),
      around(47, [0, 0, 8, 0]),
      around(47, [0x20, 0, 0x65, 0x58, 0, 0, 0, 1, ...ethernet]),
    ])
      expect(hex(innermost(packet))).equals(hex(inside.bytes));
    expect(innermost(inside.bytes)).equals(inside.bytes);
  });

  it("is found behind PPPoE, MPLS and PPP's many forms", () => {
    const packet = tcp(ENDS, "S").bytes;
    const mac = new Array<number>(12).fill(2);
    for (const [linkType, head] of [
      [1, [...mac, 0x88, 0x64, 0x11, 0, 0, 9, 0, packet.length + 2, 0, 0x21]],
      [1, [...mac, 0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64]],
      [9, [0xff, 3, 0, 0x21]],
      [9, [0x21]],
      [9, [0xff, 3, 2, 0x81, 0, 2, 1, 64]],
      [50, [0x0f, 0, 8, 0]],
      [104, [0x0f, 0, 8, 0]],
    ] as const) {
      const found = networkPacket({
        interface: { index: 0, name: undefined, linkType, snapLength: 0 },
        time: 0,
        nanoseconds: 0,
        timestamped: true,
        bytes: Uint8Array.from([...head, ...packet, 0, 0]),
        originalLength: 0,
        direction: undefined,
        offset: 0,
        record: 1,
      });
      expect(hex(found ?? new Uint8Array()), `${linkType} ${head}`).equals(hex(packet));
    }
  });

  it("of any bytes is read without an error", () => {
    const starts = fc.constantFrom([], [0x45], [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 47], [0x60, 0, 0, 0, 0, 0, 44], [0x60]);
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 120 }), (start, rest) => {
        const packet = ipPacket(Uint8Array.from([...start, ...rest]));
        if (packet === undefined) return;
        const datagram = new DatagramReader().read(innermost(packet));
        if (typeof datagram === "string") return;
        new Survey().add(datagram);
        lendHop(datagram);
        for (const segment of segmentsOf(datagram)) finishOffloads(segment, false);
        readdress(datagram, datagram.destination, datagram.source);
      }),
    );
  });
});
