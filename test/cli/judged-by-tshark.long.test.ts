/** Captures of many forms, adopted and replayed in each mode; tshark judges what the director sends. */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { packetBytes } from "../../src/core/packet/packet-bytes.ts";
import { parsePacket } from "../../src/core/packet/read-packet.ts";
import { file, LITTLE, pcapHeader, pcapRecord } from "../core/capture/generator.ts";
import { needs } from "../support/machine.ts";
import { scratch } from "./scratch.ts";
import { tapvs } from "./tapvs.ts";

const MODES = ["nat", "dr", "tun", "fullnat"] as const;
const IPV4 = { client: (port: number) => `203.0.113.${port % 200}:${port}`, server: "198.51.100.7:80" };
const IPV6 = { client: (port: number) => `[2001:db8::${port % 100}]:${port}`, server: "[2001:db8:7::7]:80" };

interface Form {
  readonly ends?: typeof IPV4;
  /** Bytes of data in each segment of the server. */
  readonly segment?: number;
  readonly linkType?: number;
  /** Further words of each packet, by who sends it. */
  readonly words?: (isServer: boolean, index: number) => string;
  /** The packets from the IP header on, and who sent each. */
  readonly link?: (packet: readonly number[], isServer: boolean) => readonly (readonly number[])[];
  /** How many of the packets at the beginning are left out. */
  readonly from?: number;
}

const ETHERNET = [...[2, 0, 0x5e, 0, 0x64, 7], ...[2, 0, 0x5e, 0, 0x71, 0x0a]];
const typeOf = (packet: readonly number[]): number[] => ((packet[0] ?? 0) >> 4 === 4 ? [8, 0] : [0x86, 0xdd]);
const ethernet = (packet: readonly number[], tag: readonly number[] = []): number[] => [
  ...ETHERNET,
  ...tag,
  ...typeOf(packet),
  ...packet,
];
const cooked = (packet: readonly number[], isServer: boolean, device = 0): number[] => [
  ...[device, isServer ? 4 : 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0],
  ...typeOf(packet),
  ...packet,
];

const FORMS: Readonly<Record<string, Form>> = {
  plain: {},
  "of IPv6": { ends: IPV6, segment: 1400 },
  "with odd lengths": { segment: 777 },
  "with merged segments": { segment: 5840 },
  "with merged segments and partial checksums": { segment: 5840, words: (isServer) => (isServer ? "partial" : "") },
  "of IPv6 with merged segments": { ends: IPV6, segment: 5600 },
  "with IPv4 checksums of 0": {
    link: (packet, isServer) => [ethernet(isServer ? [...packet.slice(0, 10), 0, 0, ...packet.slice(12)] : packet)],
  },
  "with wrong checksums": { words: (_, index) => (index % 5 === 4 ? "badsum" : "") },
  "with VLAN tags": { link: (packet) => [ethernet(packet, [0x81, 0, 0, 100])] },
  "of raw IP": { linkType: 101, link: (packet) => [packet] },
  "of the loopback": { linkType: 0, link: (packet) => [[2, 0, 0, 0, ...packet]] },
  "of two interfaces": {
    linkType: 113,
    link: (packet, isServer) => [cooked(packet, isServer), cooked(packet, isServer, 1)],
  },
  "that begins in the middle": { from: 3 },
};

/** Three conversations, one after the other: a request and its answer. */
function conversations({ ends = IPV4, segment = 1460, words = () => "" }: Form): [readonly number[], boolean][] {
  const packets: [readonly number[], boolean][] = [];
  const add = (from: string, to: string, text: string, isServer: boolean): void => {
    const more = words(isServer, packets.length);
    const bytes = packetBytes(parsePacket(`tcp ${from} > ${to} ${text} ${more}`), 1, 2);
    packets.push([[...bytes.subarray(14)], isServer]);
  };
  for (const port of [40001, 40002, 40003]) {
    const client = ends.client(port);
    const { server } = ends;
    const request = (text: string): void => add(client, server, text, false);
    const answer = (text: string): void => add(server, client, text, true);
    request("S seq 100 mss 1460");
    answer("S. seq 900 ack 101 mss 1460");
    request(". seq 101 ack 901");
    request(`P. seq 101 ack 901 data "GET /${port} HTTP/1.1\\r\\n\\r\\n"`);
    const asked = 101 + `GET /${port} HTTP/1.1\r\n\r\n`.length;
    let sequence = 901;
    for (let left = 9000 + (port % 7); left > 0; left -= segment) {
      const length = Math.min(left, segment);
      answer(`P. seq ${sequence} ack ${asked} len ${length}`);
      sequence += length;
    }
    request(`. seq ${asked} ack ${sequence}`);
    request(`F. seq ${asked} ack ${sequence}`);
    answer(`F. seq ${sequence} ack ${asked + 1}`);
    request(`. seq ${asked + 1} ack ${sequence + 1}`);
  }
  return packets;
}

