import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { parseTranscript } from "../../../../src/core/capture/transcript.ts";
import { type Address, formatAddress, parseAddress } from "../../../../src/core/wire/address.ts";
import { macNumber } from "../../../../src/core/wire/ethernet.ts";
import { anonymiser } from "../../../../src/io/anonymise.ts";
import { internetChecksum } from "../../../support/ones-complement.ts";
import { counting, icmpAbout, ipv4, type Packet, tcp, udp } from "../../../support/packet.ts";

const KEY = "for the tests of it";
const address = (text: string): Address => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
};
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bits = ({ family, words }: Address): string =>
  words
    .slice(0, family === 2 ? 1 : 4)
    .map((word) => (word >>> 0).toString(2).padStart(32, "0"))
    .join("");
const shared = (a: string, b: string): number => {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
};

/** Recordings of both families, of tunnels, SCTP, ESP, fragments, options, ICMP and neighbor discovery. */
const FOLDERS = ["fixtures/golden", "fixtures/golden-v6", "fixtures/golden-apps"];

interface Recorded {
  readonly name: string;
  readonly frames: readonly Uint8Array[];
  readonly macs: readonly Uint8Array[];
  readonly addresses: readonly Address[];
}

const recorded: readonly Recorded[] = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => {
      const parsed = parseTranscript(readFileSync(`${folder}/${name}`, "utf8"));
      if (parsed.kind === "errors") return [];
      const { head, events } = parsed.transcript;
      const frames = events.flatMap((event) => (event.do === "rx" || event.do === "tx" ? [event.frame] : []));
      const own = head.interfaces.flatMap(({ addresses }) => addresses.map((entry) => entry.address));
      const others = head.neighbors.map((entry) => entry.address);
      const macs = [...head.interfaces, ...head.neighbors].flatMap(({ mac }) => (mac === undefined ? [] : [mac]));
      return [{ name, frames, macs, addresses: [...own, ...others] }];
    }),
);

describe("addresses in the place of others", () => {
  it("are those of Crypto-PAn's own example", () => {
    const key = "1522178d33a4cf80130a5b1649907d10d8988f83797965276257 4c2d2a842202".replace(" ", "");
    const panned = anonymiser(key);
    for (const [original, made] of [
      ["128.11.68.132", "135.242.180.132"],
      ["129.118.74.4", "134.136.186.123"],
      ["130.132.252.244", "133.68.164.234"],
      ["141.223.7.43", "141.167.8.160"],
      ["152.163.225.39", "151.140.114.167"],
      ["156.29.3.236", "147.225.12.42"],
    ] as const)
      expect(formatAddress(panned.address(address(original))), original).equals(made);
  });

  it("share as many bits as those that they stand for, in both families, and no two are one", () => {
    const hider = anonymiser(KEY);
    const ipv4 = fc.nat(0xffffffff).map((word): Address => ({ family: 2, words: [word, 0, 0, 0] }));
    const word = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 1, 0xfe800000, 0x20010db8));
    const ipv6 = fc.tuple(word, word, word, word).map((words): Address => ({ family: 10, words }));
    for (const family of [ipv4, ipv6])
      fc.assert(
        fc.property(family, family, (a, b) => {
          const made = shared(bits(hider.address(a)), bits(hider.address(b)));
          expect(made).equals(shared(bits(a), bits(b)));
        }),
        { numRuns: 50 },
      );
  });

  it("leave what means something to every host, and take nobody there", () => {
    const hider = anonymiser(KEY);
    for (const text of ["0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.18", "::", "::1", "ff02::1", "ff02::16"])
      expect(formatAddress(hider.address(address(text)))).equals(text);
    expect(formatAddress(hider.address(address("fe80::1")))).matches(/^fe[89ab]/);
    for (let host = 1; host < 256; host++) {
      const made = hider.address(address(`10.${host}.3.${host}`)).words[0] >>> 24;
      expect(
        made === 0 || made === 127 || made >= 224,
        formatAddress(hider.address(address(`10.${host}.3.${host}`))),
      ).equals(false);
    }
  });

  it("are the same with the same key, and others with another", () => {
    const of = (key: string): string => formatAddress(anonymiser(key).address(address("192.0.2.1")));
    expect(of("a")).equals(of("a")).and.not.equals(of("b"));
  });
});

