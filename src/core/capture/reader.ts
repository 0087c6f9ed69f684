/** Reads a capture file, pcap or pcapng, from chunks of any size. Start here; pcap.ts and pcapng.ts are the two formats. */
import { type LinkTypes, ONLY_ETHERNET, unreadLinkType } from "./link-types.ts";
import { type CaptureError, type CaptureFault, type CaptureInterface, LARGEST_BLOCK } from "./packet.ts";
import type { Parser, Piece, Place, TakePacket, Taker } from "./parser.ts";
import { pcap, pcapFlavour } from "./pcap.ts";
import { pcapng, SECTION_HEADER } from "./pcapng.ts";

const NOTHING = new Uint8Array(0);
const EMPTY: Piece = { bytes: NOTHING, view: new DataView(NOTHING.buffer), at: 0, end: 0 };

/** What other files begin with: the first bytes in hexadecimal, and what to say of them. */
const OTHERS: readonly (readonly [string, CaptureFault])[] = [
  ["1f8b", { kind: "compressed", message: "gzip-compressed: decompress first" }],
  ["28b52ffd", { kind: "compressed", message: "zstd-compressed: decompress first" }],
  ["04224d18", { kind: "compressed", message: "lz4-compressed: decompress first" }],
  ["fd377a58", { kind: "compressed", message: "xz-compressed: decompress first" }],
  ["425a68", { kind: "compressed", message: "bzip2-compressed: decompress first" }],
  ["736e6f6f", { kind: "unknown-magic", message: "a snoop capture: convert it to pcapng first" }],
  [
    "a1b2cd34",
    { kind: "unknown-magic", message: "the modified pcap of old Linux patches: convert it to pcapng first" },
  ],
  [
    "34cdb2a1",
    { kind: "unknown-magic", message: "the modified pcap of old Linux patches: convert it to pcapng first" },
  ],
];

/**
 * An incremental reader. Packets go to the callback as soon as they are whole, in the order of the file; their bytes are borrowed.
 * An error is a value and final: what stood before it was delivered, what follows is ignored. No byte can make it throw, and it
 * never holds more than LARGEST_BLOCK bytes, whatever a length in the file says.
 */
export class CaptureReader {
  readonly #parser: Parser;
  readonly #links: LinkTypes;
  readonly #place: Place = { offset: 0, length: 4, record: 0 };
  /** The piece that the parser waits for: see Parser. */
  #want = 0;
  #received = 0;
  #error: CaptureError | undefined;
  /** The beginning of a piece whose end is in a later chunk. */
  #held = NOTHING;
  #heldView = EMPTY.view;
  #heldLength = 0;
  readonly #passedOver = new Map<CaptureInterface, number>();

  /** `links` says packets of which link types are wanted; a file that has none of them is an error. */
  constructor(take: TakePacket, links: LinkTypes = ONLY_ETHERNET) {
    this.#links = links;
    this.#parser = format(this.#place, { take, links, passOver: (from) => this.#passOver(from) });
    this.#advance(EMPTY);
  }

  #passOver(from: CaptureInterface): void {
    this.#passedOver.set(from, (this.#passedOver.get(from) ?? 0) + 1);
  }

  /** How many packets of which interfaces were passed over, because their link type is not read. */
  get passedOver(): ReadonlyMap<CaptureInterface, number> {
    return this.#passedOver;
  }

  /** The size of the buffer for records that begin in one chunk and end in a later one. */
  get buffered(): number {
    return this.#held.length;
  }

  /** Reads on: a chunk, or what of it lies from `start` to `end`. It is borrowed. Returns the error, if there is one by now. */
  push(chunk: Uint8Array, start = 0, end = chunk.length): CaptureError | undefined {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = start;
    this.#received += end - start;
    while (this.#error === undefined) {
      const there = end - at;
      if (this.#want < 0) {
        const passed = Math.min(-this.#want, there);
        at += passed;
        this.#want += passed;
        if (this.#want < 0) break;
        this.#advance(EMPTY);
      } else if (this.#heldLength === 0 && there >= this.#want) {
        at += this.#want;
        this.#advance({ bytes: chunk, view, at: at - this.#want, end });
      } else {
        const wanted = this.#want - this.#heldLength;
        this.#hold(chunk.subarray(at, Math.min(end, at + wanted)));
        if (there < wanted) break;
        at += wanted;
        const held = this.#heldLength;
        this.#heldLength = 0;
        this.#advance({ bytes: this.#held, view: this.#heldView, at: 0, end: held });
      }
    }
    return this.#error;
  }

  /** Says that no more bytes come. Returns the error, if there is one: a record that was begun is truncated. */
  end(): CaptureError | undefined {
    const { offset, length } = this.#place;
    const there = this.#received - offset;
    if (this.#received === 0) this.#fail({ kind: "cut-off", message: "empty: not even a file header" });
    else if (there > 0) this.#fail({ kind: "cut-off", message: `truncated: ${there} of ${length} bytes are there` });
    const [strange] = this.#passedOver.keys();
    const passedOver = [...this.#passedOver.values()].reduce((sum, packets) => sum + packets, 0);
    if (strange !== undefined && passedOver === this.#place.record - 1)
      this.#fail(unreadLinkType(strange.linkType, this.#links));
    return this.#error;
  }

  #advance(piece: Piece): void {
    const next = this.#parser.next(piece);
    if (next.done) this.#fail(next.value);
    else this.#want = next.value;
  }

  #fail(fault: CaptureFault): void {
    const { offset, record } = this.#place;
    this.#error ??= { ...fault, offset, record };
  }

  #hold(bytes: Uint8Array): void {
    const length = this.#heldLength + bytes.length;
    if (length > this.#held.length) {
      const larger = new Uint8Array(Math.min(LARGEST_BLOCK, Math.max(2 * this.#held.length, length, 2048)));
      larger.set(this.#held.subarray(0, this.#heldLength));
      this.#held = larger;
      this.#heldView = new DataView(larger.buffer);
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = length;
  }
}

/** Tells the formats apart by the first four bytes. */
function* format(place: Place, taker: Taker): Parser {
  const first = yield 4;
  const magic = first.view.getUint32(first.at);
  if (magic === SECTION_HEADER) return yield* pcapng(place, taker);
  const flavour = pcapFlavour(magic);
  if (flavour !== undefined) return yield* pcap(place, taker, flavour);
  const text = magic.toString(16).padStart(8, "0");
  for (const [start, fault] of OTHERS) if (text.startsWith(start)) return fault;
  return { kind: "unknown-magic", message: `neither pcap nor pcapng: the file begins with 0x${text}` };
}
