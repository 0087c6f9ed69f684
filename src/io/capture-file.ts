/** Capture files of the machine, read in chunks: a path, or standard input. */

import { type FileHandle, open } from "node:fs/promises";
import { amount } from "../core/amount.ts";
import { type LinkTypes, linkTypeName } from "../core/capture/link-types.ts";
import { type CaptureError, type CaptureFaultKind, describeCaptureError } from "../core/capture/packet.ts";
import { PacketStore } from "../core/capture/packet-store.ts";
import type { TakePacket } from "../core/capture/parser.ts";
import { CaptureReader } from "../core/capture/reader.ts";
import { type TakeInOrder, TimeOrder } from "../core/capture/time-order.ts";
import { transcriptPackets } from "../core/replay/transcript-packets.ts";
import { DecompressionError, decompressed } from "./decompression.ts";
import { wrongBytes, wrongFolder } from "./file-kind.ts";
import { captureIn } from "./recorded-cases.ts";
import { STANDARD } from "./standard.ts";
import { systemError } from "./system-error.ts";
import { readText } from "./text-file.ts";
import { isTranscriptName, parseTranscriptFile } from "./transcript-file.ts";

/** A capture that cannot be read to its end, or written. */
export interface CaptureFileError {
  readonly kind: CaptureFaultKind | "unreadable" | "unwritable";
  /** The whole line for people: `FILE: record 12 at byte 3456: truncated: ...`. */
  readonly message: string;
  /** The code of the system call that failed, ENOSPC or EPIPE; absent if the bytes are at fault. */
  readonly code?: string;
}

const CHUNK = 512 * 1024;

/** How a capture is read. */
export interface CaptureWish {
  /** Packets of which link types are wanted: of Ethernet if absent. */
  readonly links?: LinkTypes;
  /** Hears, at the end, that packets were passed over: a line for people. */
  readonly note?: (line: string) => void;
  /** Called, and waited for, between two pieces of the file, so that a long reading lets other things happen. */
  readonly between?: () => Promise<void>;
  /** Asked between two pieces of the file: the rest is not read. */
  readonly enough?: () => boolean;
}

/** The frames of a transcript or a case; wrong lines are an error that names them. */
function readTranscriptFrames(file: string, take: TakePacket): CaptureFileError | undefined {
  const read = readText(file, "transcript");
  if ("message" in read) return { kind: "unreadable", message: read.message, code: read.code };
  const parsed = parseTranscriptFile(file, read.text);
  if (parsed.kind === "errors") {
    const lines = parsed.errors.map(({ line, message }) => `${file}:${line}: ${message}`);
    return { kind: "unreadable", message: lines.join("\n") };
  }
  for (const packet of transcriptPackets(parsed.transcript)) take(packet);
  return undefined;
}

/** What becomes of the pieces of a file: a reader gets them, and hands over packets. */
interface Pieces {
  readonly take: TakePacket;
  readonly push: (reader: CaptureReader, piece: Uint8Array) => CaptureError | undefined;
}

/**
 * Hands every packet of a pcap or pcapng file, compressed by gzip or zstd or not, to `take`, in the order of the file; they
 * are borrowed. The folder of a case has a capture in it. A transcript or a case has frames, too. Resolves to the error that ended the reading early, if there is one: what stands before it was delivered.
 */
export const readCapture = (
  file: string,
  take: TakePacket,
  wish: CaptureWish = {},
): Promise<CaptureFileError | undefined> =>
  readPieces(file, { take, push: (reader, piece) => reader.push(piece) }, wish);

async function readPieces(
  file: string,
  { take, push }: Pieces,
  { links, note = () => {}, between, enough = () => false }: CaptureWish,
): Promise<CaptureFileError | undefined> {
  if (isTranscriptName(file)) return readTranscriptFrames(file, take);
  const path = captureIn(file);
  const name = file === STANDARD ? "standard input" : path;
  const reader = new CaptureReader(take, links);
  let isFirst = true;
  for await (const chunk of chunksOf(path, name)) {
    if (!(chunk instanceof Uint8Array)) return chunk.kind === "cut-off" ? whereItEnds(name, reader, chunk) : chunk;
    const error = push(reader, chunk);
    if (error !== undefined) return badBytes(name, error, isFirst ? chunk : undefined);
    isFirst = false;
    if (enough()) return undefined;
    await between?.();
  }
  const error = reader.end();
  if (error !== undefined) return badBytes(name, error, isFirst ? new Uint8Array(0) : undefined);
  for (const [from, packets] of reader.passedOver)
    note(
      `${name}: ${amount(packets, "packet")} of interface ${from.name ?? from.index} passed over: ${linkTypeName(from.linkType)}`,
    );
  return undefined;
}

