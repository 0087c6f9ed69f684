import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import type { Packet } from "../../src/core/capture/packet.ts";
import { SeededRandom } from "../../src/core/ipvs/random.ts";
import { type CaptureFileError, readCapture, readSorted } from "../../src/io/capture-file.ts";
import { CaptureOutput } from "../../src/io/capture-output.ts";
import {
  BIG,
  description,
  enhancedPacket,
  file,
  frame,
  ifName,
  LITTLE,
  ORDERS,
  obsoletePacket,
  option,
  pcapHeader,
  pcapRecord,
  sectionHeader,
} from "../core/capture/generator.ts";
import { type SharkPacket, tshark } from "../core/capture/wireshark.ts";
import { needs, skip } from "../support/machine.ts";

/** A packet in the words of tshark. */
const asShark = (packet: Packet): SharkPacket => ({
  bytes: Buffer.from(packet.bytes).toString("hex"),
  time: `${Math.floor(packet.time / 1e6)}.${String(packet.time % 1e6).padStart(6, "0")}${String(packet.nanoseconds).padStart(3, "0")}`,
  originalLength: packet.originalLength,
  interface: packet.interface.name,
  direction: packet.direction,
  comment: undefined,
});

describe("capture files", () => {
  let directory = "";
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "tapvs-"));
  });
  after(() => rmSync(directory, { recursive: true }));
  const path = (name: string): string => join(directory, name);

  for (const [lab, count] of [
    ["nat", 324],
    ["dr", 182],
    ["tun", 182],
  ] as const) {
    const wire = `fixtures/captures/${lab}/wire.pcapng`;

    it(`of the lab ${lab} are read as tshark reads them`, async function () {
      needs(this, "tshark");
      const seen: SharkPacket[] = [];
      expect(await readCapture(wire, (packet) => seen.push(asShark(packet)))).equals(undefined);
      expect(seen.length).equals(count);
      expect(seen).deep.equals(tshark(wire));
    });

    it(`of the lab ${lab} can be sorted by time`, async () => {
      const { packets, error } = await readSorted(wire);
      const all = [...packets];
      expect(error).equals(undefined);
      expect(all.length).equals(count);
      expect(new Set(all.map(({ record }) => record)).size).equals(count);
      for (const [index, { time, nanoseconds }] of all.entries()) {
        const before = all[index - 1];
        if (before) expect((time - before.time) * 1000 + nanoseconds - before.nanoseconds).least(0);
      }
    });
  }

  it(`made byte by byte are read as tshark reads them`, async function () {
    needs(this, "tshark");
    const when = 1_790_000_000n;
    const files = ORDERS.flatMap((order) => [
      file(
        pcapHeader(order),
        pcapRecord(order, 1_790_000_000, 5, frame(60)),
        pcapRecord(order, 1, 2, frame(60), { original: 99 }),
      ),
      file(pcapHeader(order, { magic: 0xa1b23c4d }), pcapRecord(order, 1_790_000_000, 123_456_789, frame(60))),
      file(
        sectionHeader(order),
        description(order, { options: ifName(order, "eth0") }),
        description(order, { options: [...ifName(order, "eth1"), ...option(order, 9, [9])] }),
        description(order, { options: [...ifName(order, "eth2"), ...option(order, 9, [0x8a])] }),
        enhancedPacket(order, frame(61), { ticks: when * 1_000_000n + 7n, options: option(order, 2, order.u32(1)) }),
        enhancedPacket(order, frame(62), {
          port: 1,
          ticks: when * 1_000_000_000n + 7n,
          options: option(order, 2, order.u32(2)),
        }),
        enhancedPacket(order, frame(63), { port: 2, ticks: when * 1024n + 1n, original: 1000 }),
        obsoletePacket(order, frame(64), 1, when * 1_000_000_000n + 8n),
      ),
    ]);
    // One name in both sections: tshark 4.0 looks up the interfaces of a later section among those of the first.
    files.push(
      file(
        sectionHeader(LITTLE),
        description(LITTLE, { options: ifName(LITTLE, "a") }),
        enhancedPacket(LITTLE, frame(60), { ticks: 1_790_000_000_000_001n }),
        sectionHeader(BIG),
        description(BIG, {
          options: [...ifName(BIG, "a"), ...option(BIG, 14, [...BIG.u32(0), ...BIG.u32(1_790_000_000)])],
        }),
        enhancedPacket(BIG, frame(60), { ticks: 2n }),
      ),
    );
    for (const [index, content] of files.entries()) {
      const name = path(`made-${index}`);
      writeFileSync(name, content);
      const seen: SharkPacket[] = [];
      expect(await readCapture(name, (packet) => seen.push(asShark(packet)))).equals(undefined);
      expect(seen.length).least(1);
      expect(seen).deep.equals(tshark(name));
    }
  });

  it("name the file, the packet and the byte of an error, and give what stands before it", async () => {
    const name = path("cut.pcap");
    writeFileSync(
      name,
      file(pcapHeader(LITTLE), pcapRecord(LITTLE, 9, 0, frame(60)), pcapRecord(LITTLE, 8, 0, frame(60))).subarray(
        0,
        140,
      ),
    );
    const { packets, error } = await readSorted(name);
    expect([...packets].map(({ time }) => time)).deep.equals([9e6]);
    expect(error).deep.equals({
      kind: "cut-off",
      message: `${name}: record 2 at byte 100: truncated: 40 of 76 bytes are there`,
    });
  });

  it("compressed by gzip are read as what they hold, and said to be cut off where they are", async () => {
    const plain = file(
      pcapHeader(LITTLE),
      ...Array.from({ length: 9 }, (_, i) => pcapRecord(LITTLE, i, 0, frame(60, i))),
    );
    const name = path("some.pcap.gz");
    const compressed = gzipSync(plain);
    writeFileSync(name, compressed);
    const seen: number[] = [];
    expect(await readCapture(name, ({ time }) => seen.push(time / 1e6))).equals(undefined);
    expect(seen).deep.equals([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    // Without the checksum behind it all packets are there; without more, those up to where it ends.
    const truncated = async (bytes: Uint8Array): Promise<[number, CaptureFileError | undefined]> => {
      writeFileSync(name, bytes);
      let count = 0;
      const error = await readCapture(name, () => count++);
      return [count, error];
    };
    expect(await truncated(compressed.subarray(0, compressed.length - 8))).deep.equals([
      9,
      { kind: "cut-off", message: `${name}: gzip: unexpected end of file` },
    ]);
    const random = new SeededRandom(7);
    const noise = (): number[] => Array.from({ length: 1400 }, () => random.upTo(255));
    const many = Array.from({ length: 400 }, (_, i) => pcapRecord(LITTLE, i, 0, noise()));
    const large = gzipSync(file(pcapHeader(LITTLE), ...many));
    const [count, error] = await truncated(large.subarray(0, large.length * 0.5));
    // Noise is as long compressed as it was: half of the file has half of the packets, but for the block that is not whole.
    expect(count).within(180, 200);
    expect(error?.kind).equals("cut-off");
    expect(error?.message).matches(
      RegExp(
        `record ${count + 1} at byte \\d+: truncated: \\d+ of 1416 bytes are there, and then the compressed file ends$`,
      ),
    );
  });

  it("are closed where the reading ends early", async () => {
    const name = path("cut-short.pcap");
    writeFileSync(
      name,
      file(pcapHeader(LITTLE), pcapRecord(LITTLE, 0, 0, frame(60, 0)), new Array<number>(16).fill(0xff)),
    );
    expect((await readCapture(name, () => {}))?.kind).not.equals(undefined);
    const open = readdirSync("/proc/self/fd").map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`);
      } catch {
        return "";
      }
    });
    expect(open).not.includes(name);
  });

  it("compressed by zstd are read as what they hold", async function () {
    needs(this, "zstd");
    const plain = file(
      pcapHeader(LITTLE),
      ...Array.from({ length: 9 }, (_, i) => pcapRecord(LITTLE, i, 0, frame(60, i))),
    );
    const name = path("some.pcap.zst");
    const compressed = spawnSync("zstd", ["-c"], { input: plain }).stdout;
    writeFileSync(name, compressed);
    const seen: number[] = [];
    expect(await readCapture(name, ({ time }) => seen.push(time / 1e6))).equals(undefined);
    expect(seen).deep.equals([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    writeFileSync(name, compressed.subarray(0, 40));
    expect((await readCapture(name, () => {}))?.kind).equals("cut-off");
  });

  it("that are not there, or are directories, give an error that names them", async () => {
    const take = (): void => expect.fail("a packet out of nowhere");
    expect(await readCapture(path("none"), take)).deep.equals({
      kind: "unreadable",
      message: `${path("none")}: no such file or directory`,
      code: "ENOENT",
    });
    expect(await readCapture(directory, take)).deep.equals({
      kind: "unreadable",
      message: `${directory}: this is a folder, expected a capture (pcap or pcapng)`,
      code: "EISDIR",
    });
  });

  it("larger than a chunk are read whole", async () => {
    const name = path("large.pcap");
    const records = Array.from({ length: 40 }, (_, i) => pcapRecord(LITTLE, i, 0, frame(40_001, i)));
    writeFileSync(name, file(pcapHeader(LITTLE), ...records));
    let next = 0;
    const error = await readCapture(name, (packet) => {
      expect(Buffer.compare(packet.bytes, Uint8Array.from(frame(40_001, next)))).equals(0);
      expect(packet.time).equals(next * 1e6);
      next++;
    });
    expect(error).equals(undefined);
    expect(next).equals(40);
  });

  it("pass on what the callback throws: a bug is not an unreadable file", async () => {
    const thrown = await readCapture("fixtures/captures/dr/wire.pcapng", () => {
      throw new TypeError("bug");
    }).catch((error: unknown) => error);
    expect(thrown).instanceOf(TypeError);
  });

  it("are read from standard input, and from a pipe", () => {
    const module = new URL("../../src/io/capture-file.js", import.meta.url).href;
    const script = `const { readSorted } = await import(${JSON.stringify(module)});
      const { packets, error } = await readSorted("-");
      console.log(JSON.stringify({ count: packets.count, error }));`;
    const run = (input: Uint8Array): unknown => {
      const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
        input,
        encoding: "utf8",
      });
      expect(stderr).equals("");
      return JSON.parse(stdout);
    };
    const wire = readFileSync("fixtures/captures/nat/wire.pcapng");
    expect(run(wire)).deep.equals({ count: 324 });
    expect(run(wire.subarray(0, 200))).deep.equals({
      count: 0,
      error: { kind: "cut-off", message: "standard input: record 1 at byte 152: truncated: 48 of 60 bytes are there" },
    });
  });

  it("are written and read back, every frame in its place", async () => {
    const name = path("out.pcapng");
    const output = CaptureOutput.open(name, [{ name: "eth0" }, { name: "eth1" }], { nanoseconds: true });
    if (!(output instanceof CaptureOutput)) return expect.fail(output.message);
    const original: unknown[] = [];
    const relevant = ({ interface: from, time, nanoseconds, bytes, originalLength }: Packet) => [
      from.name,
      time,
      nanoseconds,
      [...bytes],
      originalLength,
    ];
    await readCapture("fixtures/captures/nat/wire.pcapng", (packet) => {
      original.push(relevant(packet));
      const { time, nanoseconds, bytes, originalLength } = packet;
      output.packet({ port: packet.interface.index, time, nanoseconds, bytes, originalLength });
    });
    expect(output.close()).equals(undefined);
    const back: unknown[] = [];
    expect(await readCapture(name, (packet) => back.push(relevant(packet)))).equals(undefined);
    expect(back).deep.equals(original);
  });

  it("hold frames larger than the buffer, and are complete after a flush", async () => {
    const name = path("jumbo.pcapng");
    const output = CaptureOutput.open(name, [{ name: "eth0" }]);
    if (!(output instanceof CaptureOutput)) return expect.fail(output.message);
    const lengths = [60, 200_000, 61, 65_000, 65_536];
    for (const length of lengths) output.packet({ port: 0, time: length, bytes: Uint8Array.from(frame(length)) });
    expect(output.flush()).equals(undefined);
    const back: number[] = [];
    const whole: boolean[] = [];
    await readCapture(name, ({ bytes, time }) => {
      back.push(time);
      whole.push(Buffer.compare(bytes, Uint8Array.from(frame(time))) === 0);
    });
    expect(output.close()).equals(undefined);
    expect(back).deep.equals(lengths);
    expect(whole).deep.equals(lengths.map(() => true));
  });

  it("that cannot be written give an error that names them", function () {
    expect(CaptureOutput.open(path("none/out.pcapng"), [])).deep.equals({
      kind: "unwritable",
      message: `${path("none/out.pcapng")}: no such file or directory`,
      code: "ENOENT",
    });
    const full = CaptureOutput.open("/dev/full", [{ name: "eth0" }]);
    if (!(full instanceof CaptureOutput)) return skip(this, "needs /dev/full");
    for (let i = 0; i < 100; i++) full.packet({ port: 0, time: i, bytes: new Uint8Array(1500) });
    const error = { kind: "unwritable", message: "/dev/full: no space left on device", code: "ENOSPC" };
    expect(full.flush()).deep.equals(error);
    expect(full.close()).deep.equals(error);
  });

  it("are written to standard output without loss, however slow the reader of the pipe is", async () => {
    const module = new URL("../../src/io/capture-output.js", import.meta.url).href;
    const script = `const { CaptureOutput } = await import(${JSON.stringify(module)});
      void process.stdout; // Node makes the pipe non-blocking: a full one refuses to take more
      const output = CaptureOutput.open("-", [{ name: "eth0" }]);
      for (let i = 0; i < 1000; i++) output.packet({ port: 0, time: i, bytes: new Uint8Array(1000).fill(i) });
      const error = output.close();
      if (error) console.error(error.code);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "pipe"] });
    const parts: Buffer[] = [];
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      parts.push(chunk);
      if (parts.length < 10) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const name = path("piped.pcapng");
    writeFileSync(name, Buffer.concat(parts));
    let count = 0;
    expect(
      await readCapture(name, ({ time, bytes }) => {
        expect([time, bytes[999]]).deep.equals([count, count & 255]);
        count++;
      }),
    ).equals(undefined);
    expect(complaint).equals("");
    expect(count).equals(1000);
  });
});
