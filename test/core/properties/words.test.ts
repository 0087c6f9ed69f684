import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { parseCase } from "../../../src/core/capture/case-text.ts";
import { formatCase } from "../../../src/core/capture/case-writer.ts";
import { parseTranscript } from "../../../src/core/capture/transcript.ts";
import { packetBytes } from "../../../src/core/packet/packet-bytes.ts";
import { packetWords } from "../../../src/core/packet/packet-text.ts";
import { parsePacket } from "../../../src/core/packet/read-packet.ts";

const framesOf = (name: string): Uint8Array[] => {
  const parsed = parseTranscript(readFileSync(`fixtures/${name}.jsonl`, "utf8"));
  if (parsed.kind === "errors") throw new Error(name);
  return parsed.transcript.events.flatMap((event) => ("frame" in event ? [event.frame] : []));
};
const FRAMES = [
  "golden/icmp_errors_nat",
  "golden/tun_mtu",
  "golden-v6/v6_nat_errors",
  "golden-v6/v6_tun_fragments",
].flatMap(framesOf);

/** A recorded frame, cut anywhere, with some bytes of it changed. */
const mangled = fc
  .record({
    frame: fc.constantFrom(...FRAMES),
    changes: fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 4 }),
    length: fc.nat(200),
  })
  .map(({ frame, changes, length }) => {
    const bytes = frame.slice(0, Math.max(length, 1));
    for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
    return bytes;
  });

const WORDS = [
  "tcp",
  "10.1.0.1:1",
  ">",
  "10.1.0.2:80",
  "S",
  "=>",
  "picks",
  "director",
  "eth0",
  "10.1.0.9/24",
  "-A",
  "-t",
  "wait",
  "5",
  "s",
  "at",
  ":",
  "{1..3}",
  '"',
  "|",
  "!",
  "#",
  "expect",
  "sent",
  "frame",
  "0x00",
  "times",
  "every",
  "neighbor",
  "silent",
  "sysctl",
  "-w",
  "a=1",
  "\n",
  "\n",
];

describe("words", () => {
  it("of a frame make the frame again, or there are none, whatever the bytes", () => {
    fc.assert(
      fc.property(mangled, (bytes) => {
        const words = packetWords(bytes);
        if (words !== undefined) expect([...packetBytes(parsePacket(words), 0, 0)]).deep.equals([...bytes]);
      }),
    );
  });

  it("of a case are read or refused with line and reason, whatever they are, and read again once written", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }), (words) => {
        const text = `director eth0 10.1.0.9/24\n${words.join(" ")}`;
        const parsed = parseCase(text);
        if (parsed.kind === "errors") {
          for (const { line, message } of parsed.errors)
            expect([line >= 1, message.length > 5]).deep.equals([true, true]);
          return;
        }
        expect(parseCase(formatCase(parsed.transcript)).kind).equals("transcript");
      }),
      { numRuns: 300 },
    );
  });
});
