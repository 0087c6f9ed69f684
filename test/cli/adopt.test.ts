import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readCapture } from "../../src/io/capture-file.ts";
import { file, LITTLE, pcapHeader, pcapRecord } from "../core/capture/generator.ts";
import { needs } from "../support/machine.ts";
import { counting, type Packet, type TcpFields, tcp } from "../support/packet.ts";
import { scratch } from "./scratch.ts";
import { MAIN, tapvs } from "./tapvs.ts";

/** Frames between client and virtual address, as a host at that address would have recorded them. */
async function conversation(): Promise<number[][]> {
  const frames: number[][] = [];
  await readCapture("fixtures/captures/nat/wire.pcapng", ({ bytes, interface: { name } }) => {
    if (name === "eth0" && bytes[12] === 8 && bytes[13] === 0 && bytes[23] === 6) frames.push([...bytes]);
  });
  return frames.slice(0, 60);
}

const capture = (linkType: number, frames: readonly (readonly number[])[]): Uint8Array =>
  file(
    pcapHeader(LITTLE, { linkType }),
    ...frames.map((frame, index) => pcapRecord(LITTLE, 1000, index * 1000, frame)),
  );

const COOKED = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
/** What a radio says, and a frame from a station: once in the air from it, once from its access point. */
const onAir = (control: number, flags: number, between: readonly number[], ip: readonly number[]): number[] => [
  ...[0, 0, 9, 0, 0, 0, 0, 0, 0x10],
  ...[control, flags, 0, 0, ...Array<number>(18).fill(2), 0, 0],
  ...between,
  ...[0xaa, 0xaa, 3, 0, 0, 0, 8, 0],
  ...ip,
  ...[0xde, 0xad, 0xbe, 0xef],
];
/** A call of PPTP: length, call, sequence number, then PPP. */
const inPptp = (ip: readonly number[]): number[] => {
  const gre = [
    0x30,
    1,
    0x88,
    0x0b,
    (ip.length + 4) >> 8,
    (ip.length + 4) & 255,
    0,
    7,
    0,
    0,
    0,
    1,
    0xff,
    3,
    0,
    0x21,
    ...ip,
  ];
  const length = gre.length + 20;
  return [0x45, 0, length >> 8, length & 255, 0, 1, 0, 0, 64, 47, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, ...gre];
};
const nflog = (ip: readonly number[]): number[] => [
  ...[2, 0, 0, 5],
  ...[8, 0, 1, 0, 8, 0, 3, 0],
  ...[6, 0, 10, 0, 0x61, 0, 0, 0],
  ...[(ip.length + 4) & 255, (ip.length + 4) >> 8, 9, 0, ...ip],
];

const little = (value: number): number[] => [value & 255, (value >> 8) & 255, 0, 0];
const wide = (value: number): number[] => [value >> 8, value & 255];
/** In a packet of UDP to a port where a tunnel ends. */
const toPort = (port: number, inside: readonly number[]): number[] => [
  ...[0x45, 0, ...wide(inside.length + 28), 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2],
  ...[...wide(50000), ...wide(port), ...wide(inside.length + 8), 0, 0, ...inside],
];
const vxlan = (frame: readonly number[]): number[] => toPort(4789, [8, 0, 0, 0, 0, 0, 42, 0, ...frame]);
/** As a router sends it on: one hop less to live, and a checksum of it. */
const routed = (frame: readonly number[], sender: number): number[] => {
  const [ttl = 0, high = 0] = [frame[22], frame[24]];
  // What the sum loses in its high byte, its complement gains.
  const sum = high * 256 + (frame[25] ?? 0) + 256;
  const check = sum > 0xffff ? sum - 0xffff : sum;
  return [
    ...frame.slice(0, 6),
    2,
    0,
    0,
    0,
    0,
    sender,
    ...frame.slice(12, 22),
    ttl - 1,
    frame[23] ?? 0,
    ...wide(check),
    ...frame.slice(26),
  ];
};

