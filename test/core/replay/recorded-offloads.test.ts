import { expect } from "chai";
import type { Packet as CapturedPacket } from "../../../src/core/capture/packet.ts";
import { parseTranscript } from "../../../src/core/capture/transcript.ts";
import { formatTranscript } from "../../../src/core/capture/transcript-writer.ts";
import { sentence } from "../../../src/core/explain/sentences/sentences.ts";
import type { DirectorConfig } from "../../../src/core/host/config/config.ts";
import { Director } from "../../../src/core/host/director.ts";
import { verifyCapture } from "../../../src/core/replay/capture-case.ts";
import { type Arrival, CaptureRun } from "../../../src/core/replay/capture-run.ts";
import type { CaseResult } from "../../../src/core/replay/case-result.ts";
import { type Offloads, RecordedOffloads } from "../../../src/core/replay/recorded-offloads.ts";
import { loadRules } from "../../../src/core/replay/rules.ts";
import { verifyTranscript } from "../../../src/core/replay/transcript-case.ts";
import { parseMac } from "../../../src/core/wire/address.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { parseConfig } from "../../../src/io/config.ts";
import { counting, ipv4, type Packet, tcp } from "../../support/packet.ts";
import { tcpIpv6 } from "../../support/packet-ipv6.ts";
import { packet } from "./worlds.ts";

const mac = (text: string): Uint8Array => parseMac(text) ?? new Uint8Array(6);
const MACS = {
  router: "02:00:00:00:01:01",
  eth0: "02:00:00:00:01:64",
  eth1: "02:00:00:00:02:64",
  server: "02:00:00:00:02:02",
};

/** A director of both families in front of one real server. */
const config = configOf(`
interfaces:
  - {name: eth0, mac: "${MACS.eth0}", addresses: [10.1.0.254/24, 10.1.0.100/32, "2001:db8:1::254/64", "2001:db8:1::100/128"]}
  - {name: eth1, mac: "${MACS.eth1}", addresses: [10.2.0.1/24, "2001:db8:2::1/64"]}
neighbors:
  - {address: 10.1.0.1, mac: "${MACS.router}", dev: eth0}
  - {address: "2001:db8:1::1", mac: "${MACS.router}", dev: eth0}
  - {address: 10.2.0.2, mac: "${MACS.server}", dev: eth1}
  - {address: "2001:db8:2::2", mac: "${MACS.server}", dev: eth1}
sysctl: {net.ipv6.conf.all.forwarding: 1}
rules: |
  -A -t 10.1.0.100:80 -s rr
  -a -t 10.1.0.100:80 -r 10.2.0.2:8080 -m
  -A -t [2001:db8:1::100]:80 -s rr
  -a -t [2001:db8:1::100]:80 -r [2001:db8:2::2]:8080 -m
`);

function configOf(text: string): DirectorConfig {
  const result = parseConfig(text, "director.yaml");
  if (result.kind === "errors") throw new Error(result.errors.map(({ message }) => message).join("\n"));
  return result.config;
}

const ethernet = ({ bytes }: Packet): Uint8Array => {
  const type = (bytes[0] ?? 0) >> 4 === 6 ? [0x86, 0xdd] : [8, 0];
  return Uint8Array.from([...mac(MACS.eth0), ...mac(MACS.router), ...type, ...bytes]);
};

type Make = (flags: string, sequence: number, data: Uint8Array, id: number) => Packet;
const FAMILIES: readonly (readonly [string, Make, number])[] = [
  ["IPv4", (flags, sequence, data, id) => tcp("10.1.0.1:40000 > 10.1.0.100:80", flags, { sequence, data, id }), 1460],
  [
    "IPv6",
    (flags, sequence, data) => tcpIpv6("2001:db8:1::1 > 2001:db8:1::100", [40000, 80], flags, { sequence, data }),
    1440,
  ],
];
const DATA = counting(4000);