/** A capture in memory, which takes about as much as the file. `error` is why it ends early, if it does. */
export interface SortedCapture {
  readonly packets: PacketStore;
  readonly error: CaptureFileError | undefined;
}

/** Reads a whole capture and sorts it by time; packets of one time keep the order of the file. */
export async function readSorted(file: string, links?: LinkTypes): Promise<SortedCapture> {
  const packets = new PacketStore();
  const error = await readCapture(file, (packet) => packets.add(packet), links && { links });
  packets.sortByTime();
  return { packets, error };
}

/** What a reading in the order of time came to: packets that stood too far behind later ones, and why it ended early. */
export interface OrderedReading {
  readonly late: number;
  readonly error: CaptureFileError | undefined;
}

/**
 * Hands over the packets in the order of their times, as far as a bounded window can put it right; they are borrowed. Ends early,
 * without a word, once `enough` says so. `sees` gets each packet as soon as it is read.
 */
export async function readInOrder(
  file: string,
  take: TakeInOrder,
  wish: CaptureWish & { readonly sees?: TakePacket } = {},
): Promise<OrderedReading> {
  const { sees = () => {}, enough = () => false } = wish;
  const order = new TimeOrder(take);
  const pieces: Pieces = {
    take: (packet) => {
      sees(packet);
      order.hold(packet);
    },
    push: (reader, piece) => {
      const { bytes, start, end } = order.lay(piece);
      const error = reader.push(bytes, start, end);
      order.settle();
      return error;
    },
  };
  const error = await readPieces(file, pieces, wish);
  if (!enough()) order.end();
  return { late: order.late, error };
}

/** A compressed file that ends too early: what is in it ends in the middle of a record, or behind one. */
function whereItEnds(name: string, reader: CaptureReader, truncated: CaptureFileError): CaptureFileError {
  const error = reader.end();
  if (error === undefined) return truncated;
  return { kind: "cut-off", message: `${name}: ${describeCaptureError(error)}, and then the compressed file ends` };
}

const OTHER_FILES: ReadonlySet<CaptureFaultKind> = new Set(["unknown-magic", "compressed"]);

/** What is wrong with the bytes. The file may be no capture at all: its first bytes, where they are at hand, say what it is. */
function badBytes(name: string, error: CaptureError, begin: Uint8Array | undefined): CaptureFileError {
  const isNone = OTHER_FILES.has(error.kind) || begin?.length === 0;
  const wrong = isNone && begin !== undefined ? wrongBytes(name, begin, "capture") : undefined;
  const message = `${name}: ${wrong ?? describeCaptureError(error)}`;
  return { kind: isNone ? "unreadable" : error.kind, message };
}

/** The file piece by piece, each borrowed until the next is asked for; a file that cannot be read ends in an error. */
async function* chunksOf(file: string, name: string): AsyncGenerator<Uint8Array | CaptureFileError, void, undefined> {
  try {
    yield* decompressed(file === STANDARD ? (process.stdin as AsyncIterable<Uint8Array>) : bytesOf(file));
  } catch (error) {
    if (error instanceof DecompressionError) {
      yield { kind: error.isTruncated ? "cut-off" : "compressed", message: `${name}: ${error.message}` };
      return;
    }
    const failure = systemError(error);
    if (failure === undefined) throw error;
    const text = failure.code === "EISDIR" ? wrongFolder(file, "capture") : failure.text;
    yield { kind: "unreadable", message: `${name}: ${text}`, code: failure.code };
  }
}

async function* bytesOf(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  const handle: FileHandle = await open(file);
  try {
    const buffer = new Uint8Array(CHUNK);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