describe("a frame without whom it is of", () => {
  it("has no address of a recording left in any of its bytes", () => {
    const hider = anonymiser(KEY);
    for (const { name, frames, macs, addresses } of recorded) {
      const kept = addresses.filter((one) => formatAddress(hider.address(one)) === formatAddress(one));
      expect(kept.map(formatAddress), name).deep.equals([]);
      const needles = [
        ...macs.map(hex),
        ...addresses.map(({ family, words }) =>
          words
            .slice(0, family === 2 ? 1 : 4)
            .map((word) => (word >>> 0).toString(16).padStart(8, "0"))
            .join(""),
        ),
      ];
      for (const frame of frames.slice(0, 20)) {
        const hidden = frame.slice();
        hider.frame(hidden);
        expect(hidden.length).equals(frame.length);
        for (const needle of needles)
          expect(Buffer.from(hidden).indexOf(needle, 0, "hex"), `${name}: ${needle}, was ${hex(frame)}`).equals(-1);
      }
    }
  });

  it("has its data zeroed, its lengths kept, and right checksums where they were right", () => {
    const hider = anonymiser(KEY);
    const [from, to] = ["192.0.2.1", "198.51.100.7"].map((text) => formatAddress(hider.address(address(text))));
    const mss = [2, 4, 5, 180];
    const zeros = (length: number): Uint8Array => new Uint8Array(length);
    type Make = (ends: string, data: Uint8Array) => Packet;
    const makers: readonly Make[] = [
      (ends, data) => tcp(ends, "P.", { data, tcpOptions: mss }),
      (ends, data) => udp(ends, { data }),
      (ends, data) => udp(ends, { data, unchecked: true }),
      (ends, data) => tcp(ends, "P.", { data, error: 77, headerError: 5 }),
    ];
    for (const make of makers) {
      const bytes = make("192.0.2.1:40000 > 198.51.100.7:80", counting(99)).bytes.slice();
      hider.packet(bytes);
      expect(hex(bytes)).equals(hex(make(`${from}:40000 > ${to}:80`, zeros(99)).bytes));
    }
  });

  it("treats what an error quotes as a packet, and what is in a tunnel", () => {
    const hider = anonymiser(KEY);
    const inside = tcp("192.0.2.1:40000 > 198.51.100.7:80", "S");
    for (const packet of [
      icmpAbout("203.0.113.1 > 192.0.2.1", 3, 1, inside, { length: 40 }),
      ipv4("203.0.113.1 > 203.0.113.2", 4, inside.bytes),
    ]) {
      const bytes = packet.bytes.slice();
      hider.packet(bytes);
      const quoted = bytes.slice(packet.bytes[9] === 1 ? 28 : 20);
      const hidden = inside.bytes.slice();
      hider.packet(hidden);
      expect(hex(quoted)).equals(hex(hidden));
      if (packet.bytes[9] === 1) expect(internetChecksum(bytes.slice(20))).equals(0);
    }
  });

  it("loses the client that a TOA option names, and what unknown options say", () => {
    const hider = anonymiser(KEY);
    const toa = [254, 8, 0x9c, 0x40, 192, 0, 2, 1, 99, 6, 1, 2, 3, 4, 1, 1];
    const bytes = tcp("192.0.2.1:40000 > 198.51.100.7:80", "S", { tcpOptions: toa }).bytes;
    hider.packet(bytes);
    const client = hider.address(address("192.0.2.1")).words[0].toString(16).padStart(8, "0");
    expect(hex(bytes.slice(40, 56))).equals(`fe089c40${client}63060000000001 01`.replace(" ", ""));
  });

  it("keeps of a frame that is no IP and no ARP nothing but its header, with made-up stations", () => {
    const hider = anonymiser(KEY);
    const bytes = Uint8Array.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xcc, ...counting(30)]);
    hider.frame(bytes);
    expect(hex(bytes.slice(12))).equals(`88cc${"00".repeat(30)}`);
    expect(macNumber(bytes.slice(0, 6))).not.equals(0x0200_0000_0001);
    expect((bytes[0] ?? 0) & 3).equals(2);
  });

  it("comes of any bytes without an error", () => {
    const hider = anonymiser(KEY);
    const start = fc.constantFrom(
      [8, 0, 0x45],
      [0x86, 0xdd, 0x60],
      [8, 6],
      [0x81, 0, 0, 1, 8, 0, 0x4f],
      [8, 0, 0x45, 0, 0, 90, 0, 0, 0, 0, 9, 1],
      [0x86, 0xdd, 0x60, 0, 0, 0, 0, 60, 58],
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 140 }), (head, rest) => {
        hider.frame(Uint8Array.from([...new Array<number>(12).fill(2), ...head, ...rest]));
        hider.frame(rest.slice());
      }),
      { numRuns: 2000 },
    );
  });
});