function captureOf(form: Form): Uint8Array {
  const { linkType = 1, link = (packet: readonly number[]) => [ethernet(packet)], from = 0 } = form;
  const frames = conversations(form)
    .slice(from)
    .flatMap(([packet, isServer]) => link(packet, isServer));
  return file(
    pcapHeader(LITTLE, { linkType, snapLength: 262_144 }),
    ...frames.map((bytes, index) => pcapRecord(LITTLE, 1_700_000_000, index * 1000, bytes)),
  );
}

/** A frame as tshark tells it; of a tunnel the packet inside. */
interface Judged {
  readonly device: string;
  readonly sent: boolean;
  readonly bad: boolean;
  readonly from: string;
  readonly to: string;
  readonly sequence: number;
  readonly data: string;
}

const FIELDS = [
  "frame.interface_name",
  "frame.packet_flags_direction",
  "ip.checksum.status",
  "tcp.checksum.status",
  "ip.src",
  "ipv6.src",
  "tcp.srcport",
  "ip.dst",
  "ipv6.dst",
  "tcp.dstport",
  "tcp.seq_raw",
  "tcp.payload",
];
/** What tshark's status is called: 0 is bad, 1 good, 2 not verified. */
const BAD = "0";

function judgedBy(path: string): Judged[] {
  const preferences = ["ip", "tcp"].flatMap((protocol) => ["-o", `${protocol}.check_checksum:TRUE`]);
  const words = ["-n", "-r", path, ...preferences, "-T", "fields", ...FIELDS.flatMap((field) => ["-e", field])];
  const { stdout, status, stderr } = spawnSync("tshark", words, { encoding: "utf8", maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const values = line.split("\t");
      const all = (index: number): string[] => (values[index] ?? "").split(",");
      const inner = (index: number): string => all(index).at(-1) ?? "";
      return {
        device: inner(0),
        sent: Number(inner(1)) === 2,
        bad: [...all(2), ...all(3)].includes(BAD),
        from: `${inner(5) || inner(4)} ${inner(6)}`,
        to: `${inner(8) || inner(7)} ${inner(9)}`,
        sequence: Number(inner(10)),
        data: inner(11).replaceAll(":", ""),
      };
    });
}

/** What each stream says, of the frames of one interface; whatever its ends are called there. */
function streamsOn(device: string, frames: readonly Judged[]): string[] {
  const streams = new Map<string, Map<number, string>>();
  for (const frame of frames) {
    if (frame.device !== device || frame.data === "") continue;
    const pieces = streams.get(`${frame.from} ${frame.to}`) ?? new Map<number, string>();
    pieces.set(frame.sequence, frame.data);
    streams.set(`${frame.from} ${frame.to}`, pieces);
  }
  return [...streams.values()]
    .map((pieces) =>
      [...pieces]
        .sort(([a], [b]) => a - b)
        .map(([, data]) => data)
        .join(""),
    )
    .sort();
}

describe("tshark judges what a director sends of a capture", function () {
  this.timeout(120_000);
  const path = scratch();

  before(function () {
    needs(this, "tshark");
  });

  for (const [name, form] of Object.entries(FORMS))
    for (const mode of MODES)
      it(`${name}, by ${mode}: right checksums, and the same bytes on both sides`, () => {
        const [capture, folder, written] = [path("some.pcap"), path("case"), path("out.pcapng")];
        writeFileSync(capture, captureOf(form));
        rmSync(folder, { recursive: true, force: true });
        const adopted = tapvs(["adopt", capture, "-o", folder, "--mode", mode]);
        expect(adopted, adopted.err).includes({ code: 0, err: "" });
        expect(adopted.out).includes("3 connections balanced");
        expect(tapvs(["replay", folder, "-w", written]).code).equals(0);
        const frames = judgedBy(written);
        const bad = frames.filter(({ sent, bad }) => sent && bad);
        if (name === "with wrong checksums")
          expect(bad.length)
            .equals(frames.filter(({ sent, bad }) => !sent && bad).length)
            .and.greaterThan(0);
        else expect(bad).deep.equals([]);
        expect(frames.filter(({ sent }) => sent).length).greaterThan(14);
        const [outside, inside] = [streamsOn("eth0", frames), streamsOn("eth1", frames)];
        const replies = mode === "nat" || mode === "fullnat" ? 3 : 0;
        expect(outside).lengthOf(3 + replies);
        expect(inside).deep.equals(outside);
        const lengths = outside.map(({ length }) => length / 2).filter((length) => length > 1000);
        expect(lengths).lengthOf(replies);
        for (const length of lengths) expect(length).greaterThan(8999);
      });
});
