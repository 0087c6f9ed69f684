/** Header writers into buffers filled with a5: a field that nobody wrote shows. */
import { expect } from "chai";
import fc from "fast-check";
import { ARP_LENGTH, ARP_REPLY, ARP_REQUEST, arpFrame, isArpForIpv4 } from "../../../src/core/wire/arp.ts";
import {
  BROADCAST,
  isGroupMac,
  macAt,
  macHigh,
  macLow,
  macNumber,
  macText,
  writeMac,
} from "../../../src/core/wire/ethernet.ts";
import { Frame, HEADROOM } from "../../../src/core/wire/frame.ts";
import {
  decrementTtl,
  finishHeader,
  fragmentOffset,
  headerLength,
  IPV4_TTL,
  isFragment,
  writeIpv4,
} from "../../../src/core/wire/ipv4.ts";
import { flagsText, tcpHeaderLength } from "../../../src/core/wire/tcp.ts";
import { onesComplementSum } from "../../support/ones-complement.ts";

const filled = (length: number): Uint8Array => new Uint8Array(length).fill(0xa5);
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer);
const mac = fc.integer({ min: 0, max: 0xffff_ffff_ffff });
const byte = fc.nat(255);
const word = fc.nat(0xffff);
const long = fc.nat(0xffffffff);

describe("IPv4 headers", () => {
  it("twenty bytes are written, each of them, and nothing around them", () => {
    fc.assert(
      fc.property(
        byte,
        word,
        word,
        word,
        byte,
        byte,
        long,
        long,
        (tos, length, id, fragment, ttl, protocol, from, to) => {
          const bytes = filled(40);
          writeIpv4(viewOf(bytes), 10, {
            tos,
            length,
            identification: id,
            fragment,
            ttl,
            protocol,
            source: from,
            destination: to,
          });
          const expected = [
            0x45,
            tos,
            length >> 8,
            length & 255,
            id >> 8,
            id & 255,
            fragment >> 8,
            fragment & 255,
            ttl,
            protocol,
          ];
          expect([...bytes.subarray(10, 20)]).to.deep.equal(expected);
          expect(viewOf(bytes).getUint32(22)).to.equal(from);
          expect(viewOf(bytes).getUint32(26)).to.equal(to);
          expect(onesComplementSum(bytes.subarray(10, 30))).to.equal(0xffff);
          expect([...bytes.subarray(0, 10), ...bytes.subarray(30)]).to.deep.equal([...filled(20)]);
        },
      ),
    );
  });

  it("RFC 791's example header sums up", () => {
    // Appendix A, example 1: a minimal datagram of 21 bytes; the checksum is ours to make.
    const bytes = Uint8Array.from([0x45, 0, 0, 21, 0, 111, 0, 0, 123, 1, 0xa5, 0xa5, 192, 0, 2, 1, 192, 0, 2, 2]);
    finishHeader(viewOf(bytes), 0);
    expect(onesComplementSum(bytes)).to.equal(0xffff);
  });

  it("the checksum covers the options, too", () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 15 }), (headerWords) => {
        const bytes = filled(60);
        bytes[0] = 0x40 | headerWords;
        finishHeader(viewOf(bytes), 0);
        expect(headerLength(viewOf(bytes), 0)).to.equal(headerWords * 4);
        expect(onesComplementSum(bytes.subarray(0, headerWords * 4))).to.equal(0xffff);
        expect([...bytes.subarray(12)]).to.deep.equal([...filled(48)]);
      }),
    );
  });

  it("a TTL counted down has the checksum that would be made anew", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.integer({ min: 1, max: 255 }), (bytes, ttl) => {
        bytes[0] = 0x45;
        bytes[8] = ttl;
        const view = viewOf(bytes);
        finishHeader(view, 0);
        const anew = bytes.slice();
        anew[8] = ttl - 1;
        finishHeader(viewOf(anew), 0);
        decrementTtl(view, 0);
        expect(view.getUint8(IPV4_TTL)).to.equal(ttl - 1);
        expect([...bytes]).to.deep.equal([...anew]);
      }),
    );
  });

  it("a wrong header checksum is still wrong after the TTL was counted down", () => {
    const bytes = Uint8Array.from([0x45, 0, 0, 20, 0, 1, 0, 0, 64, 6, 0x12, 0x34, 192, 0, 2, 1, 192, 0, 2, 2]);
    decrementTtl(viewOf(bytes), 0);
    expect(onesComplementSum(bytes)).to.not.equal(0xffff);
  });

  it("a fragment has an offset or more behind it", () => {
    for (const [field, fragmented, offset] of [
      [0x0000, false, 0],
      [0x4000, false, 0],
      [0x8000, false, 0],
      [0x2000, true, 0],
      [0x0001, true, 8],
      [0x3fff, true, 65528],
    ] as const) {
      const view = viewOf(filled(20));
      view.setUint16(6, field);
      expect([isFragment(view, 0), fragmentOffset(view, 0)], field.toString(16)).to.deep.equal([fragmented, offset]);
    }
  });
});

