import { expect } from "chai";
import fc from "fast-check";
import { AF_INET, AF_INET6, ipv4 } from "../../src/core/wire/address.ts";
import { Frame, SEGMENT_TCPV4, SEGMENT_TCPV6 } from "../../src/core/wire/frame.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../src/core/wire/ipv4.ts";
import { finishChecksum } from "../../src/core/wire/offload.ts";
import { unwrap } from "../../src/lab/ipip.ts";
import { ACK, asOne, oneByOne, type Sending } from "../core/host/sent-packets.ts";

const MTU = 1480;
const ETHERNET = 14;

const ENDS = {
  [AF_INET]: { from: ipv4(0x0a00000a), to: ipv4(0x0a010064) },
  [AF_INET6]: {
    from: { family: AF_INET6, words: [0xfd000000, 0, 0, 0x10] },
    to: { family: AF_INET6, words: [0xfd000001, 0, 0, 0x100] },
  },
} as const;

const family = fc.constantFrom<typeof AF_INET | typeof AF_INET6>(AF_INET, AF_INET6);

const sending = fc
  .record({
    family,
    protocol: fc.constantFrom<Sending["protocol"]>(PROTOCOL_TCP, PROTOCOL_UDP),
    payload: fc.uint8Array({ maxLength: 1400 }),
  })
  .map(
    ({ family, protocol, payload }): Sending => ({
      ...ENDS[family],
      protocol,
      payload,
      macs: { from: 1, to: 2 },
      fromPort: 40000,
      toPort: 80,
      identification: 1,
      dontFragment: true,
      ttl: 64,
      tos: 0,
      sequence: 1,
      acknowledgement: 1,
      flags: ACK,
      options: new Uint8Array(0),
      segmentSize: 2000,
    }),
  );

const packetOf = (frame: Frame): Uint8Array => frame.bytes.slice(frame.start + ETHERNET, frame.end);
const sent = (what: Sending): Uint8Array => packetOf(oneByOne(what)[0] ?? expect.fail());
/** As it is where the checksum was left to a network card. */
const unfinished = (what: Sending): Uint8Array => packetOf(asOne(what));

/** What a raw socket of IPv4 gives of a packet inside another one; `words` is the outer header's length. */
const wrapped = (packet: Uint8Array, words: number, padding = 0): Uint8Array =>
  Uint8Array.from([0x40 | words, ...new Uint8Array(words * 4 - 1), ...packet, ...new Uint8Array(padding)]);

describe("unwrapping a packet", () => {
  it("finds the one inside behind any outer header, without what pads it", () => {
    fc.assert(
      fc.property(sending, fc.integer({ min: 5, max: 15 }), fc.nat(20), (what, words, padding) => {
        const packet = sent(what);
        const frame = Frame.of(wrapped(packet, words, padding));
        expect(unwrap(frame, AF_INET, MTU)).to.equal(true);
        expect(frame.contents()).to.deep.equal(packet);
        expect(frame.family).to.equal(what.from.family);
      }),
    );
  });

  it("takes what a raw socket of IPv6 gives, which has no outer header", () => {
    fc.assert(
      fc.property(sending, (what) => {
        const frame = Frame.of(sent(what));
        expect(unwrap(frame, AF_INET6, MTU)).to.equal(true);
        expect(frame.contents()).to.deep.equal(sent(what));
      }),
    );
  });

  it("takes nothing for a packet that is cut off or none", () => {
    fc.assert(
      fc.property(sending, fc.nat(), (what, less) => {
        const whole = wrapped(sent(what), 5);
        const cut = whole.subarray(0, less % whole.length);
        expect(unwrap(Frame.of(cut), AF_INET, MTU)).to.equal(false);
        whole[20] = 0x75;
        expect(unwrap(Frame.of(whole), AF_INET, MTU)).to.equal(false);
      }),
    );
  });

  it("never reads beyond what came", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), family, (bytes, outer) => {
        const frame = Frame.of(bytes);
        const { end } = frame;
        if (unwrap(frame, outer, 60)) expect(frame.end).to.be.at.most(end);
      }),
    );
  });
});

describe("the checksum of a packet out of a tunnel", () => {
  it("is left to be made where only the pseudo header's sum is there", () => {
    fc.assert(
      fc.property(sending, (what) => {
        const frame = Frame.of(wrapped(unfinished(what), 5));
        unwrap(frame, AF_INET, MTU);
        expect(frame.checksumStart).to.not.equal(0);
        expect(frame.segmentSize).to.equal(0);
        finishChecksum(frame);
        expect(frame.contents()).to.deep.equal(sent(what));
      }),
    );
  });

  it("stays as it is where it is right, or wrong in another way", () => {
    fc.assert(
      fc.property(sending, fc.nat(0xffff), (what, error) => {
        const packet = sent(what);
        const view = new DataView(packet.buffer);
        const header = what.from.family === AF_INET ? 20 : 40;
        const at = header + (what.protocol === PROTOCOL_TCP ? 16 : 6);
        const pseudo = new DataView(unfinished(what).buffer).getUint16(at);
        view.setUint16(at, (view.getUint16(at) + error) & 0xffff);
        fc.pre(view.getUint16(at) !== pseudo);
        const frame = Frame.of(wrapped(packet, 5));
        unwrap(frame, AF_INET, MTU);
        expect(frame.checksumStart).to.equal(0);
      }),
    );
  });

  it("is not looked for in fragments and in other protocols", () => {
    const [what] = fc.sample(
      sending.filter(({ from }) => from.family === AF_INET),
      1,
    );
    for (const [at, value] of [
      [6, 0x20],
      [7, 0x01],
      [9, 1],
    ] as const) {
      const packet = unfinished(what ?? expect.fail());
      packet[at] = value;
      const frame = Frame.of(wrapped(packet, 5));
      expect(unwrap(frame, AF_INET, MTU)).to.equal(true);
      expect(frame.checksumStart).to.equal(0);
    }
  });

  it("is left to be made for each segment of a packet that was merged on its way", () => {
    fc.assert(
      fc.property(sending, (one) => {
        const what: Sending = { ...one, protocol: PROTOCOL_TCP, payload: new Uint8Array(20_000) };
        const frame = Frame.of(wrapped(unfinished({ ...what, segmentSize: 30_000 }), 5));
        unwrap(frame, AF_INET, MTU);
        const isIpv4 = what.from.family === AF_INET;
        expect(frame.segmentType).to.equal(isIpv4 ? SEGMENT_TCPV4 : SEGMENT_TCPV6);
        expect(frame.segmentSize).to.equal(MTU - (isIpv4 ? 20 : 40) - 20);
      }),
    );
  });
});
