/** What every rewriting has to hold, whatever the packet: right checksums stay right, and the way back restores. */
import { expect } from "chai";
import fc from "fast-check";
import { CLIENT, type Lab, LOCAL, lab, SERVER, service, VIP } from "../../support/lab.ts";
import { flagsOf, type Packet, repairHeader, tcp, udp } from "../../support/packet.ts";
import { Seen } from "../../support/seen.ts";

const METHODS = [
  "-m",
  "-g",
  "-i",
  "-i --tun-type gre",
  "-i --tun-type gre --tun-csum",
  "-i --tun-type gue --tun-port 6080",
  "-b",
] as const;
const UDP_SERVICE = `-u ${VIP}:53`;
const TCP_ENDS = `${CLIENT}:40000 > ${VIP}:80`;
const UDP_ENDS = `${CLIENT}:40000 > ${VIP}:53`;

/** A lab where TCP and UDP go to one server on other ports (where the method allows it), the connections already there. */
function started(method: string, toa: string, mtu: readonly [number, number]): Lab {
  const other = method === "-m" || method === "-b";
  const made = lab(
    [
      ...service(method, [other ? `${SERVER}:8080` : SERVER], { extra: `--toa ${toa}` }),
      ...service(method, [other ? `${SERVER}:5353` : SERVER], { at: UDP_SERVICE }),
      ...(method === "-b" ? [`-P -t ${VIP}:80 -z ${LOCAL}`, `-P ${UDP_SERVICE} -z ${LOCAL}`] : []),
    ],
    { silent: true, mtu },
  );
  made.receive(tcp(TCP_ENDS, "S"));
  made.receive(udp(UDP_ENDS));
  return made;
}

const ipOptions = fc.constantFrom<readonly number[]>([], [1, 1, 1, 0], [0x94, 4, 0, 0]);
const tcpOptions = fc.constantFrom<readonly number[]>(
  [],
  [1, 1, 1, 1],
  [2, 4, 5, 0xb4],
  [1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1],
  [8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1],
);
const word = fc.nat(0xffff);
const long = fc.nat(0xffffffff);
const data = fc.oneof(
  { weight: 5, arbitrary: fc.uint8Array({ maxLength: 100 }) },
  fc.uint8Array({ minLength: 500, maxLength: 1800 }),
);
const header = fc.record({
  ttl: fc.integer({ min: 2, max: 255 }),
  tos: fc.nat(255),
  id: word,
  dontFragment: fc.boolean(),
  options: ipOptions,
});
const segment = fc
  .record({
    header,
    flags: fc.constantFrom(".", "P.", "PU.", "F.", "E.", "W."),
    data,
    tcpOptions,
    sequence: long,
    acknowledgement: long,
    window: word,
    urgent: word,
  })
  .map(({ header: h, flags, ...rest }) => ({ flags, fields: { ...h, ...rest } }));
const datagram = fc
  .record({ header, data, unchecked: fc.boolean() })
  .map(({ header: h, ...rest }) => ({ ...h, ...rest }));
const mtus = fc.constantFrom([1500, 1500], [576, 1500], [1500, 576], [600, 580]) as fc.Arbitrary<[number, number]>;

describe("rewriting", () => {
  for (const method of METHODS) {
    it(`by ${method}: every frame that leaves has right lengths and checksums, both ways`, () => {
      fc.assert(
        fc.property(
          segment,
          datagram,
          fc.constantFrom("off", "dpvs", "alibaba"),
          mtus,
          ({ flags, fields }, question, toa, mtu) => {
            const made = started(method, toa, mtu);
            const asked = [made.receive(tcp(TCP_ENDS, flags, fields)), made.receive(udp(UDP_ENDS, question))];
            for (const { sent } of asked) for (const seen of sent) expect(seen.problem, `${seen}`).to.equal("");
            if (method !== "-m" && method !== "-b") return;
            const peer = method === "-m" ? [`${CLIENT}:40000`, `${CLIENT}:40000`] : [`${LOCAL}:5000`, `${LOCAL}:5000`];
            const answers = [
              made.receive(tcp(`${SERVER}:8080 > ${peer[0]}`, flags, fields)),
              made.receive(udp(`${SERVER}:5353 > ${peer[1]}`, question)),
            ];
            for (const { sent } of answers) for (const seen of sent) expect(seen.problem, `${seen}`).to.equal("");
          },
        ),
        { numRuns: 60 },
      );
    });
  }
});

