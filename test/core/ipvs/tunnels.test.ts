import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript, type TranscriptEvent } from "../../../src/core/capture/transcript.ts";
import { runTranscript } from "../../../src/core/replay/transcript-run.ts";
import { formatIpv4 } from "../../../src/core/wire/address.ts";

const DIRECTOR = "10.2.0.1";
const GRE = 47;
const UDP = 17;
const ICMP = 1;

/** The frame with what a boot's keyed hashes decide set to 0: identification and, for GUE, source port; and their checksums. */
function withoutKeyedFields(frame: Uint8Array): string {
  const bytes = Uint8Array.from(frame);
  const view = new DataView(bytes.buffer);
  const protocol = bytes[23];
  if (view.getUint16(12) !== 0x0800) return Buffer.from(bytes).toString("hex");
  const originated = protocol === ICMP || formatIpv4(view.getUint32(26)) === DIRECTOR;
  if (originated && (view.getUint16(20) & 0x4000) === 0) {
    view.setUint16(18, 0);
    view.setUint16(24, 0);
  }
  // Only the first fragment of a tunnel packet has the tunnel's header.
  const first = (view.getUint16(20) & 0x1fff) === 0;
  if (originated && protocol === UDP && first) {
    view.setUint16(34, 0);
    view.setUint16(40, 0);
  }
  return Buffer.from(bytes).toString("hex");
}

const sentBy = (events: readonly TranscriptEvent[]): string[] =>
  events.flatMap((event) => (event.do === "tx" ? [`${event.dev} ${withoutKeyedFields(event.frame)}`] : []));

describe("GRE and GUE tunnels", () => {
  const folder = "fixtures/tunnels";
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".jsonl"))) {
    it(`${file}: every frame of the kernel's, but for its keyed hashes`, () => {
      const parsed = parseTranscript(readFileSync(`${folder}/${file}`, "utf8"));
      if (parsed.kind !== "transcript") throw new Error(JSON.stringify(parsed.errors));
      const recorded = sentBy(parsed.transcript.events);
      expect(recorded.some((line) => line.includes(file.includes("gre") ? GRE.toString(16) : "17c0"))).to.equal(true);
      expect(sentBy(runTranscript(parsed.transcript))).to.deep.equal(recorded);
    });
  }
});