/** Leaves the pseudo header's sum in the place of the checksum. */
function partial(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer);
  const [from, to, transport] = frame[12] === 8 ? [26, 34, 34] : [22, 54, 54];
  let sum = 6 + frame.length - transport;
  for (let at = from; at < to; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(transport + 16, sum);
  return frame;
}

function sentFor(frames: readonly Uint8Array[], offloads: Offloads = "auto"): { sent: string[]; run: CaptureRun } {
  const sent: string[] = [];
  const listener = {
    arrived: () => {},
    skipped: () => {},
    sent: ({ bytes }: { bytes: Uint8Array }) => void sent.push(Buffer.from(bytes).toString("hex")),
  };
  const run = new CaptureRun(config, listener, { offloads });
  expect(loadRules(run.director, config.rules)).deep.equals([]);
  for (const [index, frame] of frames.entries()) run.packet(packet(frame, 1000 * index));
  return { sent, run };
}

describe("frames that a network card had a part in", () => {
  for (const [family, make, size] of FAMILIES) {
    const syn = ethernet(make("S", 1000, new Uint8Array(), 1));
    const merged = (): Uint8Array => ethernet(make("FP.", 1001, DATA, 5));
    const cut = [0, 1, 2].map((number) => {
      const data = DATA.slice(number * size, (number + 1) * size);
      return ethernet(make(number < 2 ? "." : "FP.", 1001 + number * size, data, 5 + number));
    });

    it(`go on as the packets that they were on the wire, in ${family}`, () => {
      const expected = sentFor([syn, ...cut]).sent;
      expect(expected.length).equals(4);
      for (const frame of [merged(), partial(merged())]) {
        const { sent, run } = sentFor([syn, frame]);
        expect(sent).deep.equals(expected);
        expect(run.offloads).deep.equals({ merged: 1, checksums: 0 });
      }
      expect(sentFor([syn, merged()], "off").sent).not.deep.equals(expected);
    });

    it(`get the checksum that was left to the card, in ${family}; a wrong one stays wrong, unless all are to be made`, () => {
      const whole = ethernet(make("P.", 1001, counting(100), 5));
      const wrong = whole.slice();
      const check = wrong.length - 100 - 4;
      wrong[check] = (wrong[check] ?? 0) ^ 0x55;
      const expected = sentFor([syn, whole]).sent;
      expect(sentFor([syn, partial(whole.slice())]).sent).deep.equals(expected);
      expect(sentFor([syn, wrong], "on").sent).deep.equals(expected);
      for (const offloads of ["auto", "off"] as const)
        expect(sentFor([syn, wrong], offloads).sent[1]).not.equals(expected[1]);
    });

    it(`match where the recorded director sent them merged, and so does what is recorded of that, in ${family}`, () => {
      const capture: CapturedPacket[] = [];
      const record = (frame: Uint8Array): void =>
        void capture.push(packet(frame, capture.length, undefined, capture.length + 1));
      const director = new Director(config, { link: { send: (frame) => record(frame.contents().slice()) } });
      director.advance(0);
      loadRules(director, config.rules);
      for (const bytes of [syn, merged()]) {
        record(bytes);
        const frame = Frame.of(bytes);
        new RecordedOffloads("auto").read(frame, 1500);
        director.receive(frame, 0, 0);
      }
      expect(capture.map(({ bytes }) => bytes.length)).deep.equals([
        syn.length,
        syn.length,
        merged().length,
        merged().length,
      ]);
      const result = verifyCapture("merged", config, capture, { records: true });
      expect(result).has.property("difference", undefined);
      const { notes, frames, made } = result as CaseResult;
      expect(frames).equals(4);
      expect(notes.join()).includes("2 frames are longer than the MTU");
      const again = parseTranscript(formatTranscript(made));
      if (again.kind !== "transcript") throw new Error(JSON.stringify(again.errors));
      expect(verifyTranscript(again.transcript).difference).equals(undefined);
    });
  }

  const MSS = (size: number): number[] => [2, 4, size >> 8, size & 255];
  const lengths = (packets: readonly Uint8Array[]): number[] => packets.map(({ length }) => length - 14);

  it("were as long as both ends had agreed on, less what options take, if the connection was seen to begin", () => {
    const offloads = new RecordedOffloads("auto");
    const [out, back] = ["10.1.0.1:40000 > 10.1.0.100:80", "10.1.0.100:80 > 10.1.0.1:40000"];
    const stamps = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
    const big = (ends: string, tcpOptions: readonly number[] = []): number[] =>
      lengths(offloads.wirePackets(ethernet(tcp(ends, ".", { data: counting(2800), tcpOptions })), 1500));
    expect(big(out)).deep.equals([1500, 1380]);
    offloads.wirePackets(ethernet(tcp(out, "S", { tcpOptions: MSS(1400) })), 1500);
    expect(big(out)).deep.equals([1440, 1440]);
    offloads.wirePackets(ethernet(tcp(back, "S.", { tcpOptions: MSS(1000) })), 1500);
    expect(big(out)).deep.equals([1040, 1040, 840]);
    expect(big(back)).deep.equals([1440, 1440]);
    expect(big(back, stamps)).deep.equals([1440, 1440, 76]);
  });

  it("are taken out of a tunnel's frame that stands for many, each in a packet of its own", () => {
    const offloads = new RecordedOffloads("auto");
    const inner = "10.1.0.1:40000 > 10.1.0.100:80";
    const tunnelled = (packet: Packet, id: number): Uint8Array =>
      ethernet(ipv4("10.2.0.1 > 10.2.0.2", 4, packet.bytes, { id, dontFragment: true }));
    const data = counting(2500);
    const frame = tunnelled(tcp(inner, "P.", { data, id: 7 }), 0);
    const packets = offloads.wirePackets(frame, 1500);
    const expected = [
      tunnelled(tcp(inner, ".", { data: data.slice(0, 1440), id: 7 }), 0),
      tunnelled(tcp(inner, "P.", { data: data.slice(1440), id: 8, sequence: 2440 }), 0),
    ];
    expect(packets.map((one) => Buffer.from(one).toString("hex"))).deep.equals(
      expected.map((one) => Buffer.from(one).toString("hex")),
    );
    const single = tcp(inner, "P.", { data: counting(50) });
    const left = partial(ethernet(single)).slice(14);
    const finished = offloads.wirePackets(ethernet(ipv4("10.2.0.1 > 10.2.0.2", 4, left)), 1500);
    expect(finished.map((one) => Buffer.from(one.slice(34)).toString("hex"))).deep.equals([
      Buffer.from(single.bytes).toString("hex"),
    ]);
  });

  it("are explained as the segments that they stand for", () => {
    const told: string[] = [];
    const listener = {
      listensTo: () => true,
      skipped: () => {},
      sent: () => {},
      arrived: ({ events }: Pick<Arrival, "events">) => void told.push(...events.map(sentence)),
    };
    const run = new CaptureRun(config, listener);
    loadRules(run.director, config.rules);
    const ends = "10.1.0.1:40000 > 10.1.0.100:80";
    for (const frame of [tcp(ends, "S"), tcp(ends, ".", { sequence: 1001, data: counting(4000) })])
      run.packet(packet(ethernet(frame), 0));
    expect(told).includes("It stands for 3 segments, the longest of 1500 bytes; the MTU is 1500.");
  });

  it("have an IPv4 checksum of 0 completed, which nobody would have taken", () => {
    const syn = ethernet(tcp("10.1.0.1:40000 > 10.1.0.100:80", "S"));
    const left = syn.slice();
    left.fill(0, 24, 26);
    expect(sentFor([left]).sent).deep.equals(sentFor([syn]).sent);
    expect(sentFor([left], "off").sent).deep.equals([]);
  });
});