/** The packet on its way back: addresses, ports and (of TCP) both numbers change places; all sums stay what they are. */
function mirrored(packet: Uint8Array): Uint8Array {
  const back = packet.slice();
  const at = ((packet[0] ?? 0) & 15) * 4;
  const swap = (one: number, other: number, size: number): void => {
    back.set(packet.subarray(other, other + size), one);
    back.set(packet.subarray(one, one + size), other);
  };
  swap(12, 16, 4);
  swap(at, at + 2, 2);
  if (packet[9] === 6) swap(at + 4, at + 8, 4);
  return back;
}

/** With the TTL that it came with, so that only what IPVS changed is left. */
function withTtl(packet: Uint8Array, ttl: number): Uint8Array {
  const same = packet.slice();
  same[8] = ttl;
  repairHeader(same);
  return same;
}

const only = (sent: readonly Seen[]): Seen =>
  sent.length === 1 && sent[0] ? sent[0] : expect.fail(`sent ${sent.join(", ")}`);

describe("the way back restores", () => {
  const short = fc.uint8Array({ maxLength: 60 });
  const error = fc.constantFrom(0, 1, 0x1234, 0xfffe);

  /** Sends a packet to the server and its mirror image back; what the client gets, mirrored again. */
  function roundTrip(made: Lab, packet: Packet): Uint8Array {
    const ttl = packet.bytes[8] ?? 64;
    const there = only(made.receive(packet).sent);
    const back = only(made.receive(withTtl(mirrored(there.packet), ttl), "eth1").sent);
    return withTtl(mirrored(back.packet), ttl);
  }

  it("NAT: a packet to the server and its mirror image back is the packet, a wrong checksum wrong as before", () => {
    fc.assert(
      fc.property(segment, short, error, ({ flags, fields }, bytes, wrong) => {
        const packet = tcp(TCP_ENDS, flags, { ...fields, data: bytes, error: wrong });
        expect(roundTrip(started("-m", "off", [1500, 1500]), packet)).to.deep.equal(packet.bytes);
      }),
    );
  });

  it("NAT: a datagram, too; without a checksum it has got one", () => {
    fc.assert(
      fc.property(datagram, short, (fields, bytes) => {
        const packet = udp(UDP_ENDS, { ...fields, data: bytes });
        const checked = udp(UDP_ENDS, { ...fields, data: bytes, unchecked: false });
        expect(roundTrip(started("-m", "off", [1500, 1500]), packet)).to.deep.equal(checked.bytes);
      }),
    );
  });

  it("FULLNAT: the same, sequence numbers included, and a datagram without a checksum has none", () => {
    fc.assert(
      fc.property(segment, datagram, short, error, ({ flags, fields }, question, bytes, wrong) => {
        const made = started("-b", "off", [1500, 1500]);
        // SACK blocks mean numbers of the other side; the mirror image does not turn them around.
        const sack = fields.tcpOptions.includes(5);
        const packet = tcp(TCP_ENDS, flags, {
          ...fields,
          tcpOptions: sack ? [] : fields.tcpOptions,
          data: bytes,
          error: wrong,
        });
        expect(roundTrip(made, packet)).to.deep.equal(packet.bytes);
        const asked = udp(UDP_ENDS, { ...question, data: bytes });
        expect(roundTrip(made, asked)).to.deep.equal(asked.bytes);
      }),
    );
  });

  it("a tunnel: what is inside is the packet, its TTL counted down", () => {
    fc.assert(
      fc.property(segment, short, ({ flags, fields }, bytes) => {
        const packet = tcp(TCP_ENDS, flags, { ...fields, data: bytes });
        const outer = only(started("-i", "off", [1500, 1500]).receive(packet).sent);
        expect(withTtl(outer.payload, fields.ttl)).to.deep.equal(packet.bytes);
        expect(outer.payload[8]).to.equal(fields.ttl - 1);
      }),
    );
  });

  it("direct routing: all that changed are the Ethernet addresses and the TTL", () => {
    fc.assert(
      fc.property(segment, short, error, ({ flags, fields }, bytes, wrong) => {
        const packet = tcp(TCP_ENDS, flags, { ...fields, data: bytes, error: wrong });
        const seen = only(started("-g", "off", [1500, 1500]).receive(packet).sent);
        expect(withTtl(seen.packet, fields.ttl)).to.deep.equal(packet.bytes);
      }),
    );
  });

  it("mirror images of mirror images are the packet (of this test's own tools)", () => {
    const packet = tcp(TCP_ENDS, "P.", { data: "x" });
    expect(mirrored(mirrored(packet.bytes))).to.deep.equal(packet.bytes);
    expect(new Seen("", Uint8Array.from([...new Uint8Array(12), 8, 0, ...mirrored(packet.bytes)])).problem).to.equal(
      "",
    );
    expect(flagsOf("P.")).to.equal(24);
  });
});
