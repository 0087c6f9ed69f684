/** Capture files of the machine, read in chunks: a path, or standard input. */
import { type FileHandle, open } from "node:fs/promises";
import { type CaptureError, type CaptureFaultKind, describeCaptureError } from "../core/capture/packet.ts";
import { PacketStore } from "../core/capture/packet-store.ts";
import type { TakePacket } from "../core/capture/parser.ts";
import { CaptureReader } from "../core/capture/reader.ts";
import { systemError } from "./system-error.ts";

/** A capture that cannot be read to its end, or written. */
export interface CaptureFileError {
  readonly kind: CaptureFaultKind | "unreadable" | "unwritable";
  /** The whole line for people: `FILE: record 12 at byte 3456: cut off: ...`. */
  readonly message: string;
  /** The code of the system call that failed, ENOSPC or EPIPE; absent if the bytes are at fault. */
  readonly code?: string;
}

/** The name that stands for standard input and standard output. */
export const STANDARD = "-";

const CHUNK = 256 * 1024;

/**
 * Hands every packet of a pcap or pcapng file to `take`, in the order of the file; their bytes are borrowed. Resolves to the error that
 * ended the reading early, if there is one: what stands before it was delivered.
 */
export async function readCapture(file: string, take: TakePacket): Promise<CaptureFileError | undefined> {
  const name = file === STANDARD ? "standard input" : file;
  const reader = new CaptureReader(take);
  for await (const chunk of chunksOf(file, name)) {
    if (!(chunk instanceof Uint8Array)) return chunk;
    const error = reader.push(chunk);
    if (error !== undefined) return badBytes(name, error);
  }
  const error = reader.end();
  return error && badBytes(name, error);
}

/** A capture in memory, which takes about as much as the file. `error` is why it ends early, if it does. */
export interface SortedCapture {
  readonly packets: PacketStore;
  readonly error: CaptureFileError | undefined;
}

/** Reads a whole capture and sorts it by time; packets of one time keep the order of the file. */
export async function readSorted(file: string): Promise<SortedCapture> {
  const packets = new PacketStore();
  const error = await readCapture(file, (packet) => packets.add(packet));
  packets.sortByTime();
  return { packets, error };
}

const badBytes = (name: string, error: CaptureError): CaptureFileError => ({
  kind: error.kind,
  message: `${name}: ${describeCaptureError(error)}`,
});

/** The file piece by piece, each borrowed until the next is asked for; a file that cannot be read ends in an error. */
async function* chunksOf(file: string, name: string): AsyncGenerator<Uint8Array | CaptureFileError, void, undefined> {
  let handle: FileHandle | undefined;
  try {
    if (file === STANDARD) {
      yield* process.stdin as AsyncIterable<Uint8Array>;
      return;
    }
    handle = await open(file);
    const buffer = new Uint8Array(CHUNK);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    yield { kind: "unreadable", message: `${name}: ${failure.text}`, code: failure.code };
  } finally {
    await handle?.close();
  }
}
