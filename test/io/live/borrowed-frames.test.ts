/**
 * The dataplane sends frames after the director has returned, from the memory they came in. That is right as long as the
 * director leaves a frame alone that it has sent, and sends it once.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript, type TranscriptEvent } from "../../../src/core/capture/transcript.ts";
import { runIpvsadm, wordsOf } from "../../../src/core/control/interpreter.ts";
import { Director } from "../../../src/core/host/director.ts";
import { Frame } from "../../../src/core/wire/frame.ts";

const FOLDERS = ["fixtures/golden", "fixtures/recordings"];
const MICROSECONDS = 1e6;

interface Sent {
  readonly frame: Frame;
  readonly bytes: Uint8Array;
}

/** Runs one event; of the frame that arrived, what was sent of it while the director had it. */
function run(director: Director, event: TranscriptEvent, sent: Sent[]): void {
  director.advance(event.t * MICROSECONDS);
  if (event.do === "ipvsadm") runIpvsadm(wordsOf(event.args), { server: director.server });
  else if (event.do === "sysctl") director.setSysctl(event.key, event.value);
  else if (event.do === "rx") {
    const frame = Frame.of(event.frame);
    const { bytes } = frame;
    sent.length = 0;
    director.receive(frame, director.ifindexOf(event.dev), event.t * MICROSECONDS);
    // A frame that outgrew its memory is sent at once, from elsewhere.
    const own = sent.filter((one) => one.frame.bytes === bytes);
    expect(own.length, "times sent").at.most(1);
    for (const one of own) {
      expect(one.frame === frame, "the frame itself").equals(true);
      expect(frame.contents(), "what is sent later").deep.equals(one.bytes);
    }
  }
}

describe("a frame that was sent", () => {
  for (const folder of FOLDERS) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".jsonl"))) {
      it(`stays as it was: ${folder}/${file}`, () => {
        const parsed = parseTranscript(readFileSync(`${folder}/${file}`, "utf8"));
        if (parsed.kind !== "transcript") throw new Error(`${file} is no transcript`);
        const sent: Sent[] = [];
        const director = new Director(parsed.transcript.head, {
          link: { send: (frame) => void sent.push({ frame, bytes: frame.contents().slice() }) },
        });
        for (const event of parsed.transcript.events) run(director, event, sent);
      });
    }
  }
});
