import { expect } from "chai";
import fc from "fast-check";
import { sum } from "../../src/core/wire/checksum.ts";
import { addressOf, concat, counting, ethernet, fragments, icmp, ipv4, pieces, tcp, udp } from "./frames.ts";

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const wordSum = (bytes: Uint8Array): number => sum(view(bytes), 0, bytes.length);

const ends = { source: addressOf("10.0.1.50"), destination: addressOf("10.0.1.100") };

/** The sum over pseudo header and payload, 0xffff if the checksum is right. */
const transportSum = ({ protocol, bytes }: { protocol: number; bytes: Uint8Array }): number => {
  const pseudo = new Uint8Array(12);
  view(pseudo).setUint32(0, ends.source);
  view(pseudo).setUint32(4, ends.destination);
  pseudo[9] = protocol;
  view(pseudo).setUint16(10, bytes.length);
  return wordSum(concat(pseudo, bytes));
};

describe("frames made for cases", () => {
  it("are those of the kernel's vectors, to the byte", () => {
    const segment = tcp({ ...ends, sourcePort: 40000, destinationPort: 80, flags: 2, window: 0x2000 });
    const packet = ipv4(segment, { id: 0x1234 });
    expect(Buffer.from(packet).toString("hex")).equals(
      "4500002812344000400612070a0001320a0001649c400050000003e80000000050022000d8d40000",
    );
    expect(
      Buffer.from(ethernet("02:00:00:00:00:02", "02:00:00:00:00:01", packet))
        .toString("hex")
        .slice(0, 28),
    ).equals("0200000000020200000000010800");
  });

  it("have right checksums unless others are asked for", () => {
    const ports = { sourcePort: 1, destinationPort: 2 };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 99 }), (data) => {
        expect(transportSum(tcp({ ...ends, ...ports, flags: 2, data }))).equals(0xffff);
        expect(transportSum(udp({ ...ends, ...ports, data }))).equals(0xffff);
        expect(wordSum(icmp({ ...ends, type: 8, code: 0, data }).bytes)).equals(0xffff);
        expect(transportSum(tcp({ ...ends, ...ports, flags: 2, data, sum: "wrong" }))).not.equals(0xffff);
        expect(view(udp({ ...ends, ...ports, data, sum: "none" }).bytes).getUint16(6)).equals(0);
      }),
    );
    expect(wordSum(ipv4(icmp({ ...ends, type: 8, code: 0 }), { options: Uint8Array.of(1) }).subarray(0, 24))).equals(
      0xffff,
    );
    expect(wordSum(ipv4(icmp({ ...ends, type: 8, code: 0 }), { sum: "wrong" }).subarray(0, 20))).not.equals(0xffff);
  });

  it("cover all of a payload when cut into pieces", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 60 }), (length, size) => {
        const payload = { protocol: 99, ...ends, bytes: counting(length) };
        const cut = fragments(payload, pieces(length, 8 * size));
        expect(concat(...cut.map((packet) => packet.subarray(20)))).deep.equals(payload.bytes);
        const more = cut.map((packet) => (view(packet).getUint16(6) & 0x2000) !== 0);
        expect(more).deep.equals(cut.map((_, index) => index < cut.length - 1));
      }),
    );
  });
});
