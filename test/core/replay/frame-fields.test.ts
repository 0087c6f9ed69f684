import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript } from "../../../src/core/capture/transcript.ts";
import { fieldDifferences } from "../../../src/core/replay/field-differences.ts";
import { frameFields } from "../../../src/core/replay/frame-fields.ts";
import { arp, bytes, hex } from "./frames.ts";

const GOLDEN = ["fixtures/golden", "fixtures/golden-v6"];

/** Of every recording a few frames; of those that have the same fields, the first alone. */
const recordedFrames = (): Uint8Array[] => (kinds ??= firstOfEachKind());
let kinds: Uint8Array[] | undefined;

function firstOfEachKind(): Uint8Array[] {
  const frames = GOLDEN.flatMap((directory) => readdirSync(directory).map((name) => `${directory}/${name}`))
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => {
      const parsed = parseTranscript(readFileSync(name, "utf8"));
      if (parsed.kind === "errors") throw new Error(name);
      return parsed.transcript.events
        .flatMap((event) => (event.do === "tx" || event.do === "rx" ? [event.frame] : []))
        .slice(0, 12);
    });
  const byFields = new Map<string, Uint8Array>();
  for (const frame of frames) {
    const kind = frameFields(frame)
      .map(({ name }) => name)
      .join();
    if (!byFields.has(kind)) byFields.set(kind, frame);
  }
  return [...byFields.values()];
}

describe("a frame as fields", () => {
  it("names those of ARP", () => {
    const frame = arp({ from: "02:00:00:00:01:01", sender: "10.1.0.1", target: "10.1.0.254" });
    expect(frameFields(frame)).deep.equals([
      { name: "Ethernet destination", value: "ff:ff:ff:ff:ff:ff" },
      { name: "Ethernet source", value: "02:00:00:00:01:01" },
      { name: "Ethernet type", value: "0x0806" },
      { name: "ARP hardware and protocol", value: "0x00010800" },
      { name: "ARP address lengths", value: "0x0604" },
      { name: "ARP operation", value: "1 (request)" },
      { name: "ARP sender MAC", value: "02:00:00:00:01:01" },
      { name: "ARP sender IP", value: "10.1.0.1" },
      { name: "ARP target MAC", value: "00:00:00:00:00:00" },
      { name: "ARP target IP", value: "10.1.0.254" },
    ]);
  });

  it("names those of IPv6, of what follows it, and of what an error quotes", () => {
    const names = new Set(recordedFrames().flatMap((frame) => frameFields(frame).map(({ name }) => name)));
    for (const name of [
      "IPv6 hop limit",
      "IPv6 flow label",
      "IPv6 hop-by-hop options content",
      "IPv6 fragment header identification",
      "ICMPv6 target",
      "ICMPv6 options",
      "quoted IPv6 hop limit",
      "inner IPv6 source",
    ])
      expect([...names]).includes(name);
  });

  it("leaves no byte of a frame out", () => {
    for (const frame of recordedFrames()) {
      for (let at = 0; at < frame.length; at += at < 100 ? 1 : 97) {
        const other = frame.slice();
        other[at] = (other[at] ?? 0) ^ 0xff;
        expect(fieldDifferences(frame, other), `byte ${at} of ${hex(frame)}`).not.deep.equals([]);
      }
      expect(fieldDifferences(frame, frame.slice())).deep.equals([]);
      expect(fieldDifferences(frame, frame.subarray(0, -1)), hex(frame)).not.deep.equals([]);
    }
  });

  it("reads frames that are cut off anywhere", () => {
    for (const frame of recordedFrames().slice(0, 40)) {
      for (let length = 0; length < frame.length; length++) {
        expect(frameFields(frame.subarray(0, length)).every(({ name }) => name !== "")).equals(true);
      }
    }
  });

  it("shows of a long payload where it begins to differ", () => {
    const frame = bytes(`ffffffffffff 020000000101 9000 ${"00".repeat(200)}`);
    const other = frame.slice();
    other[14 + 150] = 0xab;
    expect(fieldDifferences(frame, other)).deep.equals([
      { name: "Ethernet payload from byte 150", expected: `${"00".repeat(16)}...`, got: `ab${"00".repeat(15)}...` },
    ]);
  });
});
