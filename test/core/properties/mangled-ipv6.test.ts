/** Broken IPv6 frames, made of those that hosts sent in recordings: the director throws nothing, its tables stay true, and what it sends is whole. */
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { parseTranscript } from "../../../src/core/capture/transcript.ts";
import { runIpvsadm, wordsOf } from "../../../src/core/control/interpreter.ts";
import { Director } from "../../../src/core/host/director.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { audit, watchTemplates } from "../../support/audit.ts";
import { type Dice, diceOf, pick } from "./random.ts";

const FOLDERS = ["fixtures/golden-v6", "fixtures/golden-v6-random"];

interface Town {
  readonly transcript: ReturnType<typeof transcriptOf>;
  readonly frames: readonly { readonly dev: string; readonly bytes: Uint8Array }[];
}

function transcriptOf(file: string) {
  const parsed = parseTranscript(readFileSync(file, "utf8"));
  if (!("transcript" in parsed)) throw new Error(file);
  return parsed.transcript;
}

function townOf(file: string): Town {
  const transcript = transcriptOf(file);
  const frames = transcript.events.flatMap((event) =>
    event.do === "rx" ? [{ dev: event.dev, bytes: event.frame }] : [],
  );
  return { transcript, frames };
}

const TOWNS = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => townOf(`${folder}/${name}`)),
).filter(({ frames }) => frames.length > 0);

const ETHERNET = 14;
const EXTENSIONS = [0, 43, 44, 60, 51, 59, 135, 6, 17, 58, 132, 41, 4] as const;
const VALUES = [0, 1, 2, 4, 8, 40, 0x3f, 0x7f, 0x80, 0xc2, 0xfe, 0xff, ...EXTENSIONS] as const;
/** Version, payload length, next header, hop limit, addresses, and what stands behind the header. */
const INTERESTING = [
  14, 15, 18, 19, 20, 21, 22, 23, 37, 38, 39, 53, 54, 55, 56, 57, 58, 61, 62, 63, 66, 67, 70,
] as const;

/** The payload length becomes that of the bytes there are. */
function measure(bytes: Uint8Array): void {
  const length = bytes.length - ETHERNET - 40;
  if (length >= 0) bytes.set([(length >> 8) & 255, length & 255], 18);
}

/** An extension header of any kind goes in between the header and what follows it. */
function extend(bytes: Uint8Array, dice: Dice): Uint8Array {
  if (bytes.length < 54) return bytes;
  const header = new Uint8Array(8 * (1 + dice(3)));
  for (let at = 0; at < header.length; at++) header[at] = dice(3) === 0 ? pick(dice, VALUES) : 0;
  header[0] = bytes[20] ?? 0;
  if (dice(3) > 0) header[1] = header.length / 8 - 1;
  const longer = new Uint8Array(bytes.length + header.length);
  longer.set(bytes.subarray(0, 54));
  longer.set(header, 54);
  longer.set(bytes.subarray(54), 54 + header.length);
  longer[20] = pick(dice, EXTENSIONS);
  measure(longer);
  return longer;
}

function spoil(valid: Uint8Array, dice: Dice): Uint8Array {
  let bytes: Uint8Array = valid.slice();
  for (let times = dice(4); times > 0; times--) {
    const kind = dice(6);
    if (kind === 0) bytes = bytes.slice(0, dice(bytes.length + 1));
    else if (kind === 1) bytes = extend(bytes, dice);
    else if (kind === 2) bytes = Uint8Array.from([...bytes, ...new Uint8Array(dice(40))]);
    else if (bytes.length > 0) {
      const at = kind === 3 ? dice(bytes.length) : pick(dice, INTERESTING);
      if (at < bytes.length) bytes[at] = kind === 3 ? (bytes[at] ?? 0) ^ (1 << dice(8)) : pick(dice, VALUES);
    }
  }
  if (dice(2) === 0) measure(bytes);
  return bytes;
}

/**
 * An IPv6 frame says its own length. A length of 0 before hop-by-hop options announces a jumbogram, and Linux passes it on even
 * where they do not say how long it is (ip6_rcv_core).
 */
function isWhole(frame: Uint8Array): boolean {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < ETHERNET + 40 || view.getUint16(12) !== 0x86dd) return true;
  if (view.getUint16(18) === 0 && view.getUint8(20) === 0) return true;
  return view.getUint8(14) >> 4 === 6 && view.getUint16(18) === frame.length - ETHERNET - 40;
}

/** Lets `count` spoilt frames arrive at a director of some recording; how many it answered or passed on. */
function storm(seed: number, count: number): number {
  const dice = diceOf(seed);
  const { transcript, frames } = pick(dice, TOWNS);
  let sent = 0;
  const broken: string[] = [];
  const director = new Director(transcript.head, {
    link: {
      send: (frame) => {
        sent++;
        if (!isWhole(frame.contents())) broken.push(Buffer.from(frame.contents()).toString("hex"));
      },
    },
  });
  watchTemplates(director.server);
  director.advance(0);
  if (dice(4) === 0) director.trace = { add: () => {} };
  for (const event of transcript.events) {
    if (event.do === "ipvsadm" && /^-[AaEeP]/.test(event.args))
      runIpvsadm(wordsOf(event.args), { server: director.server });
  }
  for (let time = 0, index = 0; index < count; index++) {
    const { dev, bytes } = pick(dice, frames);
    time += dice(20) === 0 ? 1e6 * dice(20) : dice(1000);
    director.receive(Frame.of(spoil(bytes, dice)), director.ifindexOf(dev), time);
  }
  audit(director.server);
  expect(broken).deep.equals([]);
  return sent;
}

describe("broken IPv6 frames", () => {
  it("throw nothing, leave the tables true, and make no broken frame", () => {
    let sent = 0;
    fc.assert(
      fc.property(fc.noShrink(fc.integer({ min: 1, max: 0x7fffffff })), (seed) => {
        sent += storm(seed, 400);
      }),
      { numRuns: 60 },
    );
    expect(sent, "many go on").above(1000);
  });
});
