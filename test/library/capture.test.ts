/** Captures as streams: what is written is read again; a broken one says where. */
import { createReadStream, readFileSync } from "node:fs";
import { expect } from "chai";
import { createDirector } from "tapvs";
import {
  type CapturedPacket,
  CaptureError,
  readCapture,
  readTranscript,
  TranscriptError,
  UsageError,
  writePcap,
  writePcapng,
  writeTranscript,
} from "tapvs/capture";
import { ethernet, tcp } from "tapvs/packet";

const frame = ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", tcp("10.1.0.1:1 > 10.1.0.2:2", "S"));

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const joined = (pieces: readonly Uint8Array[]): Uint8Array => Uint8Array.from(pieces.flatMap((piece) => [...piece]));

describe("transcripts of the library", () => {
  const FILE = "examples/regression/cases/quiesced.jsonl";

  it("are read line by line, and written again to the byte", async () => {
    const lines = await all(readTranscript(createReadStream(FILE)));
    expect(lines.map((line) => line.do).slice(0, 5)).deep.equals(["director", "ipvsadm", "ipvsadm", "ipvsadm", "rx"]);
    const again = (await all(writeTranscript(lines))).join("");
    expect(await all(readTranscript(again))).deep.equals(lines);
    const recorded = readFileSync(FILE, "utf8").split("\n").slice(1);
    expect(again.split("\n").slice(1)).deep.equals(recorded);
  });

  it("drive a director of the library, which sends what was recorded", async () => {
    const lines = await all(readTranscript(readFileSync(FILE)));
    const [first] = lines;
    if (first?.do !== "director") return expect.fail("no description");
    const director = createDirector(first.description);
    const sent: Uint8Array[] = [];
    for (const line of lines) {
      if (line.do === "director" || line.do === "tx") continue;
      director.advance(Math.max(0, line.t - director.now));
      if (line.do === "rx") sent.push(...director.receive(line.dev, line.frame).sent.map(({ bytes }) => bytes));
      if (line.do === "ipvsadm") expect(director.ipvsadm(line.args)).equals(line.out);
      if (line.do === "sleep") director.advance(line.seconds);
    }
    expect(sent).deep.equals(lines.flatMap((line) => (line.do === "tx" ? [line.frame] : [])));
  });

  it("that are wrong say in which lines", async () => {
    const error = await all(readTranscript('{"transcript":1}\n{"do":"rx"}\n')).catch((thrown: unknown) => thrown);
    expect(error)
      .instanceOf(TranscriptError)
      .property("message")
      .matches(/^line 1: interfaces: .*\nline 2: /);
    const misplaced = await all(writeTranscript([{ do: "sleep", t: 0, seconds: 1 }])).catch(
      (thrown: unknown) => thrown,
    );
    expect(misplaced).instanceOf(UsageError);
  });
});

describe("captures of the library", () => {
  it("are written and read again, in pieces of any size", async () => {
    const packets = [
      { port: "eth1", bytes: frame, time: 1_700_000_000_000_000, nanoseconds: 7, direction: "out" as const },
      { port: "eth0", bytes: frame.subarray(0, 20), comment: "short" },
    ];
    const file = joined(await all(writePcapng(packets, ["eth0", "eth1"])));
    const bytewise = Array.from(file, (byte) => Uint8Array.of(byte));
    for (const source of [file, [file], bytewise]) {
      const read = await all<CapturedPacket>(readCapture(source));
      expect(
        read.map(({ number, port, time, nanoseconds, direction }) => [number, port, time, nanoseconds, direction]),
      ).deep.equals([
        [1, "eth1", 1_700_000_000_000_000, 7, "out"],
        [2, "eth0", 0, 0, undefined],
      ]);
      expect(read[0]?.bytes).deep.equals(frame);
    }
  });

  it("are pcap, too", async () => {
    const file = joined(await all(writePcap([{ bytes: frame, time: 1_500_000 }])));
    const [packet] = await all(readCapture(file));
    expect(packet).includes({ time: 1_500_000, port: undefined, originalLength: 54 });
  });

  it("are read from a file", async () => {
    const read = await all(readCapture(createReadStream("examples/nat/wire.pcapng")));
    expect(read.length).greaterThan(50);
  });

  it("are refused by name: bytes are wanted", async () => {
    const failure: unknown = await readCapture("wire.pcapng" as never)
      .next()
      .catch((error: unknown) => error);
    expect(failure).instanceOf(UsageError);
    expect(String(failure)).matches(/expected the bytes of a capture, .* got "wire.pcapng"$/);
    const other: unknown = await readTranscript(undefined as never)
      .next()
      .catch((error: unknown) => error);
    expect(String(other)).matches(/^UsageError: expected the bytes of a transcript, .* got undefined$/);
  });

  it("are not written where they cannot be", async () => {
    for (const [packets, ports, message] of [
      [undefined, ["eth0"], /^expected packets in a list, or one after the other, got undefined$/],
      [[], undefined, /^expected the names of the ports in a list, got undefined$/],
      [[{ port: "eth7", bytes: frame }], ["eth0"], /^no port "eth7" in this capture: expected one of eth0$/],
      [[{ port: "eth0", bytes: "x" }], ["eth0"], /^bytes: expected those of a frame, got "x"$/],
      [[{ port: "eth0", bytes: frame, time: 0.5 }], ["eth0"], /^time, in microseconds: expected a whole number from 0/],
      [[{ port: "eth0", bytes: frame, nanoseconds: 1e6 }], ["eth0"], /^nanoseconds: .* from 0 to 999, got 1000000$/],
    ] as const) {
      const failure: unknown = await all(writePcapng(packets as never, ports as never)).catch(
        (error: unknown) => error,
      );
      expect(failure).instanceOf(UsageError).property("message").matches(message);
    }
    const late: unknown = await all(writePcap([{ bytes: frame, time: 2 ** 32 * 1e6 }])).catch(
      (error: unknown) => error,
    );
    expect(String(late)).matches(/^UsageError: time, in microseconds/);
  });

  it("that end early say where, behind the packets that are whole", async () => {
    const file = joined(await all(writePcap([{ bytes: frame }, { bytes: frame }])));
    const seen: number[] = [];
    const reading = async (): Promise<void> => {
      for await (const { number } of readCapture(file.subarray(0, file.length - 1))) seen.push(number);
    };
    const error = await reading().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error)
      .instanceOf(CaptureError)
      .property("message")
      .matches(/^record 2 at byte 94: truncated/);
    expect(seen).deep.equals([1]);
  });

  it("have the ports that they were told of", async () => {
    const error = await all(writePcapng([{ port: "eth9", bytes: frame }], ["eth0"])).catch((thrown: unknown) => thrown);
    expect(error).instanceOf(UsageError).property("message", 'no port "eth9" in this capture: expected one of eth0');
  });
});