const FORMS: readonly (readonly [string, number, (frame: readonly number[]) => readonly (readonly number[])[]])[] = [
  ["Ethernet", 1, (frame) => [frame]],
  [
    "Ethernet with one MAC address on both sides",
    1,
    (frame) => [[...frame.slice(0, 6), ...frame.slice(0, 6), ...frame.slice(12)]],
  ],
  ["a VLAN", 1, (frame) => [[...frame.slice(0, 12), 0x81, 0, 0, 100, ...frame.slice(12)]]],
  ["raw IP", 101, (frame) => [frame.slice(14)]],
  ["BSD loopback", 0, (frame) => [[2, 0, 0, 0, ...frame.slice(14)]]],
  ["PPP", 9, (frame) => [[0xff, 3, 0, 0x21, ...frame.slice(14)]]],
  ["the log of a packet filter", 239, (frame) => [nflog(frame.slice(14))]],
  [
    "the air, where an access point says all again, some of it encrypted",
    127,
    (frame) => [
      onAir(0x08, 0x01, [], frame.slice(14)),
      onAir(0x88, 0x02, [0, 0], frame.slice(14)),
      onAir(0x08, 0x41, [1, 2, 3, 4], []),
      onAir(0x80, 0, [], []),
    ],
  ],
  ["the air between access points", 105, (frame) => [onAir(0x08, 0x03, [2, 2, 2, 2, 2, 2], frame.slice(14)).slice(9)]],
  ["PPP in GRE", 101, (frame) => [inPptp(frame.slice(14))]],
  ["VXLAN", 101, (frame) => [vxlan(frame)]],
  ["Geneve with an option", 101, (frame) => [toPort(6081, [1, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 3, 0, ...frame])]],
  ["GUE", 101, (frame) => [toPort(6080, [0, 4, 0, 0, ...frame.slice(14)])]],
  [
    "GTP-U, of a mobile network",
    101,
    (frame) => [
      toPort(2152, [
        0x34,
        255,
        ...wide(frame.length - 14 + 8),
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        0x85,
        1,
        0,
        9,
        0,
        ...frame.slice(14),
      ]),
    ],
  ],
  ["a director with one arm, which sends on what it got", 1, (frame) => [frame, routed(frame, 9)]],
  ["a node of a cluster: in its tunnel, and out of it", 101, (frame) => [vxlan(frame), routed(frame, 9).slice(14)]],
  ["the log of pf", 117, (frame) => [[61, 2, ...Array<number>(62).fill(0), ...frame.slice(14)]]],
  ["PPP with its direction", 204, (frame) => [[1, 0xff, 3, 0, 0x21, ...frame.slice(14)]]],
  ["Cisco's HDLC with its direction", 205, (frame) => [[1, 0x0f, 0, 8, 0, ...frame.slice(14)]]],
  ["IPsec's interface enc0", 109, (frame) => [[...little(2), ...Array<number>(8).fill(0), ...frame.slice(14)]]],
  ["PKTAP", 258, (frame) => [[...little(108), ...little(1), ...little(1), ...Array<number>(96).fill(0), ...frame]]],
  ["a provider's old tags", 1, (frame) => [[...frame.slice(0, 12), 0x91, 0, 0, 5, 0x81, 0, 0, 6, ...frame.slice(12)]]],
  [
    "two interfaces at once",
    113,
    (frame) => [
      [...COOKED, ...frame.slice(14)],
      [0, 4, ...COOKED.slice(2), ...frame.slice(14)],
    ],
  ],
];