describe("Ethernet addresses", () => {
  it("are written and read as 48-bit numbers, with nothing around them touched", () => {
    fc.assert(
      fc.property(mac, (address) => {
        const bytes = filled(10);
        writeMac(viewOf(bytes), 2, address);
        expect(macAt(viewOf(bytes), 2)).to.equal(address);
        expect(macNumber(bytes.subarray(2, 8))).to.equal(address);
        expect([bytes[0], bytes[1], bytes[8], bytes[9]]).to.deep.equal([0xa5, 0xa5, 0xa5, 0xa5]);
        expect(macHigh(address) * 0x1_0000_0000 + (macLow(address) >>> 0)).to.equal(address);
        expect(Number.parseInt(macText(address).replaceAll(":", ""), 16)).to.equal(address);
      }),
    );
  });

  it("the group bit is the lowest of the first byte", () => {
    expect(isGroupMac(BROADCAST)).to.equal(true);
    expect(isGroupMac(0x0100_5e00_0001)).to.equal(true);
    expect(isGroupMac(0x0200_0000_0001)).to.equal(false);
    expect(isGroupMac(0xfe00_0000_0000)).to.equal(false);
  });
});

describe("ARP messages (RFC 826)", () => {
  const fields = {
    senderMac: 0x0200_0000_0164,
    senderIp: 0xc6336401,
    targetMac: 0x0200_0000_0101,
    targetIp: 0xc63364fe,
  };

  it("are 42 bytes, as the RFC draws them", () => {
    const frame = arpFrame({ ...fields, operation: ARP_REPLY, to: 0x0200_0000_0101 });
    expect(Buffer.from(frame.contents()).toString("hex")).to.equal(
      "020000000101" +
        "020000000164" +
        "0806" +
        "0001" +
        "0800" +
        "06" +
        "04" +
        "0002" +
        "020000000164" +
        "c6336401" +
        "020000000101" +
        "c63364fe",
    );
    expect(isArpForIpv4(frame.view, frame.network, frame.end)).to.equal(true);
  });

  it("a broadcast request has zeros where the target's MAC address is asked for", () => {
    const frame = arpFrame({ ...fields, operation: ARP_REQUEST, targetMac: BROADCAST, to: BROADCAST });
    expect(macAt(frame.view, frame.start)).to.equal(BROADCAST);
    expect(macAt(frame.view, frame.network + 18)).to.equal(0);
  });

  it("that are cut off, or about other hardware or protocols, are none", () => {
    const whole = arpFrame({ ...fields, operation: ARP_REQUEST, to: BROADCAST });
    for (let length = 0; length < ARP_LENGTH; length++) {
      expect(isArpForIpv4(whole.view, whole.network, whole.network + length), `${length} bytes`).to.equal(false);
    }
    for (const [at, value, accepted] of [
      [1, 6, true],
      [1, 2, false],
      [3, 1, false],
      [4, 5, false],
      [5, 16, false],
    ] as const) {
      const frame = whole.copy();
      frame.view.setUint8(frame.network + at, value);
      expect(isArpForIpv4(frame.view, frame.network, frame.end), `${value} at ${at}`).to.equal(accepted);
    }
  });
});

describe("TCP headers", () => {
  it("flags read as tcpdump writes them", () => {
    for (const [flags, text] of [
      [0x02, "S"],
      [0x12, "S."],
      [0x10, "."],
      [0x18, "P."],
      [0x11, "F."],
      [0x04, "R"],
      [0x14, "R."],
      [0x00, "none"],
      [0xff, "SFRPUEW."],
    ] as const) {
      expect(flagsText(flags)).to.equal(text);
    }
  });

  it("the header is as long as the data offset says", () => {
    const view = viewOf(filled(20));
    expect(tcpHeaderLength(view, 0)).to.equal(0xa * 4);
  });
});

describe("frames", () => {
  it("a prepended header leaves the bytes where they were, seen from the end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 14, maxLength: 60 }), fc.nat(120), fc.nat(70), (bytes, spare, room) => {
        const buffer = new Uint8Array(spare + bytes.length);
        buffer.set(bytes, spare);
        const frame = new Frame(buffer, spare, buffer.length);
        frame.prepend(room);
        expect(frame.length).to.equal(bytes.length + room);
        expect([...frame.contents().subarray(room)]).to.deep.equal([...bytes]);
      }),
    );
  });

  it("a checksum that is still to be made begins that much later in a longer frame", () => {
    const frame = Frame.of(filled(54));
    frame.checksumStart = 34;
    frame.checksumOffset = 16;
    frame.prepend(20);
    expect([frame.checksumStart, frame.checksumOffset]).to.deep.equal([54, 16]);
    const plain = Frame.of(filled(54));
    plain.prepend(20);
    expect(plain.checksumStart).to.equal(0);
  });

  it("a copy has the same bytes and facts, and goes its own way", () => {
    const frame = Frame.of(filled(60));
    Object.assign(frame, {
      checksumStart: 34,
      checksumOffset: 16,
      segmentSize: 1448,
      segmentType: 1,
      ifindex: 3,
      mark: 7,
    });
    Object.assign(frame, { packetType: 2, routedLocally: true, largestFragment: 800, fragmentLengths: [8, 4] });
    Object.assign(frame, { ignoreDontFragment: true, copiesDontFragment: true, tailroom: 5, tunnelled: true });
    const copy = frame.copy();
    const facts = ({ bytes, view, start, end, ...rest }: Frame): object => rest;
    expect(facts(copy)).to.deep.equal(facts(frame));
    expect([...copy.contents()]).to.deep.equal([...frame.contents()]);
    copy.bytes.fill(0);
    expect([...frame.contents()]).to.deep.equal([...filled(60)]);
    frame.reset(HEADROOM, HEADROOM + 20);
    expect(facts(frame)).to.deep.equal(facts(new Frame(new Uint8Array(0))));
  });
});