describe("tapvs adopt", () => {
  const path = scratch();

  for (const [name, linkType, form] of FORMS) {
    it(`makes a case that matches from a capture of ${name}`, async () => {
      const frames = await conversation();
      writeFileSync(path("some.pcap"), capture(linkType, frames.flatMap(form)));
      const { code, out } = tapvs(["adopt", path("some.pcap"), "-o", path(`case-${linkType}-${name.length}`)]);
      expect(out)
        .includes("TCP 12.11.0.101:80")
        .and.includes(`${frames.length} packets taken`)
        .and.includes("verify: match");
      expect(code).equals(0);
    });
  }

  it("writes what the director sends at the time of the packet that it is sent because of", async () => {
    const frames = await conversation();
    writeFileSync(path("timed.pcap"), capture(1, frames));
    expect(tapvs(["adopt", path("timed.pcap"), "-o", path("timed")]).code).equals(0);
    const times: number[] = [];
    await readCapture(path("timed"), ({ time }) => times.push(time));
    expect(times.length).greaterThan(frames.length);
    expect(times).deep.equals(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).equals(1000e6 + (frames.length - 1) * 1000);
  });

  it("asks on a terminal which server is meant, and leaves it at that if nobody says", function () {
    needs(this, "script");
    const asked = (answer: string, folder: string): string => {
      const words = `'${process.execPath}' '${MAIN}' adopt fixtures/captures/nat/wire.pcapng -o '${path(folder)}'`;
      return spawnSync("script", ["-qec", words, "/dev/null"], { input: answer, encoding: "utf8", timeout: 20_000 })
        .stdout;
    };
    const chosen = asked("2\n", "chosen");
    expect(chosen)
      .includes("  1  12.11.0.101                  6 answered  TCP 80, TCP 81")
      .and.includes("chosen: TCP 172.16.1.3:80 from")
      .and.includes("verify: match");
    expect(asked("\u0004", "nobody")).matches(/\nno server was chosen: --vip names one\r\n$/);
    expect(existsSync(path("nobody"))).equals(false);
  });

  it("says that what is on the air is encrypted", () => {
    writeFileSync(path("secret.pcap"), capture(127, [onAir(0x08, 0x41, [1, 2, 3, 4], [])]));
    expect(tapvs(["adopt", path("secret.pcap"), "-o", path("secret")])).deep.equals({
      code: 1,
      out: "",
      err: `${path("secret.pcap")}: no TCP or UDP packet is in it that could be used: 1 encrypted on the air\n`,
    });
  });

  it("makes a case of each mode, which verify takes, and does not write over it", async () => {
    writeFileSync(path("modes.pcap"), capture(1, await conversation()));
    for (const [mode, method] of [
      ["nat", "-m"],
      ["dr", "-g"],
      ["tun", "-i"],
      ["fullnat", "-b"],
    ] as const) {
      const directory = path(mode);
      const words = ["adopt", path("modes.pcap"), "-o", directory, "--mode", mode, "--servers", "3"];
      expect(tapvs(words).code).equals(0);
      expect(readFileSync(`${directory}/rules.ipvs`, "utf8").match(new RegExp(` ${method}$`, "gm"))?.length).equals(3);
      expect(tapvs(["verify", directory]).out).includes("1 of 1 match");
      expect(tapvs(words)).deep.includes({
        code: 2,
        err: `${directory}: there is a case already, or a director.yaml\n`,
      });
    }
  });

  it("makes up the packet of a client that the capture lacks, from the answer to it", async () => {
    const answers = (await conversation()).filter((frame) => frame[26] === 12 && frame[29] === 101);
    writeFileSync(path("answers.pcap"), capture(1, answers));
    const { code, out } = tapvs(["adopt", path("answers.pcap"), "-o", path("answers")]);
    expect(out)
      .matches(/[1-9]\d* packets of clients made up from their replies/)
      .and.includes("verify: match");
    expect(code).equals(0);
  });

  const adopted = (name: string, packets: readonly Packet[]): ReturnType<typeof tapvs> => {
    writeFileSync(
      path(`${name}.pcap`),
      capture(
        101,
        packets.map(({ bytes }) => [...bytes]),
      ),
    );
    return tapvs(["adopt", path(`${name}.pcap`), "-o", path(name)]);
  };
  const talk = (client: string, server: string, fields: TcpFields = {}): Packet[] => [
    tcp(`${client} > ${server}`, "S", fields),
    tcp(`${server} > ${client}`, "S.", { ...fields, sequence: 5000, acknowledgement: 1001 }),
    tcp(`${client} > ${server}`, ".", { ...fields, sequence: 1001, acknowledgement: 5001 }),
  ];

  it("gives a client on the server's own machine an address that a router carries", () => {
    for (const host of ["127.0.0.1", "192.0.2.7"]) {
      const { code, out } = adopted(`own-${host}`, talk(`${host}:40000`, `${host}:80`));
      expect(out)
        .includes("replaced by made-up ones")
        .and.includes("1 connection balanced")
        .and.includes("verify: match");
      expect(code).equals(0);
    }
  });

  it("rights the headers of a capture whose addresses were changed afterwards, and lends a hop to what had no more", () => {
    const { code, out } = adopted("changed", talk("192.0.2.1:40000", "192.0.2.7:179", { headerError: 9, ttl: 1 }));
    expect(out)
      .includes("3 IPv4 header checksums put right")
      .and.includes("3 packets given one more hop")
      .and.includes("1 connection balanced");
    expect(code).equals(0);
  });

  it("anonymises: no address and no data of the capture is in the case, which matches, and --vip names the real one", () => {
    const secret = tcp("192.0.2.1:40000 > 198.51.100.7:80", "P.", {
      sequence: 1001,
      acknowledgement: 5001,
      data: "secret",
    });
    const packets = [...talk("192.0.2.1:40000", "198.51.100.7:80"), secret].map(({ bytes }) => [...bytes]);
    writeFileSync(path("open.pcap"), capture(101, packets));
    const words = ["adopt", path("open.pcap"), "--anonymise", "a key", "-o"];
    const { code, out } = tapvs([...words, path("hidden"), "--vip", "198.51.100.7:80"]);
    expect(out).includes("1 connection balanced").and.includes("verify: match").and.not.includes("198.51.100.7");
    expect(code).equals(0);
    for (const name of readdirSync(path("hidden"))) {
      const text = readFileSync(join(path("hidden"), name));
      for (const needle of ["192.0.2.1", "198.51.100.7", "secret"]) expect(text.indexOf(needle), name).equals(-1);
      for (const needle of ["c0000201", "c6336407"]) expect(text.indexOf(needle, 0, "hex"), name).equals(-1);
    }
    tapvs([...words, path("again")]);
    expect(readFileSync(path("again/director.yaml"), "utf8")).equals(
      readFileSync(path("hidden/director.yaml"), "utf8"),
    );
  });

  it("puts clients of the server's own network beside the director, with stations of their own, the others behind a router", () => {
    const packets = [
      ...talk("192.0.2.1:40000", "192.0.2.7:80"),
      ...talk("192.0.2.9:40001", "192.0.2.7:80"),
      ...talk("198.51.100.1:40002", "192.0.2.7:80"),
    ];
    const { code, out } = adopted("beside", packets);
    expect(out)
      .includes("2 clients on the director's own link")
      .and.includes("3 connections balanced")
      .and.includes("verify: match");
    expect(code).equals(0);
    const yaml = readFileSync(path("beside/director.yaml"), "utf8");
    expect(yaml).includes('"192.0.2.7/24"');
    expect(yaml.match(/address: "192\.0\.2\.[19]", mac: "02:00:00:0a:03:0[12]", dev: eth0/g)).lengthOf(2);
    expect(yaml).not.includes("198.51.100.1");
  });

  it("fills up with zeros what the snap length cut off", () => {
    const ends = "192.0.2.1:40000 > 192.0.2.7:80";
    const data = tcp(ends, "P.", { sequence: 1001, acknowledgement: 5001, data: counting(900) });
    const records = [...talk("192.0.2.1:40000", "192.0.2.7:80"), data].map(({ bytes }, index) =>
      pcapRecord(LITTLE, 1000, index, [...bytes.slice(0, 60)], {
        captured: Math.min(60, bytes.length),
        original: bytes.length,
      }),
    );
    writeFileSync(path("short.pcap"), file(pcapHeader(LITTLE, { linkType: 101, snapLength: 60 }), ...records));
    const { code, out } = tapvs(["adopt", path("short.pcap"), "-o", path("short")]);
    expect(out)
      .includes("1 packet cut by the snap length filled up with zeros")
      .and.includes("verify: match (4 frames)");
    expect(code).equals(0);
  });

  it("leaves nothing behind where nothing is balanced, and says the reason", () => {
    // A reset is dropped in silence; that is not why.
    const reset = tcp("192.0.2.1:20 > 192.0.2.7:1024", "R", { sequence: 1001 });
    const { code, err } = adopted("ftp", [...talk("192.0.2.1:20", "192.0.2.7:1024"), reset]);
    expect(err).includes(`${path("ftp.pcap")}: nothing was balanced: all that comes to the server comes from port 20`);
    expect(code).equals(1);
    expect(existsSync(path("ftp"))).equals(false);
  });

  it("refuses a server that is no address, and a phrase that is none", () => {
    const words = ["adopt", "fixtures/captures/dr", "-o", path("refused")];
    for (const vip of ["foo", "10.1.0.1:99999", "2001:db8::1:port"])
      expect(tapvs([...words, "--vip", vip]))
        .includes({ code: 2 })
        .property("err")
        .includes("expected an address");
    expect(tapvs([...words, "--anonymise", " "]))
      .includes({ code: 2 })
      .property("err")
      .includes("expected a phrase");
    expect(existsSync(path("refused"))).equals(false);
  });

  it("leaves out what stands too far behind later packets: the case is in the order of time", async () => {
    const frames = await conversation();
    const records = (second: number): number[] =>
      frames.flatMap((frame, index) => pcapRecord(LITTLE, second, index * 1000, frame));
    const [, , acknowledgement = []] = frames;
    // As many as are held back to be put in order, and some more.
    const many = Array.from({ length: 42_000 }, () => Buffer.from(pcapRecord(LITTLE, 1001, 0, acknowledgement)));
    const parts = [[...pcapHeader(LITTLE), ...records(1000)], records(1000)].map((part) => Buffer.from(part));
    writeFileSync(path("behind.pcap"), Buffer.concat([...parts.slice(0, 1), ...many, ...parts.slice(1)]));
    const { code, out } = tapvs(["adopt", path("behind.pcap"), "-o", path("behind")]);
    expect(out).match(/not used: \d+ too far behind later ones to be put in order/);
    expect(code, out).equals(0);
  });

  it("says in a sentence why there is no case", () => {
    writeFileSync(path("empty.pcap"), capture(1, []));
    expect(tapvs(["adopt", path("empty.pcap"), "-o", path("none")])).deep.includes({
      code: 1,
      err: `${path("empty.pcap")}: no TCP or UDP packet is in it that could be used: it has no packets\n`,
    });
  });
});
